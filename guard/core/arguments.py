"""What a grant says about the arguments of a call: values that are set, bounds that narrow, values that must be the
caller's own.

Pure, and never looser than without: a rule can only narrow an argument, or refuse the call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

ATTRIBUTE = "@"
"""A fixed value that begins with it names an attribute of the caller: ``@account_id``."""


class RuleKind(StrEnum):
    """FIXED: set to this value. DROPPED: taken out. AT_MOST, AT_LEAST: a number is moved to the bound. MAX_LENGTH: a
    text or list is cut. ONE_OF: any other value is refused. OWNED: must be the caller's attribute, or one of them."""

    FIXED = "fixed"
    DROPPED = "dropped"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    MAX_LENGTH = "max_length"
    ONE_OF = "one_of"
    OWNED = "owned"


_ADDS_OR_REMOVES = (RuleKind.FIXED, RuleKind.DROPPED)
Faults = Callable[[Mapping[str, Any]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ArgumentRule:
    """``argument`` is a name, or names joined by dots for a member of an object; ``value`` as ``kind`` says."""

    argument: str
    kind: RuleKind
    value: Any = None
    way: tuple[str, ...] = field(init=False, repr=False, compare=False)
    last: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        *way, last = self.argument.split(".")
        object.__setattr__(self, "way", tuple(way))
        object.__setattr__(self, "last", last)

    @property
    def name(self) -> str:
        return f"argument:{self.argument}:{self.kind}"


class Refused(Exception):
    """The rule cannot be kept by narrowing. ``rule`` names it; the text is for the record and holds no value."""

    def __init__(self, rule: ArgumentRule, reason: str) -> None:
        super().__init__(f"{rule.argument}: {reason}")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Narrowed:
    """``changed`` names the rules that changed something."""

    arguments: dict[str, Any]
    changed: tuple[str, ...]


def parse(argument: str, definition: Mapping[str, Any]) -> tuple[ArgumentRule, ...]:
    """The rules of one argument from their JSON shape, such as ``{"at_least": 1, "at_most": 50}``. Raises ValueError
    with a sentence for the administrator."""
    if not argument or not all(argument.split(".")):
        raise ValueError("needs the name of an argument")
    if not isinstance(definition, Mapping) or not definition:
        raise ValueError(f'{argument}: needs rules, such as {{"at_most": 50}}')
    rules = tuple(_rule(argument, str(kind), value) for kind, value in definition.items())
    kinds = {rule.kind for rule in rules}
    if len(rules) > 1 and kinds.intersection(_ADDS_OR_REMOVES):
        raise ValueError(f"{argument}: fixed and dropped stand alone")
    # Bounds first, then what must hold of the bounded value; the order of the JSON says nothing.
    return tuple(sorted(rules, key=lambda rule: list(RuleKind).index(rule.kind)))


def narrow(
    arguments: Mapping[str, Any],
    rules: tuple[ArgumentRule, ...],
    attributes: Mapping[str, Any],
    faults: Faults = lambda _: (),
) -> Narrowed:
    """The arguments as the rules leave them. Raises ``Refused``.

    ``faults`` judges values that were moved to a bound, as the schema does; what is fixed or dropped then need not be
    in the schema.
    """
    result: dict[str, Any] = copied(dict(arguments))
    bounded = _applied([rule for rule in rules if rule.kind not in _ADDS_OR_REMOVES], result, attributes)
    if bounded and (found := faults(result)):
        raise Refused(bounded[0], f"narrowed: {'; '.join(found)}")
    changed = bounded + _applied(
        [rule for rule in rules if rule.kind in _ADDS_OR_REMOVES], result, attributes
    )
    # One rule may break another: a lower bound above the upper one, a fixed member of a value that is one of some.
    if changed and (broken := _applied(rules, result, attributes)):
        raise Refused(broken[0], "cannot be kept together with the other rules")
    return Narrowed(result, tuple(rule.name for rule in changed))


def _applied(
    rules: Iterable[ArgumentRule], arguments: dict[str, Any], attributes: Mapping[str, Any]
) -> list[ArgumentRule]:
    """Those that changed something."""
    return [rule for rule in rules if _KEEPERS[rule.kind](rule, arguments, attributes)]


# -- one rule


def _rule(argument: str, kind: str, value: Any) -> ArgumentRule:
    try:
        rule = ArgumentRule(argument, RuleKind(kind), value)
    except ValueError:
        known = ", ".join(RuleKind)
        raise ValueError(f"{argument}: {kind!r} is no rule; known are {known}") from None
    expected, fits = _EXPECTED[rule.kind]
    if not fits(value):
        raise ValueError(f"{argument}: {kind} needs {expected}")
    return rule


def _is_number(value: Any) -> bool:
    """A bound that is NaN would bound nothing."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (isinstance(value, float) and math.isfinite(value))


_EXPECTED: dict[RuleKind, tuple[str, Callable[[Any], bool]]] = {
    RuleKind.FIXED: ("a value that is not null", lambda value: value is not None),
    RuleKind.DROPPED: ("true", lambda value: value is True),
    RuleKind.AT_MOST: ("a number", _is_number),
    RuleKind.AT_LEAST: ("a number", _is_number),
    RuleKind.MAX_LENGTH: (
        "a whole number of at least 0",
        lambda value: _is_number(value) and isinstance(value, int) and value >= 0,
    ),
    RuleKind.ONE_OF: (
        "a list with at least one value",
        lambda value: isinstance(value, list) and bool(value),
    ),
    RuleKind.OWNED: (
        "the name of an attribute of the user",
        lambda value: isinstance(value, str) and bool(value.strip()),
    ),
}


def _places(
    rule: ArgumentRule, arguments: dict[str, Any], *, make: bool = False, must_be: bool = False
) -> list[dict[str, Any]]:
    """Every object that holds, or with ``make`` should hold, the rule's argument. Lists on the way are followed. With
    ``must_be`` each way has to lead to an object; without, it may end early, but not in anything else."""
    places = [arguments]
    for step in rule.way:
        inner = [place.setdefault(step, {}) if make else place.get(step) for place in places]
        places = [found for value in inner for found in _objects(rule, value, must_be=must_be)]
    return places


def _objects(rule: ArgumentRule, value: Any, *, must_be: bool) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _objects(rule, entry, must_be=must_be)
    elif value is not None:
        # Passed over, the tool might still find the argument in there.
        raise Refused(rule, "the way to it leads through something that is no object")
    elif must_be:
        raise Refused(rule, "is missing")


def _values(rule: ArgumentRule, arguments: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    for place in _places(rule, arguments):
        if rule.last in place:
            yield place, rule.last, place[rule.last]


# -- each kind of rule; True when it has changed something


def _fixed(rule: ArgumentRule, arguments: dict[str, Any], attributes: Mapping[str, Any]) -> bool:
    value = rule.value
    if isinstance(value, str) and value.startswith(ATTRIBUTE):
        value = attributes.get(value.removeprefix(ATTRIBUTE))
        if value is None:
            raise Refused(rule, "the user has no such attribute")
    places = _places(rule, arguments, make=True, must_be=True)
    if not places:
        raise Refused(rule, "there is nothing that it could be set in")
    name, changed = rule.last, False
    for place in places:
        if name not in place or not _same(place[name], value):
            place[name], changed = copied(value), True
    return changed


def _dropped(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> bool:
    found = list(_values(rule, arguments))
    for place, name, _value in found:
        del place[name]
    return bool(found)


def _bounded(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> bool:
    changed = False
    for place, name, value in _values(rule, arguments):
        if not _is_number(value):
            raise Refused(rule, "is no number")
        if value > rule.value if rule.kind is RuleKind.AT_MOST else value < rule.value:
            place[name], changed = rule.value, True
    return changed


def _cut(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> bool:
    changed = False
    for place, name, value in _values(rule, arguments):
        if not isinstance(value, str | list):
            raise Refused(rule, "has no length")
        if len(value) > rule.value:
            place[name], changed = value[: rule.value], True
    return changed


def _one_of(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> bool:
    for _place, _name, value in _values(rule, arguments):
        if not any(_same(value, allowed) for allowed in rule.value):
            raise Refused(rule, "is none of the allowed values")
    return False


def _owned(rule: ArgumentRule, arguments: dict[str, Any], attributes: Mapping[str, Any]) -> bool:
    own = attributes.get(rule.value)
    owned = own if isinstance(own, list) else [] if own is None else [own]
    name, places = rule.last, _places(rule, arguments, must_be=True)
    if not places or not all(name in place for place in places):
        raise Refused(rule, "is missing, so nothing says whose it is about")
    if not all(any(_same(place[name], mine) for mine in owned) for place in places):
        raise Refused(rule, "is not the user's own")
    return False


def copied(value: Any) -> Any:
    """JSON, without the price of ``copy.deepcopy``."""
    if isinstance(value, dict):
        return {name: copied(part) for name, part in value.items()}
    return [copied(part) for part in value] if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON, at any depth: 1 is 1.0, but true is not 1, as it is for Python."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(part, other[name]) for name, part in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


_KEEPERS: dict[RuleKind, Callable[[ArgumentRule, dict[str, Any], Mapping[str, Any]], bool]] = {
    RuleKind.FIXED: _fixed,
    RuleKind.DROPPED: _dropped,
    RuleKind.AT_MOST: _bounded,
    RuleKind.AT_LEAST: _bounded,
    RuleKind.MAX_LENGTH: _cut,
    RuleKind.ONE_OF: _one_of,
    RuleKind.OWNED: _owned,
}

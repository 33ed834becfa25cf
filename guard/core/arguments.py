"""What a grant says about the arguments of a call: values that are set, bounds that narrow, values that must be the
caller's own.

Pure, and never looser than without: a rule can only narrow an argument, or refuse the call.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ArgumentRule:
    """``argument`` is a name, or names joined by dots for a member of an object; ``value`` as ``kind`` says."""

    argument: str
    kind: RuleKind
    value: Any = None

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
    if len(rules) > 1 and kinds & {RuleKind.FIXED, RuleKind.DROPPED}:
        raise ValueError(f"{argument}: fixed and dropped stand alone")
    # Bounds first, then what must hold of the bounded value; the order of the JSON says nothing.
    return tuple(sorted(rules, key=lambda rule: list(RuleKind).index(rule.kind)))


def narrow(
    arguments: Mapping[str, Any], rules: tuple[ArgumentRule, ...], attributes: Mapping[str, Any]
) -> Narrowed:
    """The arguments as the rules leave them. Raises ``Refused``."""
    result: dict[str, Any] = copy.deepcopy(dict(arguments))
    changed = []
    for rule in rules:
        before = copy.deepcopy(result)
        _KEEPERS[rule.kind](rule, result, attributes)
        if result != before or _differs_in_type(result, before):
            changed.append(rule.name)
    return Narrowed(result, tuple(changed))


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
    return isinstance(value, int | float) and not isinstance(value, bool)


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


def _places(rule: ArgumentRule, arguments: dict[str, Any], *, make: bool = False) -> Iterator[dict[str, Any]]:
    """Every object that holds, or with ``make`` should hold, the rule's argument. Lists on the way are followed."""
    *steps, _ = rule.argument.split(".")
    places: list[Any] = [arguments]
    for step in steps:
        followed: list[Any] = []
        for place in places:
            if isinstance(place, dict):
                inner = place.setdefault(step, {}) if make else place.get(step)
                followed += inner if isinstance(inner, list) else [inner]
        places = followed
    for place in places:
        if isinstance(place, dict):
            yield place
        elif place is not None or make:
            raise Refused(rule, "the way to it leads through something that is no object")


def _values(rule: ArgumentRule, arguments: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    name = rule.argument.rpartition(".")[2]
    for place in _places(rule, arguments):
        if name in place:
            yield place, name, place[name]


def _fixed(rule: ArgumentRule, arguments: dict[str, Any], attributes: Mapping[str, Any]) -> None:
    value = rule.value
    if isinstance(value, str) and value.startswith(ATTRIBUTE):
        value = attributes.get(value.removeprefix(ATTRIBUTE))
        if value is None:
            raise Refused(rule, "the user has no such attribute")
    for place in _places(rule, arguments, make=True):
        place[rule.argument.rpartition(".")[2]] = copy.deepcopy(value)


def _dropped(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> None:
    for place, name, _value in list(_values(rule, arguments)):
        del place[name]


def _bounded(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> None:
    for place, name, value in _values(rule, arguments):
        if not _is_number(value):
            raise Refused(rule, "is no number")
        over = value > rule.value if rule.kind is RuleKind.AT_MOST else value < rule.value
        place[name] = rule.value if over else value


def _cut(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> None:
    for place, name, value in _values(rule, arguments):
        if not isinstance(value, str | list):
            raise Refused(rule, "has no length")
        place[name] = value[: rule.value]


def _one_of(rule: ArgumentRule, arguments: dict[str, Any], _: Mapping[str, Any]) -> None:
    for _place, _name, value in _values(rule, arguments):
        if not any(_same(value, allowed) for allowed in rule.value):
            raise Refused(rule, "is none of the allowed values")


def _owned(rule: ArgumentRule, arguments: dict[str, Any], attributes: Mapping[str, Any]) -> None:
    own = attributes.get(rule.value)
    owned = own if isinstance(own, list) else [] if own is None else [own]
    values = [value for _, _, value in _values(rule, arguments)]
    if not values:
        raise Refused(rule, "is missing, so nothing says whose it is about")
    if not all(any(_same(value, mine) for mine in owned) for value in values):
        raise Refused(rule, "is not the user's own")


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return (type(one) is type(other) and one == other) or (
        _is_number(one) and _is_number(other) and one == other
    )


def _differs_in_type(one: Any, other: Any) -> bool:
    """Python takes true for 1; a changed argument must not go unnoticed for that."""
    if isinstance(one, dict) and isinstance(other, dict):
        return any(_differs_in_type(one[key], other[key]) for key in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return any(_differs_in_type(a, b) for a, b in zip(one, other, strict=False))
    return isinstance(one, bool) is not isinstance(other, bool)


_KEEPERS: dict[RuleKind, Callable[[ArgumentRule, dict[str, Any], Mapping[str, Any]], None]] = {
    RuleKind.FIXED: _fixed,
    RuleKind.DROPPED: _dropped,
    RuleKind.AT_MOST: _bounded,
    RuleKind.AT_LEAST: _bounded,
    RuleKind.MAX_LENGTH: _cut,
    RuleKind.ONE_OF: _one_of,
    RuleKind.OWNED: _owned,
}

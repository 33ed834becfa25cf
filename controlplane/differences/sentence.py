"""One difference, and how a changed value is said: as from and to, as more or less, as names that come and go."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SHORT = 80
"""Characters of a text that a sentence quotes; of a longer one it says only how long it is."""


class Effect(StrEnum):
    LOOSER = "looser"
    STRICTER = "stricter"
    NEUTRAL = "neutral"
    """Or not to be told for sure."""

    @property
    def opposite(self) -> Effect:
        return _OPPOSITES[self]


LOOSER, STRICTER, NEUTRAL = Effect.LOOSER, Effect.STRICTER, Effect.NEUTRAL
_OPPOSITES = {LOOSER: STRICTER, STRICTER: LOOSER, NEUTRAL: NEUTRAL}


@dataclass(frozen=True, slots=True)
class Difference:
    """``about`` is whose it is (``customer_support``, ``pattern email``). ``before`` and ``after`` hold a text that
    ``said`` only gives the length of."""

    about: str
    said: str
    effect: Effect = NEUTRAL
    before: str = ""
    after: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.about}{self.said if self.said.startswith(' ') else f': {self.said}'}"

    def lines(self) -> list[str]:
        """The full view of a long text, line by line; none where the sentence says everything."""
        compared = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=2)
        return list(compared)[2:]


Said = tuple[str, Effect]
"""Words without their subject, and what follows from them."""
Teller = Callable[[Any, Any], Iterator[Said]]
"""From the old value and the new, which differ."""


def same(one: Any, other: Any) -> bool:
    """As JSON: true is not 1, and 1 is not 1.0."""
    return _canonical(one) == _canonical(other)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def word(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def names(values: Collection[Any]) -> str:
    return ", ".join(word(value) for value in values)


# -- tellers: each makes the words for one kind of field


def changed(what: str, words: Mapping[Any, str] | None = None) -> Teller:
    """``audio hold → deliver``: nothing can be told from the values alone."""

    def tell(old: Any, new: Any) -> Iterator[Said]:
        shown = [(words or {}).get(value, word(value)) for value in (old, new)]
        yield f"{what} {shown[0]} → {shown[1]}", NEUTRAL

    return tell


def ranked(what: str, order: tuple[str, ...], words: Mapping[str, str] | None = None) -> Teller:
    """``order`` goes from the strictest value to the loosest."""

    def tell(old: Any, new: Any) -> Iterator[Said]:
        shown = [(words or {}).get(value, word(value)) for value in (old, new)]
        known = old in order and new in order
        effect = (LOOSER if order.index(new) > order.index(old) else STRICTER) if known else NEUTRAL
        yield f"{what} {shown[0]} → {shown[1]}".strip(), effect

    return tell


def switch(on: str, off: str, effect: Effect) -> Teller:
    """``effect`` is that of switching on."""

    def tell(old: Any, new: Any) -> Iterator[Said]:
        yield (on, effect) if new else (off, effect.opposite)

    return tell


def amount(what: str, unit: str = "", *, more: Effect = NEUTRAL, none: str = "none") -> Teller:
    """``more`` is the effect of a higher number. None is the highest of all where ``more`` is looser: no limit."""

    def tell(old: Any, new: Any) -> Iterator[Said]:
        shown = [none if value is None else word(value) for value in (old, new)]
        tail = f" {unit}" if unit else ""
        yield f"{what} {shown[0]} → {shown[1]}{tail}", _effect_of(old, new, more)

    return tell


def _effect_of(old: Any, new: Any, more: Effect) -> Effect:
    if old is None or new is None:
        return more if new is None else more.opposite
    return more if new > old else more.opposite


def long_text(what: str) -> Teller:
    """Its length only; ``Difference.before`` and ``after`` have the text."""

    def tell(old: Any, new: Any) -> Iterator[Said]:
        yield f"{what} changed: {len(readable(old))} → {len(readable(new))} characters", NEUTRAL

    return tell


def readable(value: Any) -> str:
    if value in (None, "", {}, []):
        return ""
    return (
        value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    )


def collection(gained: str, lost: str, more: Effect, *, everything: str = "") -> Teller:
    """Names that come and go. ``everything`` says what an empty list means, where it means all there are."""

    def tell(old: Any, new: Any) -> Iterator[Said]:
        if everything and not (old and new):
            yield f"{gained} {names(new) or everything}", more.opposite if new else more
            return
        came = [item for item in new if item not in old]
        went = [item for item in old if item not in new]
        if came:
            yield f"{gained} {names(came)}", NEUTRAL if everything and went else more
        if went:
            yield f"{lost} {names(went)}", NEUTRAL if everything and came else more.opposite
        if not came and not went:
            yield f"{gained} in another order: {names(new)}", NEUTRAL

    return tell


def scope(old: Any, new: Any) -> Iterator[Said]:
    """The roles that a rule is for; None: every role, and none at all is none. More roles are stricter."""
    shown = ["every role" if roles is None else names(roles) or "no role" for roles in (old, new)]
    yield f"for {shown[0]} → for {shown[1]}", _scope_effect(old, new)


def _scope_effect(old: Any, new: Any) -> Effect:
    if new is None or (old is not None and set(old) < set(new)):
        return STRICTER
    if old is None or set(new) < set(old):
        return LOOSER
    return NEUTRAL


# -- a row: its fields, one after the other


def of_fields(
    about: str, old: Mapping[str, Any], new: Mapping[str, Any], tellers: Mapping[str, Teller]
) -> Iterator[Difference]:
    """In the order of ``tellers``; then the fields that have none, by name."""
    others = sorted((old.keys() | new.keys()) - tellers.keys())
    for field in (*tellers, *others):
        before, after = old.get(field), new.get(field)
        if same(before, after):
            continue
        tell = tellers.get(field) or _unknown(field, before, after)
        for said, effect in tell(before, after):
            yield Difference(about, said, effect, *_long(before, after))


def _unknown(field: str, old: Any, new: Any) -> Teller:
    named = field.replace("_", " ")
    return long_text(named) if any(_long(old, new)) else changed(named)


def _long(old: Any, new: Any) -> tuple[str, str]:
    texts = (readable(old), readable(new))
    return texts if any(len(text) > SHORT or "\n" in text for text in texts) else ("", "")

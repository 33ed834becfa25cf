"""Which fields of a tool's result are hidden: by name, or by the way that leads to them.

``margin`` is that member wherever it stands, ``customer.card`` a member ``card`` of a member ``customer``,
``orders.*.cost`` one below any member of ``orders``, ``$.total`` one of the outermost object. Lists in between do not
count: ``orders.cost`` is ``cost`` of each order in a list. A name that has a dot in it is found by its whole name, and
hidden like the way that it spells: ``{"customer.card": {"number": 1}}`` has a ``customer.card.number``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_ROOT = "$"
_ANY = "*"

Way = tuple[str, ...]
"""Names of the members from the outermost object down."""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """``text`` as an administrator wrote it."""

    text: str
    steps: Way
    from_root: bool

    def reaches(self, way: Way) -> bool:
        """As ``leads_to``, also where a name spells out several steps."""
        return self.leads_to(way) or (
            any("." in name for name in way) and self._spelled(way, len(self.steps))
        )

    def _spelled(self, way: Way, left: int) -> bool:
        """Whether the first ``left`` steps can be found at the end of ``way``, name by name from its last one."""
        if not left or not way:
            return not left and not (self.from_root and way)
        name, before = way[-1], way[:-1]
        if self.steps[left - 1] in (_ANY, name) and self._spelled(before, left - 1):
            return True
        parts = name.split(".")[-left:]
        if "." not in name or not _alike(self.steps[left - len(parts) : left], parts):
            return False
        is_whole = len(parts) == name.count(".") + 1
        return self._spelled(before, left - len(parts)) if is_whole else not self.from_root

    def leads_to(self, way: Way) -> bool:
        if way[-1] == self.text:
            return True
        if len(way) < len(self.steps) or (self.from_root and len(way) != len(self.steps)):
            return False
        ends = way[len(way) - len(self.steps) :]
        return _alike(self.steps, ends)


def _alike(steps: Iterable[str], names: Iterable[str]) -> bool:
    return all(step in (_ANY, name) for step, name in zip(steps, names, strict=True))


def parse(text: str) -> FieldPath:
    """Raises ValueError with a sentence for the administrator."""
    steps = tuple(text.split("."))
    from_root = steps[0] == _ROOT
    steps = steps[from_root:]
    if not steps or not all(step and step == step.strip() for step in steps):
        raise ValueError(
            f"{text!r} is no field: names joined by dots, such as margin, customer.card or $.total"
        )
    if steps[-1] == _ANY:
        raise ValueError(f"{text!r} ends in *: name the field that is hidden")
    return FieldPath(text, steps, from_root)


def _parsed(text: str) -> FieldPath:
    try:
        return parse(text)
    except ValueError:
        return FieldPath(text, (text,), from_root=False)


@dataclass(frozen=True, slots=True)
class FieldPaths:
    paths: tuple[FieldPath, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> FieldPaths:
        """What is no path is the name of a member: grants from before there were paths hold nothing else."""
        return cls(tuple(_parsed(text) for text in sorted(texts)))

    def hiding(self, way: Way) -> str:
        """The entry that hides the member at the end of ``way``, "" when none does."""
        return next((path.text for path in self.paths if path.reaches(way)), "")

    def naming(self, way: Way) -> bool:
        """Whether an entry leads to it name by name: what may be seen is not read any wider than it is written."""
        return any(path.leads_to(way) for path in self.paths)

    @property
    def names(self) -> frozenset[str]:
        """Every name that hidden members have: what to look for where there is no structure to follow."""
        return frozenset(name for path in self.paths for name in (path.text, path.steps[-1]))

    def __bool__(self) -> bool:
        return bool(self.paths)

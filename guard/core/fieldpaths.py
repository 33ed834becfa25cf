"""Which fields of a tool's result are hidden: by name, or by the way that leads to them.

``margin`` is that member wherever it stands, ``customer.card`` a member ``card`` of a member ``customer``,
``orders.*.cost`` one below any member of ``orders``, ``$.total`` one of the outermost object. Lists in between do not
count: ``orders.cost`` is ``cost`` of each order in a list. A name that has a dot in it is found by its whole name, too.
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

    def leads_to(self, way: Way) -> bool:
        if way[-1] == self.text:
            return True
        if len(way) < len(self.steps) or (self.from_root and len(way) != len(self.steps)):
            return False
        ends = way[len(way) - len(self.steps) :]
        return all(step in (_ANY, name) for step, name in zip(self.steps, ends, strict=True))


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
        return next((path.text for path in self.paths if path.leads_to(way)), "")

    @property
    def names(self) -> frozenset[str]:
        """Every name that hidden members have: what to look for where there is no structure to follow."""
        return frozenset(name for path in self.paths for name in (path.text, path.steps[-1]))

    def __bool__(self) -> bool:
        return bool(self.paths)

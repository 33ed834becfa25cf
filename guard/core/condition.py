"""A grant's condition: a CEL expression over the call, for what the plain rules cannot say.

CEL (Common Expression Language) has no loops but its macros over lists, no assignment and no way out, so an expression
ends. What it may cost is bounded before it runs: macros nest, and each goes through everything that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cel

NAMES = frozenset({"args", "user", "role", "session", "now"})
"""What an expression may speak of: the arguments as narrowed; ``user.name``, ``user.attributes``; the name of the role;
``session.id``, ``.model``, ``.seconds``, ``.calls``; the time, a timestamp."""

_MOST_CHARS = 2_000
_DEEPEST = 50
"""Brackets within brackets: the compiler is recursive, and its stack is the process's."""
_MOST_MACROS = 3
_MOST_STEPS = 100_000
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w*)")
_ARGS = re.compile(r"\bargs\b")
_ARGUMENT = re.compile(r"\bargs\.(\w+)(?![\w\s]*\()")
_FUNCTIONS = frozenset(
    {
        *("size", "contains", "startsWith", "endsWith", "matches", "min", "max", "type"),
        *("string", "int", "uint", "double", "bool", "bytes", "timestamp", "duration"),
        *("getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
    }
)
"""What the library knows. It would find out about any other name only when it runs."""


class Broken(Exception):
    """The expression gave no answer. The text names the kind of fault and no value, for the record."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Raises ValueError with a sentence for the administrator when ``source`` is no such expression."""

    source: str
    _program: Any = field(init=False, repr=False, compare=False)
    _macros: int = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _members: frozenset[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_program", _compiled(self.source))
        object.__setattr__(self, "_macros", len(_MACRO.findall(self.source)))
        object.__setattr__(self, "_names", NAMES.intersection(self._program.variables()))
        object.__setattr__(self, "_members", _members_of_args(self.source))

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """``facts`` has the ``NAMES``. Only true is true. Raises ``Broken``."""
        facts = self._asked_for(facts)
        if self._macros and _size(facts) ** self._macros > _MOST_STEPS:
            raise Broken("the arguments are too many for this condition")
        try:
            result = self._program.execute(facts)
        except Exception as error:  # the library raises whatever fits: KeyError, TypeError, OverflowError …
            raise Broken(f"{type(error).__name__} in the condition") from None
        if not isinstance(result, bool):
            raise Broken("the condition gave no truth value")
        return result

    def _asked_for(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """What the expression speaks of: handing over a value costs more than looking at it."""
        given = {name: facts[name] for name in self._names}
        if self._members is not None and "args" in given:
            given["args"] = {name: value for name, value in given["args"].items() if name in self._members}
        return given


def _members_of_args(source: str) -> frozenset[str] | None:
    """The arguments that are named one by one. None: some other use is made of ``args``, so it is needed whole."""
    named = _ARGUMENT.findall(source)
    return frozenset(named) if len(named) == len(_ARGS.findall(source)) else None


def _compiled(source: str) -> Any:
    if not source.strip():
        raise ValueError("the condition is empty")
    if len(source) > _MOST_CHARS:
        raise ValueError(f"the condition is longer than {_MOST_CHARS} characters")
    if _depth(source) > _DEEPEST:
        raise ValueError(f"the condition has more than {_DEEPEST} brackets within brackets")
    if len(_MACRO.findall(source)) > _MOST_MACROS:
        raise ValueError(
            f"the condition has more than {_MOST_MACROS} of all, exists, exists_one, map, filter"
        )
    try:
        program = cel.compile(source)
    except Exception as error:
        raise ValueError(f"the condition is no CEL: {_first_line(error)}") from None
    _check(set(program.variables()) - set(_MACRO.findall(source)), NAMES)
    _check({name for name in program.functions() if name.isidentifier()} - {"_"}, _FUNCTIONS)
    return program


def _check(used: set[str], known: frozenset[str]) -> None:
    if unknown := sorted(used - known):
        raise ValueError(f"the condition has {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _depth(source: str) -> int:
    deepest = depth = 0
    for character in source:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _size(value: Any) -> int:
    """How many values it holds."""
    if isinstance(value, Mapping):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1

"""A grant's condition: a CEL expression over the call, for what the plain rules cannot say.

CEL (Common Expression Language) has no loops but its macros over lists, no assignment and no way out, so an expression
ends. What it may cost is bounded before it runs (``cel_cost``): macros nest, and each goes through everything that it
is given. Patterns are bounded by what they read (``cel_patterns``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cel

from guard.core import cel_patterns
from guard.core.cel_cost import Size, steps
from guard.core.cel_tokens import Tokens, depth

NAMES = frozenset({"args", "user", "role", "session", "now"})
"""What an expression may speak of: the arguments as narrowed; ``user.name``, ``user.attributes``; the name of the role;
``session.id``, ``.model``, ``.seconds``, ``.calls``; the time, a timestamp."""

_MOST_CHARS = 2_000
_DEEPEST = 50
"""Brackets within brackets: the compiler is recursive, and its stack is the process's."""
_MOST_MACROS = 3
_MOST_STEPS = 2_000_000
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
    _tokens: Tokens = field(init=False, repr=False, compare=False)
    _patterns: Mapping[str, Any] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)
    _members: frozenset[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        program, tokens = _compiled(self.source)
        object.__setattr__(self, "_tokens", tokens)
        object.__setattr__(self, "_patterns", cel_patterns.patterns_of(tokens))
        object.__setattr__(self, "_program", cel.compile(cel_patterns.renamed(self.source, tokens)))
        object.__setattr__(self, "_names", NAMES.intersection(program.variables()))
        object.__setattr__(self, "_members", _members_of_args(self.source))

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """``facts`` has the ``NAMES``. Only true is true. Raises ``Broken``."""
        facts = self._asked_for(facts)
        if steps(self._tokens, {name: Size.of(value) for name, value in facts.items()}) > _MOST_STEPS:
            raise Broken("the arguments are too many for this condition")
        search = cel_patterns.Search(self._patterns)
        try:
            result = self._program.execute(cel.Context(facts, {cel_patterns.RENAMED: search}))
        except Exception as error:  # the library raises whatever fits: KeyError, TypeError, OverflowError …
            raise Broken(f"{type(error).__name__} in the condition") from None
        if search.is_spent:
            raise Broken("the texts are too long for the patterns of this condition")
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


def _compiled(source: str) -> tuple[Any, Tokens]:
    if not source.strip():
        raise ValueError("the condition is empty")
    if len(source) > _MOST_CHARS:
        raise ValueError(f"the condition is longer than {_MOST_CHARS} characters")
    if depth(source) > _DEEPEST:
        raise ValueError(f"the condition has more than {_DEEPEST} brackets within brackets")
    try:
        program = cel.compile(source)
    except Exception as error:
        raise ValueError(f"the condition is no CEL: {_first_line(error)}") from None
    tokens = Tokens(source)
    if len(tokens.macros) > _MOST_MACROS:
        raise ValueError(
            f"the condition has more than {_MOST_MACROS} of all, exists, exists_one, map, filter"
        )
    _check(set(program.variables()) - {macro.variable for macro in tokens.macros}, NAMES)
    _check({name for name in program.functions() if name.isidentifier()} - {"_"}, _FUNCTIONS)
    return program, tokens


def _check(used: set[str], known: frozenset[str]) -> None:
    if unknown := sorted(used - known):
        raise ValueError(f"the condition has {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]

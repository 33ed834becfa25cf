"""A tool as the registry defines it. The client never supplies a definition, only names."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from guard.core.frames import StrictReader, Unreadable
from guard.core.running import Endpoint, McpServer, Runner
from guard.core.schema_size import check_size

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_FAULTS = 8
_MOST_DIGITS = 40

# These name the properties that they did not expect, and those come from the model: never for the record.
_NAMES_THE_UNEXPECTED = frozenset(
    {"additionalProperties", "unevaluatedProperties", "propertyNames", "unevaluatedItems"}
)


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise Unreadable("integer_range")
    return int(digits)


def _real(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise Unreadable("non_finite")
    return value


_result_reader = StrictReader(
    depth=64, values=100_000, members=20_000, key_chars=4_096, integer=_whole, real=_real
)
"""As wide as the filter's (``results``): a 64-bit id is no reason to withhold what a tool has answered."""


def _validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    # offline: a $ref to a URL or a file must not make the guard fetch it. RegexOptions: the linear-time
    # engine, as a backtracking one lets one pattern stop every session (M11).
    compiled = jsonschema_rs.Draft202012Validator(
        dict(schema),
        offline=True,
        mask="value",
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
    )
    check_size(schema)
    return compiled


def check_name(name: str) -> None:
    """Raises ValueError unless the provider accepts ``name`` for a function."""
    if not _NAME.fullmatch(name):
        raise ValueError("a tool's name is 1 to 64 letters, digits, hyphens and underscores")


def check_schema(schema: object) -> None:
    """Raises ValueError with a sentence for the admin unless ``schema`` can judge a tool's arguments."""
    if not isinstance(schema, Mapping):
        raise ValueError("the schema must be a JSON object")
    if schema.get("type") != "object":
        raise ValueError('the schema must have "type": "object": arguments are always an object')
    try:
        _validator(schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        place = "/".join(str(step) for step in getattr(error, "instance_path", ()))
        sentence = str(getattr(error, "message", error)).rstrip(".")
        raise ValueError(f"the schema is not valid{f' at /{place}' if place else ''}: {sentence}") from None


def _property_names(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            yield from (str(name) for name in properties)
        for part in schema.values():
            yield from _property_names(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _property_names(part)


@dataclass(frozen=True, slots=True)
class Tool:
    """``parameters`` is a JSON Schema (draft 2020-12) of the arguments, ``result_schema`` one of the result, if it must
    fit one. Raises ValueError when it cannot be one. ``answer_seconds``: how long a result is awaited. ``endpoint``
    goes with ``Runner.HTTP``, ``mcp`` with ``Runner.MCP``."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    runner: Runner = Runner.CLIENT
    answer_seconds: float = 30.0
    endpoint: Endpoint | None = None
    mcp: McpServer | None = None
    result_schema: Mapping[str, Any] | None = None
    _compiled: jsonschema_rs.Draft202012Validator = field(init=False, repr=False, compare=False)
    _result: jsonschema_rs.Draft202012Validator | None = field(init=False, repr=False, compare=False)
    _known: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        check_schema(self.parameters)
        object.__setattr__(self, "_compiled", _validator(self.parameters))
        result = None if self.result_schema is None else _validator(self.result_schema)
        object.__setattr__(self, "_result", result)
        object.__setattr__(self, "_known", frozenset(_property_names(self.parameters)))

    def definition(self) -> dict[str, Any]:
        """The function tool object of the session configuration."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": copy.deepcopy(dict(self.parameters)),
        }

    def faults(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """What is wrong with the arguments, ``("/limit: value is greater than the maximum of 50",)``, or
        ``()``.

        Values, and property names that the schema does not know, are not repeated.
        """
        given = dict(arguments)
        if self._compiled.is_valid(given):  # four times as fast as asking for the errors, and nearly all are
            return ()
        errors = self._compiled.iter_errors(given)
        return tuple(self._fault(error) for error, _ in zip(errors, range(_MOST_FAULTS), strict=False))

    def fits_result(self, output: str) -> bool:
        """Whether a result is as its schema says; any is, where there is none."""
        if self._result is None:
            return True
        try:
            return self._result.is_valid(_result_reader.read(output))
        except Unreadable:
            return False

    def _fault(self, error: jsonschema_rs.ValidationError) -> str:
        steps = (
            str(step) if isinstance(step, int) or step in self._known else "*" for step in error.instance_path
        )
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
        keyword = error.kind.name
        sentence = "unexpected names" if keyword in _NAMES_THE_UNEXPECTED else error.message
        return f"{pointer or '/'}: {sentence}"

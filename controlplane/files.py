"""A policy document as a file: YAML that people read, compare and review. Pure.

Read as data and nothing else: only the types of JSON, written as JSON writes them. ``no``, ``on``, ``0777`` and
``2026-11-22`` are therefore text, whatever other readers of YAML take them for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from controlplane import document
from controlplane.models.classifiers import DEFINING_FIELDS
from controlplane.models.patterns import RULE_FIELDS

LARGEST = 4 * 1024 * 1024
"""Characters of a file."""
MOST_VALUES = 200_000
"""Values of a file, each repetition through an alias counted: ten short lines of aliases can mean a billion."""
DEEPEST = 64

_WIDTH = 118
_TAG = "tag:yaml.org,2002:"
_NUMBER = r"-?(?:0|[1-9][0-9]*)"
_PLAIN = (
    ("null", r"null|~|", "n~\0"),
    ("bool", r"true|false", "tf"),
    ("int", _NUMBER, "-0123456789"),
    ("float", rf"{_NUMBER}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
)
"""What a word without quotes can be, other than text."""


class BadFile(ValueError):
    """The text says why, with the path or the line."""


class _Loader(yaml.SafeLoader):
    """Splits words as JSON would; nothing is constructed by it."""

    yaml_implicit_resolvers: dict[str, Any] = {}


class _Dumper(yaml.SafeDumper):
    """Quotes every text that any reader of YAML, ours or an older one, would take for something else."""

    yaml_implicit_resolvers = {
        key: list(value) for key, value in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _name, _pattern, _first in _PLAIN:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            f"{_TAG}{_name}",
            re.compile(rf"\A(?:{_pattern})\Z"),
            ["" if sign == "\0" else sign for sign in _first],
        )


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(f"{_TAG}str", str(text), style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(str, _text)  # the default of a field can be a member of an enumeration


def written(content: Mapping[str, Any], number: int, digest: str) -> str:
    """The file of a document: complete, without keys, in an order that does not change."""
    head = (
        f"# Sallyport policy, version {number}\n# sha256 {digest}\n"
        "# Keys of providers, tools and classifiers are not in this file.\n"
    )
    body = yaml.dump(
        _ordered(content),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )
    return head + body


def read(text: str) -> Any:
    """What the file says, as JSON would. Raises ``BadFile``."""
    if len(text) > LARGEST:
        raise BadFile(f"is longer than {LARGEST} characters")
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise BadFile(f"is no YAML: {error}") from error
    except RecursionError:
        raise BadFile("is nested too deeply") from None
    return _Reading().value(node, "", 0) if node else None


class _Reading:
    """Counts what it reads, so that aliases cannot make much of little."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def value(self, node: yaml.Node, path: str, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise BadFile(f"holds more than {MOST_VALUES} values, aliases counted")
        if depth > DEEPEST:
            raise BadFile(f"{_where(path)}: is nested too deeply, or holds itself")
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return dict(self._members(node, path, depth))
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.value(item, f"{path}[{at}]", depth + 1) for at, item in enumerate(node.value)]
        return _scalar(node, path)

    def _members(self, node: yaml.MappingNode, path: str, depth: int) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, value in node.value:
            if key.tag != f"{_TAG}str":
                line = key.start_mark.line + 1
                raise BadFile(f"{_where(path)}: the key in line {line} must be text; put it in quotes")
            if key.value in seen:
                raise BadFile(f"{_where(path)}: {key.value} is there twice")
            seen.add(key.value)
            yield key.value, self.value(value, f"{path}.{key.value}", depth + 1)


def _scalar(node: yaml.Node, path: str) -> Any:
    kind, text = node.tag.removeprefix(_TAG), str(node.value)
    if kind == "str":
        return text
    patterns = {name: pattern for name, pattern, _ in _PLAIN}
    if kind not in patterns or not re.fullmatch(
        patterns[kind], text
    ):  # such as !!python/name, or !!int "many"
        raise BadFile(f"{_where(path)}: {node.tag.removeprefix(_TAG)} is no type of JSON")
    try:
        return json.loads(text) if kind != "null" else None
    except ValueError as error:  # a number of thousands of digits
        raise BadFile(f"{_where(path)}: is no number: {error}") from error


def _where(path: str) -> str:
    return path.removeprefix(".") or "the document"


# -- order: as the admin pages show it, not as the alphabet does


def _ordered(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "roles": {name: _role(role) for name, role in sorted(content["roles"].items())},
        "tools": _rows(content["tools"], document.TOOL_FIELDS),
        "patterns": [_row(row, "rule", RULE_FIELDS) for row in content["patterns"]],
        "classifiers": [_row(row, "ask", (*DEFINING_FIELDS, "labels")) for row in content["classifiers"]],
        "providers": _rows(content["providers"], document.PROVIDER_FIELDS),
    }


def _role(role: Mapping[str, Any]) -> dict[str, Any]:
    fields = _picked(role, (*document.ROLE_FIELDS, "provider"))
    return fields | {"grants": _rows(role["grants"], document.GRANT_FIELDS)}


def _rows(rows: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: _picked(row, names) for name, row in sorted(rows.items())}


def _row(row: Mapping[str, Any], body: str, names: Collection[str]) -> dict[str, Any]:
    return {body: _picked(row[body], names), **_picked(row, sorted(row.keys() - {body}))}


def _picked(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Members that are not named come last: a file that leaves one out would change it."""
    others = sorted(row.keys() - set(names))
    return {name: _sorted(row[name]) for name in (*names, *others) if name in row}


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    return [_sorted(item) for item in value] if isinstance(value, list) else value

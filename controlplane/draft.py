"""A policy document that somebody wrote: checked member by member, completed, and put the one way it is written.

Whatever does not fit is refused with its path (``roles.analyst.audio: must be text``): a key that nobody knows would
otherwise be a rule that nobody keeps. Touches no database; whether a name or a value is good is for the rows to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import Model

from controlplane import document, storable
from controlplane.models import Classifier, Provider, RedactionPattern, Role, Tool, ToolGrant
from controlplane.models.classifiers import DEFINING_FIELDS
from controlplane.models.patterns import RULE_FIELDS

SECTIONS: dict[str, type] = {
    "roles": dict,
    "tools": dict,
    "patterns": list,
    "classifiers": list,
    "providers": dict,
}
MAPPING, LIST = "must be a mapping of names", "must be a list"


class Malformed(ValueError):
    """``problems`` are sentences, each with the path that it is about."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def checked(content: Any) -> dict[str, Any]:
    """The document that ``content`` means, with every field, as ``document.current`` would write it. Raises
    ``Malformed``."""
    problems = list(storable.problems(content)) or list(_problems(content))
    if problems:
        raise Malformed(problems)
    return normal(document.completed(_filled(content)))


def normal(content: Mapping[str, Any]) -> dict[str, Any]:
    """Lists whose order says nothing are sorted; numbers are as the database gives them back."""
    roles = {
        name: {**role, "grants": _each_sorted(role["grants"])} for name, role in content["roles"].items()
    }
    shaped = {
        **content,
        "roles": roles,
        "patterns": _by_name(content["patterns"], "rule"),
        "classifiers": [{**row, "ask": _ask(row["ask"])} for row in _by_name(content["classifiers"], "ask")],
    }
    stored: dict[str, Any] = storable.as_stored(shaped)
    return stored


def _by_name(rows: Collection[Mapping[str, Any]], body: str) -> list[dict[str, Any]]:
    named = sorted(rows, key=lambda row: str(row[body]["name"]))
    return [{**row, "roles": None if row["roles"] is None else sorted(row["roles"])} for row in named]


def _each_sorted(grants: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("visible_fields", "hidden_fields")
    return {
        name: {**grant, **{field: sorted(grant[field]) for field in fields}} for name, grant in grants.items()
    }


def _ask(ask: Mapping[str, Any]) -> dict[str, Any]:
    threshold = ask["threshold"]
    exact = threshold if threshold is None else float(threshold)
    return {**ask, "labels": sorted(ask["labels"]), "threshold": exact}


def _filled(content: Mapping[str, Any]) -> dict[str, Any]:
    """What may be left out and ``document.completed`` takes for granted: documents that were published have it."""
    bare, ask = RedactionPattern().definition(), Classifier().definition()
    scope: dict[str, Any] = {"roles": None}
    return {
        **content,
        "roles": {name: {"provider": "", "grants": {}, **role} for name, role in content["roles"].items()},
        "patterns": [
            {"direction": "both", **scope, **row, "rule": bare | row["rule"]} for row in content["patterns"]
        ],
        "classifiers": [
            {"direction": "to_client", **scope, **row, "ask": ask | row["ask"]}
            for row in content["classifiers"]
        ],
    }


# -- what does not fit


def _problems(content: Any) -> Iterator[str]:
    if not isinstance(content, Mapping):
        yield f"the document {MAPPING}"
        return
    # A section that is missing would be blamed on everything that points into it.
    yield from list(_shape(content)) or _rows(content)


def _shape(content: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown("", content, SECTIONS)
    for section, shape in SECTIONS.items():
        if section not in content:
            yield f"{section}: is missing; write {section}: {shape()} if there are to be none"
        elif not isinstance(content[section], shape):
            yield f"{section}: {MAPPING if shape is dict else LIST}"


def _rows(content: Mapping[str, Any]) -> Iterator[str]:
    for section, problems in _SECTION_PROBLEMS.items():
        yield from problems(content[section], content)


def _roles(roles: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    for name, role in roles.items():
        path = f"roles.{name}"
        yield from _row(path, role, Role, document.ROLE_FIELDS, more=("provider", "grants"))
        if not isinstance(role, Mapping):
            continue
        provider, grants = role.get("provider", ""), role.get("grants", {})
        if not isinstance(provider, str):
            yield f'{path}.provider: must be the name of a provider, or "" for the default one'
        elif provider and provider not in _names(whole, "providers"):
            yield f"{path}.provider: there is no provider {provider} in this document"
        yield from _grants(f"{path}.grants", grants, whole)


def _grants(path: str, grants: Any, whole: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(grants, Mapping):
        yield f"{path}: {MAPPING}"
        return
    for name, grant in grants.items():
        yield from _row(f"{path}.{name}", grant, ToolGrant, document.GRANT_FIELDS)
        if name not in _names(whole, "tools"):
            yield f"{path}.{name}: there is no tool {name} in this document"


def _tools(tools: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    for name, tool in tools.items():
        yield from _row(f"tools.{name}", tool, Tool, document.TOOL_FIELDS, needs=("parameters",))


def _providers(providers: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    for name, provider in providers.items():
        yield from _row(f"providers.{name}", provider, Provider, document.PROVIDER_FIELDS, needs=("url",))


def _patterns(rows: list[Any], whole: Mapping[str, Any]) -> Iterator[str]:
    yield from _named_rows("patterns", "rule", rows, whole, RedactionPattern, ("direction", "mode"))
    for path, rule in _bodies("patterns", "rule", rows):
        yield from _row(f"{path}.rule", rule, RedactionPattern, RULE_FIELDS)


def _classifiers(rows: list[Any], whole: Mapping[str, Any]) -> Iterator[str]:
    yield from _named_rows("classifiers", "ask", rows, whole, Classifier, ("direction",))
    for path, ask in _bodies("classifiers", "ask", rows):
        yield from _row(f"{path}.ask", ask, Classifier, (*DEFINING_FIELDS, "labels"), needs=("url",))


def _named_rows(
    section: str,
    body: str,
    rows: list[Any],
    whole: Mapping[str, Any],
    model: type[Model],
    fields: tuple[str, ...],
) -> Iterator[str]:
    seen = set()
    for number, row in enumerate(rows):
        name = _name_of(row, body)
        if not name:
            yield f"{section}[{number}]: needs a {body} with a name"
            continue
        if name in seen:
            yield f"{section}.{name}: is there twice"
        seen.add(name)
        yield from _row(f"{section}.{name}", row, model, fields, more=("roles", body))
        yield from _scope(f"{section}.{name}.roles", row.get("roles"), whole)


def _bodies(section: str, body: str, rows: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for row in rows:
        if name := _name_of(row, body):
            yield f"{section}.{name}", row[body]


def _name_of(row: Any, body: str) -> str:
    inner = row.get(body) if isinstance(row, Mapping) else None
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return name if isinstance(name, str) else ""


def _scope(path: str, roles: Any, whole: Mapping[str, Any]) -> Iterator[str]:
    if roles is None:
        return
    if not isinstance(roles, list) or not all(isinstance(name, str) for name in roles):
        yield f"{path}: must be a list of roles, or null for every role"
        return
    if len(set(roles)) != len(roles):
        yield f"{path}: must not name anything twice"
    for name in sorted(set(roles) - _names(whole, "roles")):
        yield f"{path}: there is no role {name} in this document"


def _names(whole: Mapping[str, Any], section: str) -> set[str]:
    found = whole.get(section)
    return set(found) if isinstance(found, Mapping) else set()


_SECTION_PROBLEMS: dict[str, Callable[[Any, Mapping[str, Any]], Iterator[str]]] = {
    "roles": _roles,
    "tools": _tools,
    "patterns": _patterns,
    "classifiers": _classifiers,
    "providers": _providers,
}


# -- one row, one value


def _row(
    path: str,
    row: Any,
    model: type[Model],
    fields: Collection[str],
    more: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Iterator[str]:
    """``fields`` are the model's, and of its types; ``more`` are checked by the caller."""
    if not isinstance(row, Mapping):
        yield f"{path}: {MAPPING}"
        return
    yield from _unknown(f"{path}.", row, (*fields, *more))
    yield from (f"{path}.{name}: is missing" for name in needs if name not in row)
    for name in (name for name in fields if name in row):
        if wrong := _wrong_type(model._meta.get_field(name), row[name]):
            yield f"{path}.{name}: {wrong}"


def _unknown(prefix: str, row: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    return (f"{prefix}{name}: is not known here" for name in row if name not in known)


def _wrong_type(field: Any, value: Any) -> str:
    """Strict, where Django's own fields would read "yes" as true and 1 as text."""
    if value is None:
        return "" if field.null else "must not be null"
    if isinstance(field, models.BooleanField):
        return "" if isinstance(value, bool) else "must be true or false"
    if isinstance(field, models.IntegerField):
        return "" if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"
    if isinstance(field, models.FloatField):
        return "" if isinstance(value, int | float) and not isinstance(value, bool) else "must be a number"
    if isinstance(field, models.JSONField):
        return _wrong_container(field.get_default(), value)
    return "" if isinstance(value, str) else "must be text"


def _wrong_container(example: Any, value: Any) -> str:
    if isinstance(value, type(example)):
        return ""
    return LIST if isinstance(example, list) else "must be a mapping"

"""Rows brought to where a draft wants them: made, changed, put back, retired, each change on record.

Nothing is published here; ``operations.drafts`` does that once, for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import F, Model
from django.db.models.functions import Now

from audit.actors import Actor
from audit.diff import Change, plain
from audit.verbs import MASK
from controlplane import document
from controlplane.differences import same
from controlplane.models import Classifier, Provider, Role, Tool
from controlplane.models.keyed import HoldsKey
from controlplane.models.retiring import Retirable
from controlplane.operations import rows

SORTED = ("visible_fields", "hidden_fields", "labels")
"""Lists whose order says nothing: a document has them sorted, a row as they were typed."""
PLACE: dict[type[Model], tuple[str, ...]] = {
    Provider: ("url",),
    Classifier: ("url",),
    Tool: ("url", "runner"),
    Role: ("engine_url",),
}
"""What says where a key goes. An MCP tool's key is sent out, that of an endpoint only signs: another place as well."""


class DraftRows:
    """``problems`` are what the rows refuse, with paths; ``notes`` what somebody must do afterwards."""

    def __init__(self, actor: Actor, reason: str, source_ip: str) -> None:
        self._actor, self._reason, self._source_ip = actor, reason, source_ip
        self._written: list[tuple[str, Model]] = []
        self.problems: list[str] = []
        self.notes: list[str] = []

    def bring(
        self,
        model: type[Retirable],
        key: Mapping[str, Any],
        values: Mapping[str, Any],
        path: str,
        roles: list[str] | bool | None = False,
    ) -> None:
        """The row with this key has these values and is in use. ``roles`` where it is linked to some: not False."""
        row = _found(model, key)
        created = row.pk is None
        changed = self._set(row, {**values, "retired_at": None}, path)
        if not self._is_sound(row, path):
            return
        if created or changed:
            row.save()
        if roles is not False:
            changed |= self._link(row, roles, path)  # type: ignore[arg-type]
        if created or changed:
            verb = "object.created" if created else "object.changed"
            shown = _named(key) | changed if created else changed
            rows.record(verb, self._actor, row, shown, self._reason, self._source_ip)
            self._written.append((path, row))

    def retire(self, row: Retirable) -> None:
        type(row)._default_manager.filter(pk=row.pk).update(retired_at=Now())
        row.refresh_from_db(fields=["retired_at"])
        changed = {"retired_at": {"before": None, "after": str(row.retired_at)}}
        rows.record("object.retired", self._actor, row, changed, self._reason, self._source_ip)

    def look_again(self) -> None:
        """What a row says about its neighbours can only be judged when all are where they belong."""
        for path, row in self._written:
            try:
                row.clean()
            except ValidationError as error:
                self.problems += _sentences(path, error)

    def _set(self, row: Retirable, values: Mapping[str, Any], path: str) -> dict[str, Change]:
        changed: dict[str, Change] = {}
        for name, value in values.items():
            before = getattr(row, name)
            if not _equal(name, before, value):
                setattr(row, name, value)
                changed[name] = {"before": None if row.pk is None else plain(before), "after": plain(value)}
        return changed | self._drop_key(row, changed, path)

    def _drop_key(self, row: Retirable, changed: Mapping[str, Change], path: str) -> dict[str, Change]:
        """A key belongs to the address that it was entered for: nobody moves it by moving the address."""
        moved = isinstance(row, HoldsKey) and set(PLACE[type(row)]) & changed.keys()
        if not moved or not isinstance(row, HoldsKey) or not row.has_key:
            return {}
        row.set_key("")
        self.notes.append(
            f"{path}: its address changed, so its key was removed; enter the key of the new one"
        )
        return {row.key_name: {"before": MASK, "after": ""}}

    def _is_sound(self, row: Retirable, path: str) -> bool:
        """All but ``clean``, which looks at neighbours; see ``look_again``."""
        try:
            row.clean_fields()
            row.validate_unique()
            row.validate_constraints()
        except ValidationError as error:
            self.problems += _sentences(path, _clearer(row, error))
            return False
        return True

    def _link(self, row: Any, wanted: list[str] | None, path: str) -> dict[str, Change]:
        """Links to retired roles stay where they do not matter, as on the admin pages."""
        before = document.roles_of(row)
        if before == wanted:
            return {}
        retired = [] if wanted is None else list(row.roles.filter(retired_at__isnull=False))
        linked = [*retired, *Role.objects.filter(name__in=wanted or (), retired_at=None)]
        if wanted is not None and not linked:
            self.problems.append(f"{path}.roles: an empty list is for nobody; write null for every role")
        row.roles.set(linked)
        return {"roles": {"before": before, "after": wanted}}


def _found(model: type[Retirable], key: Mapping[str, Any]) -> Retirable:
    """The row in use, else the one that was retired last, else a new one."""
    found = (
        model._default_manager.filter(**key).order_by(F("retired_at").desc(nulls_first=True), "-pk").first()
    )
    return found or model(**key)


def _clearer(row: Retirable, error: ValidationError) -> ValidationError:
    """``clean`` names the field where a constraint of the database only names itself."""
    if NON_FIELD_ERRORS not in _by_field(error):
        return error
    try:
        row.clean()
    except ValidationError as clearer:
        return clearer
    return error


def _equal(name: str, one: Any, other: Any) -> bool:
    if isinstance(one, Model) or isinstance(other, Model):
        return bool(one == other)
    if name == "retired_at":
        return one is other
    return same(sorted(one) if name in SORTED else one, sorted(other) if name in SORTED else other)


def _named(key: Mapping[str, Any]) -> dict[str, Change]:
    return {name: {"before": None, "after": plain(value)} for name, value in key.items()}


def _sentences(path: str, error: ValidationError) -> list[str]:
    """``roles.analyst.audio: is no choice``. Members of a pattern's rule are one level down, as in the document."""
    found = []
    for field, messages in _by_field(error).items():
        where = path if field in (NON_FIELD_ERRORS, "name", "") else f"{path}.{_member(path, field)}"
        found += [f"{where}: {message}" for message in messages]
    return found


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}


def _member(path: str, field: str) -> str:
    body = {"patterns": "rule", "classifiers": "ask"}.get(path.partition(".")[0])
    outer = ("direction", "mode", "roles")
    return f"{body}.{field}" if body and field not in outer else field

"""A whole policy put in the place of the one that is there: from a file, or from an earlier version.

All of it or nothing. Documents hold no secrets, so keys stay on their rows; what no document says (descriptions, notes)
stays as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DataError, IntegrityError, OperationalError, transaction

from audit.actors import Actor
from controlplane import compile, differences, document, draft, files
from controlplane.differences import Difference
from controlplane.models import Classifier, PolicyVersion, Provider, RedactionPattern, Role, Tool, ToolGrant
from controlplane.models.retiring import Retirable
from controlplane.operations import selfservice
from controlplane.operations.draftrows import DraftRows
from controlplane.operations.policy import publish_policy

LOCKED: tuple[type[Retirable], ...] = (Provider, Tool, Role, ToolGrant, RedactionPattern, Classifier)


class Rejected(ValueError):
    """The rows do not take the document, or no session could run on it. ``problems``: sentences with their paths."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Overtaken(RuntimeError):
    """Somebody else changed the policy at the same moment. Nothing was done; it can be tried again."""


class NoSuchVersion(LookupError):
    pass


@dataclass(frozen=True, slots=True)
class Applied:
    """``number`` is the version in force now; of a dry run, the one that would be. ``notes`` are what is left to do."""

    number: int
    digest: str
    document: Mapping[str, Any]
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    is_new: bool = False


def apply(
    *, actor: Actor, content: Any, reason: str = "", source_ip: str = "", dry_run: bool = False
) -> Applied:
    """Make ``document.current()`` equal to ``content``, and publish it. Again: nothing happens.

    Raises ``draft.Malformed``, ``Rejected``, ``Overtaken``, ``compile.NotInForce``, and ``selfservice.SelfService``,
    which is on record: call it outside a transaction.
    """
    wanted = draft.checked(content)
    try:
        with transaction.atomic():
            applied = _apply(actor, wanted, reason, source_ip)
            transaction.set_rollback(dry_run)
    except selfservice.SelfService as refusal:
        attempted = reason or "put another policy in force"
        selfservice.deny(
            actor=actor, subject="policy", attempted=attempted, why=str(refusal), source_ip=source_ip
        )
        raise
    except (IntegrityError, DataError) as error:
        raise Rejected([f"the document: {error}".splitlines()[0]]) from error
    except OperationalError as error:  # a deadlock: an edit of the same rows came from the other side
        raise Overtaken("the policy is being edited by somebody else; try again") from error
    return applied


def rollback(
    *, actor: Actor, number: int, reason: str = "", source_ip: str = "", dry_run: bool = False
) -> Applied:
    """Put what version ``number`` said into force, as a new version. Raises ``NoSuchVersion``, and as ``apply``."""
    said = f"rollback to version {number}"
    return apply(
        actor=actor,
        content=document_of(number),
        reason=f"{said}: {reason}" if reason else said,
        source_ip=source_ip,
        dry_run=dry_run,
    )


def document_of(number: int) -> dict[str, Any]:
    """What the version said, in today's shape. Raises ``NoSuchVersion``."""
    return document.completed(_version(number).document)


def file_of(number: int | None = None) -> str:
    """The version as a file; None: the one in force. Raises ``NoSuchVersion``."""
    version = _version(number)
    return files.written(document.completed(version.document), version.number, version.digest)


def _version(number: int | None) -> PolicyVersion:
    versions = PolicyVersion.objects.order_by("-number")
    found = versions.first() if number is None else versions.filter(number=number).first()
    if found is None:
        raise NoSuchVersion(
            "no policy has been published" if number is None else f"there is no policy version {number}"
        )
    return found


def _apply(actor: Actor, wanted: dict[str, Any], reason: str, source_ip: str) -> Applied:
    _lock_rows()
    now = document.current()
    if why := selfservice.conflict_of_documents(actor, now, wanted):
        raise selfservice.SelfService(why)
    newest = PolicyVersion.objects.order_by("-number").first()
    if newest and newest.digest == document.digest(wanted) == document.digest(now):
        return Applied(newest.number, newest.digest, wanted)
    found = tuple(differences.between(now, wanted))
    made = DraftRows(actor, reason, source_ip)
    _write(made, now, wanted)
    published = _publish(actor, wanted, reason)
    is_new = newest is None or published.number != newest.number
    return Applied(published.number, published.digest, wanted, found, tuple(made.notes), is_new)


def _lock_rows() -> None:
    """Rows first, the epoch last, in ``publish_policy``: as every other edit, so that none waits for each other in a
    circle. The weaker lock lets tickets be minted meanwhile."""
    for model in LOCKED:
        list(model._default_manager.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _publish(actor: Actor, wanted: dict[str, Any], reason: str) -> PolicyVersion:
    if fault := compile.fault_in(wanted):
        raise Rejected([f"the document does not compile: {fault}"])
    published = publish_policy(actor=actor, reason=reason)
    if published.digest != document.digest(wanted):  # it reads the rows again, under the lock of the epoch
        raise Overtaken("the policy was edited by somebody else meanwhile; try again")
    return published


# -- the rows, in the order in which they point at each other


def _write(made: DraftRows, now: Mapping[str, Any], wanted: dict[str, Any]) -> None:
    _retire_what_is_gone(made, wanted)
    for step in (_providers, _tools, _roles):
        step(made, now, wanted)
        _stop_at_problems(made)
    # What came back brought its grants and links with it.
    now = document.current()
    for step in (_grants, _patterns, _classifiers):
        step(made, now, wanted)
        _stop_at_problems(made)
    made.look_again()
    _stop_at_problems(made)


def _stop_at_problems(made: DraftRows) -> None:
    if made.problems:
        raise Rejected(made.problems)


def _retire_what_is_gone(made: DraftRows, wanted: Mapping[str, Any]) -> None:
    """Grants of a role or tool that goes stay as they are, so that putting it back restores them."""
    names: dict[Any, set[str]] = {
        RedactionPattern: {row["rule"]["name"] for row in wanted["patterns"]},
        Classifier: {row["ask"]["name"] for row in wanted["classifiers"]},
        Role: set(wanted["roles"]),
        Tool: set(wanted["tools"]),
        Provider: set(wanted["providers"]),
    }
    for model, kept in names.items():
        for row in model._default_manager.filter(retired_at=None).exclude(name__in=kept).order_by("pk"):
            made.retire(row)


def _changed(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted(wanted) if not differences.same(now.get(name), wanted[name])]


def _providers(made: DraftRows, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Whoever stops being the default goes first: the database admits one at a time."""
    rows = wanted["providers"]
    for name in sorted(_changed(now["providers"], rows), key=lambda name: bool(rows[name]["is_default"])):
        made.bring(Provider, {"name": name}, rows[name], f"providers.{name}")


def _tools(made: DraftRows, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name in _changed(now["tools"], wanted["tools"]):
        made.bring(Tool, {"name": name}, wanted["tools"][name], f"tools.{name}")


def _roles(made: DraftRows, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Without their grants, which have a step of their own."""
    for name in _changed(_bare(now["roles"]), _bare(wanted["roles"])):
        fields = _bare(wanted["roles"])[name]
        provider = Provider.objects.get(name=fields["provider"]) if fields["provider"] else None
        made.bring(Role, {"name": name}, {**fields, "provider": provider}, f"roles.{name}")


def _bare(roles: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {key: role[key] for key in role if key != "grants"} for name, role in roles.items()}


def _grants(made: DraftRows, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name, role in sorted(wanted["roles"].items()):
        before, grants = now["roles"][name]["grants"], role["grants"]
        for tool in sorted(before.keys() - grants.keys()):
            made.retire(ToolGrant.objects.get(role__name=name, tool__name=tool, retired_at=None))
        for tool in _changed(before, grants):
            key = {"role": Role.objects.get(name=name), "tool": Tool.objects.get(name=tool)}
            made.bring(ToolGrant, key, grants[tool], f"roles.{name}.grants.{tool}")


def _patterns(made: DraftRows, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    before, rows = _by_name(now["patterns"], "rule"), _by_name(wanted["patterns"], "rule")
    for name in _changed(before, rows):
        row = rows[name]
        kind = "keywords" if row["rule"]["keywords"] else "regex"
        values = {**row["rule"], "kind": kind, "direction": row["direction"], "mode": row["mode"]}
        made.bring(RedactionPattern, {"name": name}, values, f"patterns.{name}", row["roles"])


def _classifiers(made: DraftRows, now: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    before, rows = _by_name(now["classifiers"], "ask"), _by_name(wanted["classifiers"], "ask")
    for name in _changed(before, rows):
        values = {**rows[name]["ask"], "direction": rows[name]["direction"]}
        made.bring(Classifier, {"name": name}, values, f"classifiers.{name}", rows[name]["roles"])


def _by_name(rows: list[Mapping[str, Any]], body: str) -> dict[str, Mapping[str, Any]]:
    return {row[body]["name"]: row for row in rows}

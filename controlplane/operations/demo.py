"""Seeding: what is missing is created; what an administrator has changed since is left alone."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model

from audit import log
from audit.actors import Actor
from audit.diff import Change, changes, snapshot
from controlplane import demo
from controlplane.models import Provider, RedactionPattern, Role, Tool, ToolGrant, User
from controlplane.operations.policy import publish_policy
from controlplane.operations.rows import subject_of

UPSTREAM = "upstream"
SANDBOX = "sandbox"


@transaction.atomic
def seed(*, actor: Actor, password: str = "") -> dict[str, str]:
    """Create the demo's rows and publish the policy. Returns the passwords that were set, by username.

    With ``password`` everybody gets it; without, new users get random ones and the others keep theirs.
    """
    _providers(actor)
    for name, values in demo.ROLES.items():
        _create(actor, Role, {"name": name}, values)
    for name, values in demo.TOOLS.items():
        _create(actor, Tool, {"name": name}, values)
    for role, tools in demo.GRANTS.items():
        for tool, hidden in tools.items():
            key = {"role": Role.objects.get(name=role), "tool": Tool.objects.get(name=tool)}
            rules = demo.RULES.get((role, tool), {})
            _create(actor, ToolGrant, key, {"hidden_fields": hidden} | ({"rules": rules} if rules else {}))
    for name, values in demo.PATTERNS.items():
        _create(actor, RedactionPattern, {"name": name}, values)
    passwords = _users(actor, password)
    publish_policy(actor=actor, reason="demo catalogue")
    return passwords


def _create(actor: Actor, model: type[Model], key: dict[str, Any], values: dict[str, Any]) -> Model:
    """The row with this key, created if there never was one: a retired grant must not come back by itself."""
    found = model._default_manager.filter(**key).first()
    if found:
        return found
    row = model(**key, **values)
    row.full_clean()
    row.save()
    _record("object.created", actor, row, changes({}, snapshot(row, values)))
    return row


def _providers(actor: Actor) -> None:
    """UPSTREAM_URL is the default provider while it is set; else the sandbox, unless an admin chose another."""
    _provider(actor, SANDBOX, settings.SANDBOX_URL, "", is_sandbox=True)
    default = Provider.objects.filter(is_default=True, retired_at=None).first()
    if settings.UPSTREAM_URL:
        _provider(actor, UPSTREAM, settings.UPSTREAM_URL, settings.UPSTREAM_API_KEY)
        _make_default(actor, UPSTREAM, default)
    elif default is None or default.name == UPSTREAM:
        _make_default(actor, SANDBOX, default)


def _provider(actor: Actor, name: str, url: str, api_key: str, *, is_sandbox: bool = False) -> None:
    values = {"url": url, "model_names": demo.MODELS, "is_sandbox": is_sandbox}
    row = _create(actor, Provider, {"name": name}, values)
    assert isinstance(row, Provider)  # noqa: S101 - for the type checker
    before = snapshot(row, ["url", "api_key_last4"])
    row.url = url
    if api_key and api_key != row.api_key():
        row.set_api_key(api_key)
    row.full_clean()
    row.save()
    if changed := changes(before, snapshot(row, before)):
        _record("object.changed", actor, row, changed)


def _make_default(actor: Actor, name: str, old: Provider | None) -> None:
    if old and old.name == name:
        return
    Provider.objects.filter(is_default=True).update(is_default=False)
    Provider.objects.filter(name=name).update(is_default=True)
    row = Provider.objects.get(name=name)
    _record("object.changed", actor, row, changes({"is_default": False}, {"is_default": True}))


def _users(actor: Actor, password: str) -> dict[str, str]:
    group, _ = Group.objects.get_or_create(name=demo.COMPLIANCE)
    group.permissions.set(Permission.objects.filter(content_type__app_label="audit"))
    _supervisors()
    encoded = _reusable_hash(password)
    chosen = {name: _user(actor, name, values, password, encoded) for name, values in demo.USERS.items()}
    return {name: secret for name, secret in chosen.items() if secret}


def _supervisors() -> None:
    group, is_new = Group.objects.get_or_create(name=demo.SUPERVISORS)
    if is_new:
        names = ("view_approval", "decide_approval", "view_sessionbinding")
        group.permissions.set(
            Permission.objects.filter(content_type__app_label="controlplane", codename__in=names)
        )


def _reusable_hash(password: str) -> str:
    """One slow hash for all demo users, and none at all on a restart with the same password."""
    old = User.objects.filter(username__in=demo.USERS).values_list("password", flat=True).first()
    if not password:
        return ""
    return old if old and check_password(password, old) else make_password(password)


def _user(actor: Actor, name: str, values: dict[str, Any], password: str, encoded: str) -> str:
    """Returns the password if it was set or confirmed."""
    user = User.objects.filter(username=name).first()
    is_new = user is None
    if user is None:
        flags = {flag: values.get(flag, False) for flag in ("is_staff", "is_superuser")}
        user = User(username=name, attributes=values["attributes"], **flags)
    secret = password or (secrets.token_urlsafe(12) if is_new else "")
    if secret:
        user.password = encoded or make_password(secret)
    user.save()
    if is_new:
        user.roles.set(Role.objects.filter(name=values["role"]))
        user.groups.set(Group.objects.filter(name__in=values.get("groups", [])))
        shown = {"role": values["role"], **snapshot(user, ["attributes", "is_staff", "is_superuser"])}
        _record("object.created", actor, user, changes({}, shown))
    return secret


def _record(verb: str, actor: Actor, row: Model, changed: dict[str, Change]) -> None:
    log.record(
        verb,
        actor=actor,
        subject=subject_of(row),
        reason="demo catalogue",
        fields={
            "model": str(row._meta.verbose_name),
            "object_id": str(row.pk),
            "label": str(row),
            "changes": changed,
        },
    )

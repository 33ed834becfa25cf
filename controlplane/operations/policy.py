"""Putting a policy into force."""

from __future__ import annotations

from django.db import transaction

from audit import log
from audit.actors import Actor
from controlplane import compile, document
from controlplane.models import Epoch, PolicyVersion
from controlplane.operations import doorbell


@transaction.atomic
def publish_policy(*, actor: Actor, reason: str = "") -> PolicyVersion:
    """Freeze the rows as they are now into a new version, if they differ from the newest one.

    Call it in the transaction of the edit, after all rows (and many-to-many rows) are saved. Returns the version in
    force: the newest one stays where the rows do not compile, and every admin page says so. Raises ``NotInForce`` if
    there is none yet.
    """
    doorbell.ring()  # first: it locks the epoch's row, so publishers queue here and see each other's rows
    newest = PolicyVersion.objects.order_by("-number").first()
    content = document.current()
    digest = document.digest(content)
    is_new = newest is None or newest.digest != digest  # what is in force has compiled before
    fault = compile.fault_in(content) if is_new else ""
    Epoch.objects.exclude(fault=fault[:500]).update(fault=fault[:500])
    if newest and not is_new:
        return newest
    if fault:
        return _reject(fault, newest, actor, reason)
    return _publish(content, digest, newest, actor, reason)


def _reject(fault: str, newest: PolicyVersion | None, actor: Actor, reason: str) -> PolicyVersion:
    """Rows reach the database past the forms, too: by SQL, by a restored backup, by an upgrade that refuses more."""
    if newest is None:
        raise compile.NotInForce(f"the policy does not compile: {fault}")
    log.record(
        "policy.rejected",
        actor=actor,
        subject=str(newest.number),
        reason=reason,
        policy_version=newest.number,
        fields={"number": newest.number, "digest": newest.digest, "fault": fault[:500]},
    )
    return newest


def _publish(
    content: dict[str, object], digest: str, newest: PolicyVersion | None, actor: Actor, reason: str
) -> PolicyVersion:
    version = PolicyVersion.objects.create(
        number=newest.number + 1 if newest else 1,
        document=content,
        digest=digest,
        created_by=actor.label,
        reason=reason[:500],
    )
    log.record(
        "policy.published",
        actor=actor,
        subject=str(version.number),
        reason=reason,
        policy_version=version.number,
        fields={
            "number": version.number,
            "digest": digest,
            "previous_digest": newest.digest if newest else "",
        },
    )
    return version

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.actors import of_user
from controlplane.models import Epoch, Lock
from controlplane.operations.locks import raise_lock
from tests.people import ticket_for, user

pytestmark = pytest.mark.usefixtures("demo")


def lock(*arguments: str) -> str:
    said = io.StringIO()
    call_command("lock", *arguments, stdout=said)
    return said.getvalue()


def test_a_role_is_locked_and_unlocked(records):
    ticket_for()
    before = Epoch.objects.get().value
    said = lock("role", "customer_support", "--reason", "incident", "--by", "carol")
    assert "Locked: a role customer_support" in said
    assert "end: 1." in said
    held = Lock.objects.get()
    assert f"{held.pk}: a role customer_support, since" in lock("--list")
    assert "Lifted" in lock("--lift", str(held.pk), "--reason", "over")
    assert "lifted before" in lock("--lift", str(held.pk), "--reason", "over")
    assert lock("--list") == "Nothing is locked.\n"
    raised, lifted = records("lock.raised", "lock.lifted")
    assert (raised.actor_kind, raised.actor_label, raised.reason) == ("system", "carol", "incident")
    assert (lifted.actor_label, lifted.reason) == ("command line", "over")
    assert Epoch.objects.get().value == before + 2


def test_it_locks_while_redis_is_down(settings, django_capture_on_commit_callbacks):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": "redis://127.0.0.1:1/0", "socket_connect_timeout": 1}]},
        }
    }
    with django_capture_on_commit_callbacks(execute=True) as nudges:
        lock("everything", "--reason", "incident")
    assert len(nudges) == 1
    assert Lock.objects.get().kind == "everything"


def test_who_locked_everything_does_not_unlock_it_alone_by_accident(records):
    held = raise_lock(actor=of_user(user("carol")), kind="everything", reason="incident")
    with pytest.raises(CommandError, match="--alone"):
        lock("--lift", str(held.pk), "--reason", "over", "--by", "carol")
    assert Lock.objects.get().lifted_at is None
    assert len(records("admin.denied")) == 1
    assert "Lifted" in lock("--lift", str(held.pk), "--reason", "nobody else", "--by", "carol", "--alone")
    assert [each.rule for each in records("lock.lifted")] == ["alone"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say one of"),
        (("--list", "--lift", "1"), "say one of"),
        (("role", "customer_support", "--list"), "say one of"),
        (("planet", "earth", "--reason", "x"), "invalid choice"),
        (("user", "nobody", "--reason", "x"), "target: no such user"),
        (("user", "--reason", "x"), "target: no such user"),
        (("everything", "alice", "--reason", "x"), "target: must be empty"),
        (("user", "alice"), "reason: say why"),
        (("user", "alice", "--reason", "x" * 501), "reason: at most 500"),
        (("--lift", "77", "--reason", "x"), "there is no lock 77"),
    ],
)
def test_a_bad_order_locks_nothing_and_is_told_why(arguments, said):
    with pytest.raises(CommandError, match=said):
        lock(*arguments)
    assert not Lock.objects.exists()

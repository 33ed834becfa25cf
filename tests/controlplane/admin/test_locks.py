from __future__ import annotations

import pytest

from audit.actors import system
from audit.models import Record
from controlplane.models import Lock, User
from controlplane.operations.locks import raise_lock

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/lock/"
ADD = "/admin/controlplane/lock/add/"


TOOL = {"kind": "tool", "target": "refund_order", "reason": "fraud"}
EVERYTHING = {"kind": "everything", "target": "", "reason": "incident"}


def test_a_lock_is_raised_through_its_operation_once_it_was_confirmed(client, carol, shop):
    asked = client.post(ADD, TOOL)
    assert "None of them ends" in asked.content.decode()
    assert not Lock.objects.exists()
    form = asked.context["form"]
    confirmed = {name: form[name].value() for name in form.fields}
    page = client.post(ADD, confirmed, follow=True)
    assert "Locked: a tool refund_order." in page.content.decode()
    lock = Lock.objects.get()
    assert (lock.created_by, lock.reason) == ("carol", "fraud")
    assert Record.objects.get(verb="lock.raised").fields["target"] == "refund_order"


def test_whom_it_concerns_is_said_before(client, carol, shop, binding):
    binding(), binding("pending"), binding("ended")
    asked = client.post(ADD, {"kind": "role", "target": shop.name, "reason": "incident"}).content.decode()
    assert "Lock a role customer_support?" in asked
    assert "What ends now: 2 sessions, unused tickets among them." in asked


@pytest.mark.parametrize("typed", ["", "everything", "EVERYTHING!"])
def test_nobody_locks_everything_by_a_slip(client, carol, typed):
    page = client.post(ADD, EVERYTHING | {"apply": "1", "typed": typed})
    assert "Type EVERYTHING to lock everything" in str(page.context["form"].errors["typed"])
    assert not Lock.objects.exists()


def test_everything_is_locked_by_who_means_it_and_unlocked_by_somebody_else(client, carol, act):
    client.post(ADD, EVERYTHING | {"apply": "1", "typed": "EVERYTHING"})
    lock = Lock.objects.get()
    page = act(LIST, "lift", [lock.pk], "over")
    assert "somebody else must lift it" in page.content.decode()
    lock.refresh_from_db()
    assert lock.lifted_at is None
    assert Record.objects.get(verb="admin.denied").actor_label == "carol"
    client.force_login(User.objects.create_superuser("erin"))
    act(LIST, "lift", [lock.pk], "over")
    lock.refresh_from_db()
    assert lock.lifted_by == "erin"


@pytest.mark.parametrize(
    ("posted", "field", "said"),
    [
        ({"kind": "tool", "target": "no_such", "reason": "x"}, "target", "no such tool"),
        ({"kind": "everything", "target": "x", "reason": "x"}, "target", "must be empty"),
        ({"kind": "session", "target": "not-a-uuid", "reason": "x"}, "target", "no such session"),
        ({"kind": "planet", "target": "", "reason": "x"}, "kind", "planet"),
        ({"kind": "everything", "target": "", "reason": " "}, "reason", "required"),
    ],
)
def test_a_bad_lock_is_refused_at_its_field(client, carol, posted, field, said):
    page = client.post(ADD, posted)
    assert said in str(page.context["form"].errors[field])
    assert not Lock.objects.exists()


def test_a_lock_is_lifted_with_a_reason(client, carol, shop, act):
    lock = raise_lock(actor=system("test"), kind="role", target=shop.name, reason="incident")
    act(LIST, "lift", [lock.pk], "incident over")
    lock.refresh_from_db()
    assert lock.lifted_by == "carol"
    assert Record.objects.get(verb="lock.lifted").reason == "incident over"
    assert list(client.get(LIST).context["cl"].result_list) == []
    assert "by carol" in client.get(LIST + "?state=lifted").content.decode()


def test_lifting_and_raising_need_their_permissions(client, staff):
    lock = raise_lock(actor=system("test"), kind="everything", reason="incident")
    staff("view_lock")
    assert client.post(ADD, EVERYTHING | {"apply": "1", "typed": "EVERYTHING"}).status_code == 403
    client.post(LIST, {"action": "lift", "_selected_action": [lock.pk], "apply": "1", "reason": "x"})
    lock.refresh_from_db()
    assert lock.lifted_at is None


def test_many_locks_need_no_more_questions(carol, questions):
    few = questions(LIST)
    for n in range(30):
        Lock.objects.create(kind="user", target=f"user{n}", reason="x", created_by="test")
    assert questions(LIST) == few

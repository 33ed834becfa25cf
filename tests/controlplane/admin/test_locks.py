from __future__ import annotations

import pytest

from audit.actors import system
from audit.models import Record
from controlplane.models import Lock
from controlplane.operations.locks import raise_lock

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/lock/"
ADD = "/admin/controlplane/lock/add/"


def test_a_lock_is_raised_through_its_operation(client, carol, shop):
    page = client.post(ADD, {"kind": "tool", "target": "refund_order", "reason": "fraud"}, follow=True)
    assert "Locked: a tool refund_order." in page.content.decode()
    lock = Lock.objects.get()
    assert (lock.created_by, lock.reason) == ("carol", "fraud")
    assert Record.objects.get(verb="lock.raised").fields["target"] == "refund_order"


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
    assert client.post(ADD, {"kind": "everything", "target": "", "reason": "x"}).status_code == 403
    client.post(LIST, {"action": "lift", "_selected_action": [lock.pk], "apply": "1", "reason": "x"})
    lock.refresh_from_db()
    assert lock.lifted_at is None


def test_many_locks_need_no_more_questions(carol, questions):
    few = questions(LIST)
    for n in range(30):
        Lock.objects.create(kind="user", target=f"user{n}", reason="x", created_by="test")
    assert questions(LIST) == few

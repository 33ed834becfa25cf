"""``/api/approvals`` as an application and a signed-in browser see it."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models.functions import Now
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from controlplane.models import Approval, User
from controlplane.operations.keys import revoke_service_key
from guard.core.approval import Approver
from tests.controlplane.asked import DIGEST, asked, running
from tests.controlplane.views.asking import error
from tests.people import TESTER, user

LIST = "/api/approvals"
YES = {"decision": "approve"}


def one(row):
    return f"{LIST}/{row.pk}"


@pytest.fixture
def get(key):
    def send(path=LIST, query=None, *, name="alice", secret=None, **headers):
        said = {"Authorization": f"Bearer {secret or key[1]}", "Sallyport-User": name, **headers}
        return Client(enforce_csrf_checks=True).get(
            path, query or {}, headers={k: v for k, v in said.items() if v is not None}
        )

    return send


def ids(response):
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["data"]]


def test_a_row_says_what_is_asked_and_how_it_stands(get):
    binding = running()
    row = asked(binding)
    answer = get(one(row))
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "object": "approval",
        "id": str(row.pk),
        "state": "pending",
        "approver": "supervisor",
        "session_id": str(binding.pk),
        "username": "alice",
        "role": "customer_support",
        "tool": "refund_order",
        "call_id": "call_1",
        "arguments": '{"order_id":"A17"}',
        "policy_version": 1,
        "requested_at": int(row.requested_at.timestamp()),
        "expires_at": int(row.expires_at.timestamp()),
        "decided_by": None,
        "decided_at": None,
        "reason": None,
    }
    assert DIGEST not in answer.content.decode()


def test_the_requester_sees_his_own_and_whoever_may_decide_sees_all(get):
    mine, other = asked(running("alice")), asked(running("bob"))
    assert ids(get()) == [str(mine.pk)]
    assert set(ids(get(name="carol"))) == {str(mine.pk), str(other.pk)}
    assert ids(get(name="dana")) == []
    user("dana").groups.add(Group.objects.get(name="supervisors"))
    assert set(ids(get(name="dana"))) == {str(mine.pk), str(other.pk)}


def test_a_row_of_somebody_else_does_not_exist(get, post, records):
    row = asked(running("alice"))
    for path in (one(row), f"{LIST}/{uuid.uuid4()}"):
        assert error(get(path, name="bob"), 404)["code"] == "not_found"
        assert error(post(path, YES, user="bob"), 404)["code"] == "not_found"
    assert Approval.objects.get().state == "pending"
    assert [record.rule for record in records("approval.refused")] == ["not_found", "not_found"]
    assert records("approval.refused")[0].subject == f"approval:{row.pk}"


def test_the_list_has_what_waits_first_and_filters(get):
    binding, other = running(), running()
    old, new, elsewhere = asked(binding, 1), asked(binding, 2, seconds=90), asked(other, seconds=30)
    Approval.objects.filter(pk=old.pk).update(
        requested_at=Now() - timedelta(minutes=2), expires_at=Now() - timedelta(minutes=1)
    )
    old, new, elsewhere = str(old.pk), str(new.pk), str(elsewhere.pk)
    assert ids(get()) == [elsewhere, new, old]
    assert ids(get(query={"state": "pending"})) == [elsewhere, new]
    assert ids(get(query={"state": "expired"})) == [old]
    assert ids(get(query={"state": "used"})) == []
    assert ids(get(query={"session_id": str(binding.pk)})) == [new, old]
    assert ids(get(query={"session_id": str(binding.pk), "state": "pending"})) == [new]
    assert get(f"{LIST}/{old}").json()["state"] == "expired"


def test_a_long_list_says_that_there_is_more(get, monkeypatch):
    monkeypatch.setattr("controlplane.views.approvals.MOST_SHOWN", 2)
    binding = running()
    for number in (1, 2):
        asked(binding, number)
    assert get().json()["has_more"] is False
    asked(binding, 3)
    assert (len(get().json()["data"]), get().json()["has_more"]) == (2, True)


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("state=maybe", "invalid_value", "state"),
        ("state=pending&state=used", "invalid_value", "state"),
        ("session_id=7", "invalid_value", "session_id"),
        ("user=bob", "unknown_parameter", "user"),
        ("sp_secret=1", "unknown_parameter", None),
    ],
)
def test_a_filter_that_means_nothing_is_refused(get, query, code, param):
    found = error(get(f"{LIST}?{query}"), 400)
    assert (found["code"], found["param"]) == (code, param)


def test_an_application_decides_in_the_name_of_a_supervisor(post, records):
    row = asked(running())
    answer = post(one(row), {"decision": "approve", "reason": "by telephone"}, user="carol")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["decided_by"], shown["reason"]) == ("approved", "carol", "by telephone")
    (record,) = records("approval.decided")
    assert (record.actor_kind, record.actor_label) == ("service", "shop")
    assert record.fields["decided_by"] == "carol"


def test_a_service_key_does_not_get_round_the_four_eyes(post, records):
    row = asked(running("carol"))
    assert error(post(one(row), YES, user="carol"), 403)["code"] == "own_request"
    assert Approval.objects.get().state == "pending"
    (record,) = records("approval.refused")
    assert (record.actor_label, record.rule) == ("shop", "own_request")


def test_the_user_who_speaks_confirms_and_nobody_else(post):
    row = asked(running(), approver=Approver.USER)
    assert error(post(one(row), YES, user="carol"), 403)["code"] == "not_the_requester"
    assert post(one(row), {"decision": "deny"}).json()["state"] == "denied"


def test_the_requester_cannot_decide_what_a_supervisor_must(post):
    row = asked(running())
    assert error(post(one(row), YES), 403)["code"] == "own_request"


def test_a_second_and_a_late_decision_are_a_conflict(post):
    binding = running()
    first, late = asked(binding, 1), asked(binding, 2)
    post(one(first), YES, user="carol")
    assert error(post(one(first), {"decision": "deny"}, user="carol"), 409)["code"] == "already_decided"
    Approval.objects.filter(pk=late.pk).update(
        requested_at=Now() - timedelta(minutes=2), expires_at=Now() - timedelta(minutes=1)
    )
    assert error(post(one(late), YES, user="carol"), 409)["code"] == "approval_expired"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "decision"),
        ({"decision": None}, "missing_required_parameter", "decision"),
        ({"decision": "yes"}, "invalid_value", "decision"),
        ({"decision": True}, "invalid_value", "decision"),
        ({"decision": ["approve"]}, "invalid_value", "decision"),
        ({**YES, "reason": 7}, "invalid_value", "reason"),
        ({**YES, "reason": None}, "invalid_value", "reason"),
        ({**YES, "reason": "x" * 501}, "invalid_value", "reason"),
        ({**YES, "reason": "a\0b"}, "invalid_value", "reason"),
        ([], "invalid_json", None),
    ],
)
def test_a_body_that_is_not_a_decision_is_refused_naming_the_field(post, records, body, code, param):
    row = asked(running())
    found = error(post(one(row), body, user="carol"), 400)
    assert (found["code"], found["param"]) == (code, param)
    assert Approval.objects.get().state == "pending"
    assert records("approval.refused")[0].rule == code


@pytest.mark.parametrize(
    "name",
    ["state", "user", "user_id", "approver", "decided_by", "expires_at", "digest", "is_superuser", "role"],
)
def test_no_column_can_be_assigned_through_the_body(post, name):
    """T96."""
    row = asked(running())
    found = error(post(one(row), {**YES, name: "carol"}, user="carol"), 400)
    assert (found["code"], found["param"]) == ("unknown_parameter", name)
    assert Approval.objects.get().state == "pending"


def test_a_body_that_two_parsers_could_read_differently_is_refused(post):
    row = asked(running())
    raw = '{"decision":"deny","decision":"approve"}'
    assert error(post(one(row), raw=raw, user="carol"), 400)["code"] == "invalid_json"


def test_who_proves_nothing_sees_and_decides_nothing(get, post, key, records):
    row = asked(running())
    assert error(get(secret="sp_wrong"), 401)["code"] == "invalid_api_key"
    assert error(get(Authorization=None), 401)["code"] == "invalid_api_key"
    assert error(get(name=None), 400)["param"] == "Sallyport-User"
    assert error(get(name="nobody"), 403)["code"] == "user_not_allowed"
    assert error(post(one(row), YES, secret="sp_wrong", user="carol"), 401)["code"] == "invalid_api_key"
    User.objects.filter(username="carol").update(is_active=False)
    assert error(post(one(row), YES, user="carol"), 403)["code"] == "user_not_allowed"
    revoke_service_key(actor=TESTER, key=key[0], reason="leaked")
    assert error(get(), 401)["code"] == "invalid_api_key"
    assert Approval.objects.get().state == "pending"
    assert [r.rule for r in records("approval.refused")] == ["invalid_api_key", "user_not_allowed"]
    assert not records("mint.refused")


def browser(name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user(name))
    token = _get_new_csrf_string()
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    return client, {"X-CSRFToken": token}


def send(client, row, body=YES, **headers):
    return client.post(one(row), json.dumps(body), content_type="application/json", headers=headers)


def test_a_signed_in_browser_decides_with_its_token_and_not_without(demo, records):
    row = asked(running())
    client, token = browser("carol")
    assert error(send(client, row), 403)["code"] == "csrf_failed"
    assert Approval.objects.get().state == "pending"
    assert ids(client.get(LIST)) == [str(row.pk)]
    assert send(client, row, **token).json()["decided_by"] == "carol"
    assert records("approval.decided")[0].actor_label == "carol"


def test_a_signed_in_browser_speaks_for_itself_only(demo):
    row = asked(running())
    client, token = browser("alice")
    said = {**token, "Sallyport-User": "carol"}
    assert error(send(client, row, **said), 403)["code"] == "user_not_allowed"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "head"])
def test_other_methods_are_answered_in_the_official_shape(demo, method):
    row = asked(running())
    for path, allowed in ((LIST, "GET"), (one(row), "GET, POST")):
        answer = getattr(Client(), method)(path)
        assert (answer.status_code, answer["Allow"]) == (405, allowed)


def test_an_id_of_another_form_is_an_unknown_address(get):
    assert error(get(f"{LIST}/7"), 404)["code"] == "unknown_url"


def test_many_rows_need_no_more_questions(get, django_assert_max_num_queries):
    binding = running()
    for number in range(8):
        asked(binding, number)
    with django_assert_max_num_queries(8):
        assert len(ids(get())) == 8

from __future__ import annotations

import copy

import pytest
from django.db import DataError, IntegrityError, OperationalError

from audit.actors import of_user
from controlplane import compile, document
from controlplane.models import (
    Classifier,
    Epoch,
    PolicyVersion,
    RedactionPattern,
    Role,
    Tool,
    ToolGrant,
    User,
)
from controlplane.operations import drafts
from controlplane.operations.policy import publish_policy
from controlplane.operations.rows import retire
from controlplane.operations.selfservice import SelfService
from tests.controlplane.applying import apply, settle
from tests.people import TESTER, edit_role

pytestmark = pytest.mark.django_db
ENDPOINT = "https://tools.example.com/refunds"


@pytest.fixture
def wanted(demo):
    """The policy as it is, to be edited."""
    return copy.deepcopy(document.current())


def _everything(content):
    content["roles"]["analyst"]["audio"] = "deliver"
    content["roles"]["guest"] = {**content["roles"]["analyst"], "grants": {}}
    content["tools"]["look_up"] = {**content["tools"]["refund_order"], "runner": "http", "url": ENDPOINT}
    content["roles"]["guest"]["grants"]["look_up"] = content["roles"]["admin"]["grants"]["refund_order"]
    content["patterns"][0]["roles"] = ["analyst", "guest"]
    del content["patterns"][1]
    del content["roles"]["customer_support"]
    ask = Classifier(name="names", url="https://judge.example.com/").definition()
    content["classifiers"].append({"ask": ask, "direction": "both", "roles": ["guest"]})
    other = {**content["providers"]["sandbox"], "url": "wss://other.example.com/v1", "is_default": False}
    content["providers"]["other"] = other
    content["roles"]["guest"]["provider"] = "other"


def test_rows_of_every_kind_are_created_changed_and_retired(wanted):
    before = copy.deepcopy(wanted)
    _everything(wanted)
    settle(wanted)
    assert Role.objects.get(name="customer_support").retired_at
    settle(before)
    assert Role.objects.get(name="guest").retired_at
    settle(wanted)


def test_each_change_of_a_row_is_on_record_once_before_and_after(wanted, records):
    wanted["roles"]["analyst"]["idle_seconds"] = 77
    wanted["roles"]["guest"] = {**wanted["roles"]["analyst"], "grants": {}}
    del wanted["tools"]["reset_password"]
    del wanted["roles"]["admin"]["grants"]["reset_password"]
    first = records()[-1].id
    apply(wanted, reason="spring cleaning", source_ip="203.0.113.7")
    found = {record.verb: record for record in records(id__gt=first, reason="spring cleaning")}
    assert sorted(found) == ["object.changed", "object.created", "object.retired", "policy.published"]
    assert found["object.changed"].fields["changes"] == {"idle_seconds": {"before": 300, "after": 77}}
    assert found["object.created"].fields["changes"]["name"] == {"before": None, "after": "guest"}
    assert found["object.created"].fields["changes"]["idle_seconds"] == {"before": None, "after": 77}
    assert found["object.retired"].subject.startswith("tool:")
    assert {record.source_ip for verb, record in found.items() if verb.startswith("object")} == {
        "203.0.113.7"
    }


def test_sessions_are_told_once(wanted, rung):
    before = Epoch.objects.get().value
    wanted["roles"]["analyst"]["idle_seconds"] = 77
    wanted["roles"]["admin"]["idle_seconds"] = 77
    apply(wanted)
    assert Epoch.objects.get().value == before + 1


def test_what_no_document_says_stays(wanted):
    description = Role.objects.get(name="analyst").description
    wanted["roles"]["analyst"]["idle_seconds"] = 77
    apply(wanted)
    assert description
    assert Role.objects.get(name="analyst").description == description


def test_a_retired_row_of_the_same_name_is_put_back(wanted):
    role = Role.objects.get(name="analyst")
    grants = set(ToolGrant.objects.filter(role=role).values_list("pk", flat=True))
    for row in (role, Tool.objects.get(name="refund_order"), RedactionPattern.objects.get(name="ssn")):
        retire(actor=TESTER, row=row, reason="test")
    settle(wanted)
    assert Role.objects.get(name="analyst").pk == role.pk
    assert set(ToolGrant.objects.filter(role=role).values_list("pk", flat=True)) == grants


def test_a_revoked_grant_is_put_back_and_not_made_twice(wanted):
    grant = ToolGrant.objects.get(role__name="analyst", tool__name="list_recent_orders")
    retire(actor=TESTER, row=grant, reason="test")
    settle(wanted)
    assert ToolGrant.objects.get(role__name="analyst", tool__name="list_recent_orders") == grant


def test_the_default_provider_can_change_in_one_step(wanted):
    sandbox = wanted["providers"]["sandbox"]
    wanted["providers"]["another"] = {**sandbox, "url": "wss://a.example.com/v1"}
    sandbox["is_default"] = False
    settle(wanted)
    wanted["providers"]["another"]["is_default"] = False
    sandbox["is_default"] = True
    settle(wanted)


def test_a_dry_run_does_everything_but_the_change(wanted, records, rung):
    before, said = document.current(), len(records())
    _everything(wanted)
    done = apply(wanted, dry_run=True)
    assert (done.is_new, done.number) == (True, 2)
    assert done.digest == document.digest(wanted)
    assert done.differences
    assert (document.current(), len(records()), PolicyVersion.objects.count(), rung) == (before, said, 1, [])


def test_a_document_of_an_older_version_is_completed(wanted):
    del wanted["classifiers"][:]
    short = copy.deepcopy(wanted)
    del short["roles"]["analyst"]["spread_values"]
    del short["tools"]["refund_order"]["runner"]
    del short["patterns"][0]["mode"]
    assert not apply(short).is_new


def test_the_order_of_lists_that_have_none_is_no_difference(wanted):
    wanted["patterns"].reverse()
    wanted["roles"]["customer_support"]["grants"]["get_account_status"]["hidden_fields"].reverse()
    assert not apply(wanted).is_new


# -- roll back


def test_a_roll_back_is_a_new_version_that_says_so(wanted):
    edit_role("analyst", idle_seconds=77)
    done = drafts.rollback(actor=TESTER, number=1, reason="too short")
    assert done.number == 3
    assert document.current() == wanted
    assert PolicyVersion.objects.latest().reason == "rollback to version 1: too short"


def test_a_roll_back_to_an_unknown_version_is_refused(demo):
    with pytest.raises(drafts.NoSuchVersion, match="there is no policy version 7"):
        drafts.rollback(actor=TESTER, number=7)


def test_a_roll_back_repairs_rows_that_do_not_compile(wanted):
    edit_role("analyst", engine_url="")
    ToolGrant.objects.filter(role__name="analyst").update(condition="args.")
    edit_role("analyst", idle_seconds=77)
    assert Epoch.objects.get().fault
    drafts.rollback(actor=TESTER, number=1)
    assert Epoch.objects.get().fault == ""
    assert document.current() == wanted
    assert compile.in_force().document == wanted


# -- four eyes


def test_a_person_cannot_change_his_own_role_by_a_document(wanted, records):
    carol = User.objects.get(username="carol")
    wanted["roles"]["admin"]["grants"]["refund_order"]["approver"] = "none"
    wanted["roles"]["admin"]["idle_seconds"] = 400
    before = document.current()
    with pytest.raises(SelfService, match="You hold the role admin"):
        apply(wanted, actor=of_user(carol), reason="for me")
    assert document.current() == before
    (denied,) = records("admin.denied")
    assert (denied.actor_label, denied.outcome, denied.fields["attempted"]) == ("carol", "deny", "for me")


def test_a_person_may_change_what_he_does_not_hold(wanted):
    wanted["roles"]["analyst"]["idle_seconds"] = 400
    assert apply(wanted, actor=of_user(User.objects.get(username="carol"))).is_new


def test_the_operator_is_bound_by_nothing(wanted):
    wanted["roles"]["admin"]["idle_seconds"] = 400
    assert apply(wanted, actor=TESTER).is_new


# -- somebody else at the same moment


def test_an_edit_that_came_in_between_is_not_published_as_this_one(wanted, monkeypatch, records):
    def publish(**named):
        Role.objects.filter(name="analyst").update(idle_seconds=99)
        return publish_policy(**named)

    before, said = document.current(), len(records())
    wanted["roles"]["admin"]["idle_seconds"] = 77
    monkeypatch.setattr(drafts, "publish_policy", publish)
    with pytest.raises(drafts.Overtaken, match="try again"):
        apply(wanted)
    assert (document.current(), PolicyVersion.objects.count(), len(records())) == (before, 1, said)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(OperationalError, drafts.Overtaken), (IntegrityError, drafts.Rejected), (DataError, drafts.Rejected)],
)
def test_what_only_the_database_refuses_is_no_crash(wanted, monkeypatch, error, kind):
    def publish(**named):
        raise error("no")

    wanted["roles"]["admin"]["idle_seconds"] = 77
    before = document.current()
    monkeypatch.setattr(drafts, "publish_policy", publish)
    with pytest.raises(kind):
        apply(wanted)
    assert document.current() == before

from __future__ import annotations

import copy

import pytest

from audit.actors import of_user
from controlplane import compile, document
from controlplane.draft import Malformed
from controlplane.models import (
    Classifier,
    Epoch,
    PolicyVersion,
    Provider,
    RedactionPattern,
    Role,
    Tool,
    ToolGrant,
    User,
)
from controlplane.operations import drafts
from controlplane.operations.rows import retire
from controlplane.operations.selfservice import SelfService
from tests.people import TESTER, edit_role

pytestmark = pytest.mark.django_db
ENDPOINT = "https://tools.example.com/refunds"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def wanted(demo):
    """The policy as it is, to be edited."""
    return copy.deepcopy(document.current())


def apply(content, actor=TESTER, **more):
    return drafts.apply(actor=actor, content=content, **more)


def refusal(content, kind=drafts.Rejected):
    """The problems; and nothing was done."""
    before, versions = document.current(), PolicyVersion.objects.count()
    with pytest.raises(kind) as refused:
        apply(content)
    assert (document.current(), PolicyVersion.objects.count()) == (before, versions)
    return list(refused.value.problems)


def settle(content):
    """Applied it is there, as one version; applied again nothing happens."""
    versions = PolicyVersion.objects.count()
    done = apply(content)
    assert document.current() == content
    assert done.digest == PolicyVersion.objects.latest().digest == document.digest(content)
    assert PolicyVersion.objects.count() == done.number == versions + 1
    again = apply(content)
    assert (again.is_new, again.number, again.differences, again.notes) == (False, done.number, (), ())
    assert PolicyVersion.objects.count() == versions + 1
    return done


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


# -- keys


@pytest.fixture
def keyed(demo):
    """A tool, a provider and a classifier with keys."""
    Tool.objects.filter(name="refund_order").update(runner="http", url=ENDPOINT)
    rows = [Tool.objects.get(name="refund_order"), Provider.objects.get(name="sandbox")]
    rows.append(Classifier(name="names", url="https://judge.example.com/"))
    for row in rows:
        row.set_api_key(SECRET)
        row.save()
    edit_role("analyst", idle_seconds=78)
    return copy.deepcopy(document.current())


def test_keys_stay_where_nothing_moves(keyed):
    keyed["tools"]["refund_order"]["description"] = "Pays back."
    keyed["providers"]["sandbox"]["model_names"] = ["gpt-realtime"]
    keyed["classifiers"][0]["ask"]["deadline_ms"] = 900
    assert settle(keyed).notes == ()
    for row in (Tool.objects.get(name="refund_order"), Provider.objects.get(), Classifier.objects.get()):
        assert row.api_key() == SECRET


def test_a_key_is_not_sent_to_another_address(keyed, records):
    keyed["tools"]["refund_order"]["url"] = "https://elsewhere.example.com/refunds"
    keyed["providers"]["sandbox"]["url"] = "wss://elsewhere.example.com/v1/realtime"
    keyed["classifiers"][0]["ask"]["url"] = "https://elsewhere.example.com/judge"
    notes = settle(keyed).notes
    assert [note.partition(":")[0] for note in notes] == [
        "providers.sandbox",
        "tools.refund_order",
        "classifiers.names",
    ]
    for row in (Tool.objects.get(name="refund_order"), Provider.objects.get(), Classifier.objects.get()):
        assert (row.api_key(), row.api_key_last4) == ("", "")
    changes = records("object.changed")[-1].fields["changes"]
    assert changes["api_key"]["after"] == ""
    assert SECRET not in str([record.fields for record in records()])


def test_a_signing_secret_is_not_shown_to_a_provider(keyed):
    """The same address, but an MCP server is authorised by what used to be a secret."""
    tool = keyed["tools"]["refund_order"]
    tool |= {"runner": "mcp", "mcp_label": "shop", "mcp_tool": "refund"}
    assert settle(keyed).notes
    assert not Tool.objects.get(name="refund_order").api_key_ciphertext


def test_a_key_does_not_come_back_with_a_row_that_is_put_back_elsewhere(keyed):
    retire(actor=TESTER, row=Classifier.objects.get(), reason="test")
    keyed["classifiers"][0]["ask"]["url"] = "https://elsewhere.example.com/judge"
    assert settle(keyed).notes
    assert not Classifier.objects.get().api_key_ciphertext


def test_a_roll_back_takes_no_key_along(keyed):
    there = copy.deepcopy(keyed)
    there["tools"]["refund_order"]["url"] = "https://elsewhere.example.com/refunds"
    apply(there)
    tool = Tool.objects.get(name="refund_order")
    tool.set_api_key(SECRET)
    tool.save()
    assert drafts.rollback(actor=TESTER, number=2).notes
    assert document.current() == keyed
    assert not Tool.objects.get(name="refund_order").api_key_ciphertext


# -- refusals


def _set(*path):
    *steps, last, value = path

    def edit(content):
        for step in steps:
            content = content[step]
        content[last] = value

    return edit


GRANT = ("roles", "admin", "grants", "refund_order")
MALFORMED = [
    (_set("rules", {}), "rules: is not known here"),
    (_set("roles", []), "roles: must be a mapping of names"),
    (_set("patterns", {}), "patterns: must be a list"),
    (_set("roles", "admin", "Audio", "hold"), "roles.admin.Audio: is not known here"),
    (_set("roles", "admin", "description", "x"), "roles.admin.description: is not known here"),
    (_set("roles", "admin", "audio", True), "roles.admin.audio: must be text"),
    (_set("roles", "admin", "idle_seconds", "300"), "roles.admin.idle_seconds: must be a whole number"),
    (_set("roles", "admin", "idle_seconds", True), "roles.admin.idle_seconds: must be a whole number"),
    (_set("roles", "admin", "idle_seconds", None), "roles.admin.idle_seconds: must not be null"),
    (_set("roles", "admin", "binds_address", "no"), "roles.admin.binds_address: must be true or false"),
    (_set("roles", "admin", "model_names", {}), "roles.admin.model_names: must be a list"),
    (
        _set("roles", "admin", "provider", "none"),
        "roles.admin.provider: there is no provider none in this document",
    ),
    (_set(*GRANT, "note", "x"), "roles.admin.grants.refund_order.note: is not known here"),
    (_set(*GRANT, "rules", []), "roles.admin.grants.refund_order.rules: must be a mapping"),
    (
        _set("roles", "admin", "grants", "fly", {}),
        "roles.admin.grants.fly: there is no tool fly in this document",
    ),
    (_set("tools", "refund_order", "api_key", "x"), "tools.refund_order.api_key: is not known here"),
    (_set("tools", "fly", {}), "tools.fly.parameters: is missing"),
    (_set("providers", "sandbox", "is_sandbox", True), "providers.sandbox.is_sandbox: is not known here"),
    (_set("patterns", 0, "rule", {}), "patterns[0]: needs a rule with a name"),
    (
        _set("patterns", 0, "roles", ["nobody"]),
        "patterns.api_key.roles: there is no role nobody in this document",
    ),
    (
        _set("patterns", 0, "roles", "admin"),
        "patterns.api_key.roles: must be a list of roles, or null for every role",
    ),
    (_set("patterns", 0, "rule", "flags", 1), "patterns.api_key.rule.flags: is not known here"),
    (_set("patterns", 1, "rule", "name", "api_key"), "patterns.api_key: is there twice"),
    (
        _set("roles", "admin", "instructions", "a\0b"),
        "roles.admin.instructions: holds a character that cannot be stored",
    ),
    (
        _set("roles", "admin", "idle_seconds", float("nan")),
        "roles.admin.idle_seconds: is no number that JSON knows",
    ),
]


@pytest.mark.parametrize(("edit", "said"), MALFORMED, ids=[said for _, said in MALFORMED])
def test_what_does_not_fit_is_refused_with_its_path(wanted, edit, said):
    edit(wanted)
    assert said in refusal(wanted, Malformed)


def test_a_section_that_is_missing_retires_nothing(wanted):
    del wanted["tools"]
    assert refusal(wanted, Malformed)[0] == "tools: is missing; write tools: {} if there are to be none"


REJECTED = [
    (
        _set(*GRANT, "rules", {"amount": {"at_most": "many"}}),
        "roles.admin.grants.refund_order.rules: amount: at_most needs a number",
    ),
    (
        _set(*GRANT, "rules", {"order_id": {"at_most": 5}}),
        "roles.admin.grants.refund_order.rules: order_id: at_most needs a number, the schema says string",
    ),
    (_set("roles", "admin", "audio", "loud"), "roles.admin.audio: Value 'loud' is not a valid choice."),
    (
        _set("roles", "admin", "idle_seconds", 0),
        "roles.admin.idle_seconds: Ensure this value is greater than or equal to 1.",
    ),
    (
        _set("patterns", 0, "roles", []),
        "patterns.api_key.roles: an empty list is for nobody; write null for every role",
    ),
    (
        _set("providers", "sandbox", "url", "http://x"),
        "providers.sandbox.url: must be a ws:// or wss:// address without query",
    ),
]


@pytest.mark.parametrize(("edit", "said"), REJECTED, ids=[said for _, said in REJECTED])
def test_what_a_row_refuses_is_said_with_path_and_rule(wanted, edit, said):
    edit(wanted)
    assert said in refusal(wanted)


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (_set(*GRANT, "condition", "args.amount <"), "roles.admin.grants.refund_order.condition: "),
        (_set("tools", "refund_order", "parameters", {"type": "string"}), "tools.refund_order.parameters: "),
        (_set("patterns", 0, "rule", "pattern", "(a*)*"), "patterns.api_key"),
        (_set("tools", "refund_order", "runner", "http"), "tools.refund_order"),
        (_set("roles", "a b", {}), "roles.a b: "),
    ],
)
def test_every_check_of_the_admin_pages_is_made(wanted, edit, path):
    edit(wanted)
    assert any(problem.startswith(path) for problem in refusal(wanted)), refusal(wanted)


def test_a_rule_is_held_against_the_schema_that_the_same_document_brings(wanted):
    """The grant stays as it is; the tool under it changes."""
    wanted["roles"]["admin"]["grants"]["refund_order"]["rules"] = {"amount": {"at_most": 50}}
    apply(wanted)
    del wanted["tools"]["refund_order"]["parameters"]["properties"]["amount"]
    assert any("amount" in problem for problem in refusal(wanted))
    wanted["roles"]["admin"]["grants"]["refund_order"]["rules"] = {}
    settle(wanted)


def test_all_problems_of_a_step_are_said_at_once(wanted):
    wanted["roles"]["admin"]["audio"] = "loud"
    wanted["roles"]["analyst"]["idle_seconds"] = 0
    assert len(refusal(wanted)) == 2


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

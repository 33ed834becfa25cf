from __future__ import annotations

import pytest
from django.utils import timezone

from controlplane import compile, document
from controlplane.models import Classifier as ClassifierRow
from controlplane.models import PolicyVersion, Provider, RedactionPattern, Role, ToolGrant, User
from controlplane.operations.locks import raise_lock
from controlplane.operations.policy import publish_policy
from guard.core.classifier import Classifier, OnFailure, OnFinding, Shape, Timing
from guard.core.decide import decide
from guard.core.decision import Decision
from guard.core.policy import AudioPolicy, CallState, SpreadAnswer, ToolCall
from guard.core.redact import Direction
from tests.controlplane.older import without_classifiers
from tests.people import TESTER, edit_role, user

CARD = "my card is 4111 1111 1111 1111"


def policy(name="alice", role="customer_support"):
    return compile.policy_for(user(name), role)


def decision(tool, arguments="{}", **who):
    return decide(ToolCall("c", tool, arguments), policy(**who), CallState()).decision


def test_without_a_published_policy_nothing_is_in_force(db):
    with pytest.raises(compile.NotInForce, match="no policy has been published"):
        compile.in_force()


def test_a_policy_names_its_version_its_principal_and_its_limits(demo):
    edit_role(
        "customer_support", max_session_seconds=77, idle_seconds=33, max_output_tokens=99, audio="text_only"
    )
    found = policy()
    version = PolicyVersion.objects.latest()
    assert (found.version, found.digest) == (version.number, version.digest)
    assert (found.principal.name, found.principal.role) == ("alice", "customer_support")
    assert found.principal.id == str(user("alice").public_id)
    assert found.principal.attributes == {"account_id": "acct_42"}
    assert (found.limits.max_seconds, found.limits.idle_seconds) == (77, 33)
    assert found.max_output_tokens == 99
    assert found.audio is AudioPolicy.TEXT_ONLY


def test_the_seed_article_example_is_decided_as_the_article_says(demo):
    assert decision("list_recent_orders", '{"account_id": "acct_42", "limit": 3}') is Decision.ALLOW
    assert decision("refund_order", '{"order_id": "7"}') is Decision.DENY
    assert decision("refund_order", '{"order_id": "7"}', name="carol", role="admin") is Decision.ALLOW
    assert (
        decision("delete_account", '{"account_id": "acct_42"}', name="bob", role="analyst") is Decision.DENY
    )


def test_hidden_fields_come_with_the_grant(demo):
    assert policy().grants["get_account_status"].hidden_fields == {
        "internal_cost",
        "margin",
        "partner_discount",
    }
    assert policy("bob", "analyst").grants["get_account_status"].hidden_fields == frozenset()


def test_constraints_come_before_the_task(demo):
    edit_role("analyst", constraints="FIRST", instructions="THEN")
    assert policy("bob", "analyst").instructions == "FIRST\n\nTHEN"
    edit_role("analyst", constraints="", instructions="ALONE")
    assert policy("bob", "analyst").instructions == "ALONE"


def test_patterns_apply_in_their_direction(demo):
    found = policy()
    assert "4111" not in found.to_client.whole(CARD).text
    assert "4111" not in found.to_model.whole(CARD).text
    assert "bob@example.com" not in found.to_client.whole("ask bob@example.com please").text
    assert "bob@example.com" in found.to_model.whole("ask bob@example.com please").text


def test_a_pattern_for_some_roles_leaves_the_others_alone(demo):
    RedactionPattern.objects.get(name="ssn").roles.set(Role.objects.filter(name="analyst"))
    publish_policy(actor=TESTER)
    assert "123-45-6789" in policy().to_client.whole("it is 123-45-6789").text
    assert "123-45-6789" not in policy("bob", "analyst").to_client.whole("it is 123-45-6789").text


def test_rows_that_are_not_published_decide_nothing(demo):
    ToolGrant.objects.filter(role__name="customer_support").delete()
    assert decision("list_recent_orders") is Decision.ALLOW
    publish_policy(actor=TESTER)
    assert decision("list_recent_orders") is Decision.DENY


def test_a_locked_tool_is_locked_without_a_new_version(demo):
    before = compile.in_force().number
    raise_lock(actor=TESTER, kind="tool", target="list_recent_orders", reason="misuse")
    assert policy().locked_tools == {"list_recent_orders"}
    assert decision("list_recent_orders") is Decision.DENY
    assert compile.in_force().number == before


def test_models_come_from_the_role_else_from_its_provider(demo):
    assert policy().models == tuple(Provider.objects.get(is_default=True).model_names)
    edit_role("customer_support", model_names=["gpt-realtime-mini"])
    assert policy().models == ("gpt-realtime-mini",)


def test_a_role_goes_to_its_own_provider_else_to_the_default(demo):
    other = Provider.objects.create(name="other", url="wss://other.example/v1", model_names=["m"])
    snapshot = compile.in_force()
    assert snapshot.provider_of(snapshot.role("analyst")) == "sandbox"
    edit_role("analyst", provider=other)
    snapshot = compile.in_force()
    assert snapshot.provider_of(snapshot.role("analyst")) == "other"
    assert policy("bob", "analyst").models == ("m",)


def test_a_role_without_any_provider_is_not_in_force(demo):
    Provider.objects.update(is_default=False)
    publish_policy(actor=TESTER)
    with pytest.raises(compile.NotInForce, match="no provider"):
        policy()


def test_an_unknown_role_is_not_in_force(demo):
    with pytest.raises(compile.NotInForce, match="no role"):
        policy(role="customer")


def test_sessions_of_one_role_share_one_redactor(demo):
    User.objects.create(username="eve")
    snapshot = compile.in_force()
    one = compile.redactor(snapshot, "customer_support", Direction.TO_CLIENT)
    assert policy().to_client is one
    assert policy("eve").to_client is one


def test_attributes_are_read_now_and_not_from_the_version(demo):
    User.objects.filter(username="alice").update(attributes={"account_id": "acct_43"})
    assert policy().principal.attributes == {"account_id": "acct_43"}


def test_speech_turns_and_spread_values_come_from_the_role(demo):
    edit_role(
        "customer_support",
        audio="bounded",
        speech_rate=40,
        withheld_notice="I cannot say that aloud.",
        spread_values="end",
        transcription_model="gpt-transcribe",
        gated_turns=True,
    )
    found = policy()
    assert (found.audio, found.speech_rate) == (AudioPolicy.BOUNDED, 40)
    assert found.withheld_notice == "I cannot say that aloud."
    assert found.spread_values is SpreadAnswer.END
    assert found.gated_turns


def test_arguments_stream_only_where_the_grant_says_so(demo):
    ToolGrant.objects.filter(role__name="analyst").update(streams_arguments=True)
    publish_policy(actor=TESTER)
    assert {grant.streams_arguments for grant in policy("bob", "analyst").grants.values()} == {True}
    assert {grant.streams_arguments for grant in policy().grants.values()} == {False}


def classifier(name, *, roles=(), **values):
    row = ClassifierRow.objects.create(name=name, url=f"https://{name}.example.com/judge", **values)
    row.roles.set(Role.objects.filter(name__in=roles))
    return row


def asked(found):
    """Names of the classifiers: on the way to the client, on the way to the model."""
    return [c.name for c in found.client_classifiers], [c.name for c in found.model_classifiers]


def test_classifiers_apply_in_their_direction(demo):
    classifier("tone", direction="to_client")
    classifier("injection", direction="to_model")
    classifier("pii", direction="both")
    publish_policy(actor=TESTER)
    assert asked(policy()) == (["pii", "tone"], ["injection", "pii"])


def test_a_classifier_for_some_roles_leaves_the_others_alone(demo):
    classifier("pii", direction="both", roles=["analyst"])
    publish_policy(actor=TESTER)
    assert asked(policy()) == ([], [])
    assert asked(policy("bob", "analyst")) == (["pii"], ["pii"])


def test_a_classifier_whose_roles_are_all_retired_is_asked_by_nobody(demo):
    classifier("pii", roles=["admin"])
    Role.objects.filter(name="admin").update(retired_at=timezone.now())
    publish_policy(actor=TESTER)
    assert asked(policy()) == ([], [])


def test_a_classifier_is_compiled_with_all_that_its_row_says(demo):
    classifier(
        "pii",
        shape="moderation",
        model_name="omni",
        labels=["PERSON"],
        threshold=0.7,
        timing="flowing",
        on_finding="hide",
        on_failure="pass",
        deadline_ms=250,
    )
    publish_policy(actor=TESTER)
    assert policy().client_classifiers == (
        Classifier(
            name="pii",
            url="https://pii.example.com/judge",
            shape=Shape.MODERATION,
            model="omni",
            labels=frozenset({"PERSON"}),
            threshold=0.7,
            timing=Timing.FLOWING,
            on_finding=OnFinding.HIDE,
            on_failure=OnFailure.PASS,
            deadline=0.25,
        ),
    )


def test_a_row_without_choices_and_a_classifier_without_choices_are_the_same(demo):
    """Else the guard's defaults and the admin's would differ."""
    classifier("pii")
    publish_policy(actor=TESTER)
    assert policy().client_classifiers == (Classifier("pii", "https://pii.example.com/judge"),)


def test_a_version_that_was_published_before_an_upgrade_still_compiles(demo):
    older = without_classifiers(document.current())
    number = PolicyVersion.objects.latest().number + 1
    digest = document.digest(older)
    PolicyVersion.objects.create(number=number, document=older, digest=digest, created_by="before")
    found = policy()
    assert (found.version, found.digest) == (number, digest)
    assert (found.speech_rate, found.spread_values, found.gated_turns) == (25, SpreadAnswer.CUT, False)
    assert asked(found) == ([], [])
    assert not found.grants["list_recent_orders"].streams_arguments

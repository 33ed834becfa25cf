from __future__ import annotations

import json

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from controlplane import document
from controlplane.models import Classifier, Provider, RedactionPattern, Role, Tool, ToolGrant
from tests.controlplane.older import without_classifiers

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_the_order_of_keys_does_not_change_the_digest(content):
    backwards = dict(reversed(content.items()))
    assert document.digest(content) == document.digest(backwards)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_the_canonical_text_reads_back_as_the_same_document(content):
    assert json.loads(document.canonical(content)) == content


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_no_json_are_refused(number):
    with pytest.raises(ValueError):
        document.canonical({"n": number})


def test_the_document_holds_everything_that_decides(demo):
    content = document.current()
    support = content["roles"]["customer_support"]
    assert sorted(support["grants"]) == ["create_support_ticket", "get_account_status", "list_recent_orders"]
    status = support["grants"]["get_account_status"]
    assert status.keys() == set(document.GRANT_FIELDS)
    assert status["hidden_fields"] == ["internal_cost", "margin", "partner_discount"]
    assert status["rules"] == {"account_id": {"owned": "account_id"}}
    assert sorted(content["tools"]) == sorted(Tool.objects.values_list("name", flat=True))
    assert {each["rule"]["name"] for each in content["patterns"]} >= {
        "api_key",
        "credit_card",
        "ssn",
        "email",
    }
    assert content["providers"]["sandbox"]["is_default"] is True


def test_every_field_of_a_role_that_a_session_feels_is_in_the_document(demo):
    known = {field.name for field in Role._meta.concrete_fields}
    decides_nothing = {"id", "name", "description", "retired_at", "provider"}
    decides_nothing |= {"engine_key_ciphertext", "engine_key_last4"}
    assert set(document.ROLE_FIELDS) == known - decides_nothing


def test_every_field_of_a_classifier_that_a_session_feels_is_in_the_document(db):
    row = Classifier(name="pii", url="https://pii.example.com/judge")
    row.save()
    known = {field.name for field in Classifier._meta.concrete_fields}
    decides_nothing = {"id", "retired_at", "api_key_ciphertext", "api_key_last4", "direction"}
    (found,) = document.current()["classifiers"]
    assert found["ask"].keys() == known - decides_nothing
    assert found["direction"] == "to_client"


def test_the_document_holds_no_key(demo):
    provider = Provider.objects.get(is_default=True)
    classifier = Classifier(name="pii", url="https://pii.example.com/judge")
    for row in (provider, classifier):
        row.set_api_key("sk-some-secret-0123456789")
        row.save()
    assert "pii.example.com" in document.canonical(document.current())
    assert "6789" not in document.canonical(document.current())


def test_what_is_retired_is_not_in_force(demo):
    now = timezone.now()
    Tool.objects.filter(name="create_support_ticket").update(retired_at=now)
    ToolGrant.objects.filter(role__name="analyst").update(retired_at=now)
    RedactionPattern.objects.filter(name="email").update(retired_at=now)
    Role.objects.filter(name="admin").update(retired_at=now)
    Classifier.objects.create(name="pii", url="https://pii.example.com/judge", retired_at=now)
    content = document.current()
    assert "create_support_ticket" not in content["tools"]
    assert "create_support_ticket" not in content["roles"]["customer_support"]["grants"]
    assert content["roles"]["analyst"]["grants"] == {}
    assert "email" not in [each["rule"]["name"] for each in content["patterns"]]
    assert "admin" not in content["roles"]
    assert content["classifiers"] == []


def test_a_row_whose_roles_are_all_retired_is_for_nobody(demo):
    ssn = RedactionPattern.objects.get(name="ssn")
    pii = Classifier.objects.create(name="pii", url="https://pii.example.com/judge")
    for row in (ssn, pii):
        row.roles.set(Role.objects.filter(name="analyst"))
    Role.objects.filter(name="analyst").update(retired_at=timezone.now())
    (found,) = [each for each in document.current()["patterns"] if each["rule"]["name"] == "ssn"]
    assert found["roles"] == []
    (asked,) = document.current()["classifiers"]
    assert asked["roles"] == []


# -- versions from before an upgrade


def test_an_older_document_is_completed_with_what_a_new_row_would_have(demo):
    now = document.current()
    assert document.completed(without_classifiers(document.current())) == now


def test_what_a_document_says_is_not_overruled_by_a_default(demo):
    Role.objects.filter(name="analyst").update(speech_rate=40, spread_values="end")
    ToolGrant.objects.filter(role__name="analyst").update(streams_arguments=True)
    Classifier.objects.create(name="pii", url="https://pii.example.com/judge")
    now = document.current()
    assert document.completed(now) == now
    assert now["roles"]["analyst"]["speech_rate"] == 40
    assert len(now["classifiers"]) == 1


def test_completing_a_document_leaves_the_version_itself_alone(demo):
    older = without_classifiers(document.current())
    digest = document.digest(older)
    document.completed(older)
    assert document.digest(older) == digest

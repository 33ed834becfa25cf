from __future__ import annotations

import math

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from controlplane.models import Role, Tool, ToolGrant, User
from controlplane.models.retiring import validate_names, validate_object

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.mark.parametrize("name", ["", "has space", "umläut", "x" * 65, "a.b", "a\n"])
def test_names_that_providers_refuse_are_refused_at_the_field(db, name):
    with pytest.raises(ValidationError) as refused:
        Tool(name=name, parameters=SCHEMA).full_clean()
    assert list(refused.value.message_dict) == ["name"]


@pytest.mark.parametrize(
    "schema",
    [
        [],
        {},
        {"type": "array"},
        {"type": "object", "properties": {"n": {"type": "whole"}}},
        {"type": "object", "properties": {"n": {"$ref": "https://evil.example/schema.json"}}},
        {"type": "object", "required": "n"},
    ],
)
def test_schemas_that_cannot_judge_arguments_are_refused_at_the_field(db, schema):
    with pytest.raises(ValidationError) as refused:
        Tool(name="t", parameters=schema).full_clean()
    assert list(refused.value.message_dict) == ["parameters"]


def test_a_tool_with_a_schema_is_accepted(db):
    Tool(name="get-Account_2", parameters=SCHEMA).full_clean()


def test_the_database_refuses_bad_names_too(db):
    with pytest.raises(IntegrityError, match="tool_name_has_letters"):
        Tool.objects.create(name="has space", parameters=SCHEMA)


def test_a_tool_is_granted_once_per_role_and_can_be_granted_again_after_retirement(demo):
    grant = ToolGrant.objects.filter(retired_at=None).first()
    ToolGrant.objects.filter(pk=grant.pk).update(retired_at=timezone.now())
    ToolGrant.objects.create(role=grant.role, tool=grant.tool)
    with pytest.raises(IntegrityError, match="tool_is_granted_once_per_role"):
        ToolGrant.objects.create(role=grant.role, tool=grant.tool)


@pytest.mark.parametrize("names", ["margin", {"margin": 1}, [1], ["a", "a"], [" "]])
def test_lists_of_names_are_lists_of_different_names(names):
    with pytest.raises(ValidationError):
        validate_names(names)


def test_attributes_are_an_object():
    validate_object({"account_id": "acct_42"})
    with pytest.raises(ValidationError):
        validate_object(["acct_42"])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (2**53, "write it as a text"),
        ([{"a": -(2**60)}], "write it as a text"),
        (-0.0, "write 0"),
        (math.nan, "non finite"),
        ({"a" * 257: 1}, "long key"),
    ],
)
def test_values_that_not_everybody_reads_alike_are_no_attributes_and_no_rules(value, sentence):
    for field in (User._meta.get_field("attributes"), ToolGrant._meta.get_field("rules")):
        with pytest.raises(ValidationError, match=sentence):
            field.run_validators({"account": {"fixed": value}})
    validate_object({"account": str(value), "most": 2**53 - 1})


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("role_session_lasts", {"max_session_seconds": 3601}),
        ("role_session_lasts", {"max_session_seconds": 0}),
        ("role_idle_limit", {"idle_seconds": 0}),
        ("role_ticket_lives", {"ticket_seconds": 9}),
        ("role_audio_policy", {"audio": "loud"}),
    ],
)
def test_limits_out_of_range_are_refused_by_the_database(db, constraint, values):
    with pytest.raises(IntegrityError, match=constraint):
        Role.objects.create(name="r", **values)

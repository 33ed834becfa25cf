from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory

from controlplane.models import Role, ToolGrant


def test_an_emptied_box_means_the_default_and_not_null(demo):
    grant = ToolGrant.objects.select_related("role", "tool").filter(role__name="customer_support").first()
    form = modelform_factory(ToolGrant, fields=["hidden_fields"])({"hidden_fields": ""}, instance=grant)
    assert form.is_valid(), form.errors
    form.save()
    grant.refresh_from_db()
    assert grant.hidden_fields == []


@pytest.mark.parametrize("empty", [[], ""])
def test_one_emptiness_is_not_taken_for_another(demo, empty):
    grant = ToolGrant.objects.first()
    grant.rules = empty
    with pytest.raises(ValidationError) as refused:
        grant.full_clean()
    assert list(refused.value.message_dict) == ["rules"]


def test_null_typed_into_a_box_means_the_default_too(demo):
    role = Role.objects.get(name="analyst")
    role.model_names = None
    role.save()
    role.refresh_from_db()
    assert role.model_names == []


UNSTORABLE = [
    "[" * 20_000,
    '{"a": ' * 20_000,
    '["\\ud800"]',
    '{"\\ud800": 1}',
    '["\\u0000"]',
    '{"a": {"\\u0000": 1}}',
    "[NaN]",
    "[-Infinity]",
    "[1e999]",
    f"[{'9' * 5_000}]",
]


@pytest.mark.parametrize("typed", UNSTORABLE, ids=lambda typed: typed[:12])
def test_json_that_the_database_cannot_hold_is_refused_at_its_field_and_shown_again(typed):
    form = modelform_factory(ToolGrant, fields=["hidden_fields"])({"hidden_fields": typed})
    assert "Enter a valid JSON." in form.errors["hidden_fields"]
    assert form["hidden_fields"].value() == typed
    assert str(form).encode()


@pytest.mark.parametrize("typed", ['["\\ud83d\\ude00"]', '["\\\\u0000"]', '["ü"]'])
def test_text_that_only_looks_odd_is_taken(typed):
    form = modelform_factory(ToolGrant, fields=["hidden_fields"])({"hidden_fields": typed})
    form.is_valid()
    assert "Enter a valid JSON." not in form.errors.get("hidden_fields", [])

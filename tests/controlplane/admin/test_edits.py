from __future__ import annotations

import pytest
from django import forms

from audit.verbs import MASK
from controlplane.admin import edits
from controlplane.models import Tool

pytestmark = pytest.mark.django_db


class ToolForm(forms.ModelForm):
    api_key = forms.CharField(required=False)
    retry = forms.BooleanField(required=False)
    public_fields = ("retry",)

    class Meta:
        model = Tool
        fields = ("name", "description")


def edited(**posted):
    form = ToolForm(posted, instance=Tool(name="ping", description="old"))
    form.is_valid()
    return form


def test_changed_fields_show_before_and_after():
    form = edited(name="ping", description="new")
    assert edits.of_form(form) == {"description": {"before": "old", "after": "new"}}


def test_a_field_that_the_model_does_not_have_is_masked_unless_the_form_calls_it_public():
    form = edited(name="ping", description="old", api_key="sk-1", retry="on")
    assert edits.of_form(form) == {
        "api_key": {"before": "", "after": MASK},
        "retry": {"before": None, "after": True},
    }


def test_a_secret_field_of_the_model_is_masked():
    form = edited(name="ping", description="new")
    assert edits.of_form(form, secret={"description"}) == {"description": {"before": MASK, "after": MASK}}


def test_a_new_row_shows_what_it_has():
    form = edited(name="ping", description="")
    assert edits.of_form(form, created=True) == {"name": {"before": None, "after": "ping"}}


@pytest.mark.parametrize("attribute", ["instance", "user"])
def test_the_row_is_found_under_either_name(attribute):
    tool = Tool(name="ping")
    assert edits.row_of(type("Form", (), {attribute: tool})()) is tool

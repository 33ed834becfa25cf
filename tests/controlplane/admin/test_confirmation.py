from __future__ import annotations

import pytest
from django.urls import reverse

from controlplane.models import Tool

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/tool/"


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_without_a_reason_nothing_happens(client, carol, reason):
    tool = Tool.objects.first()
    posted = {"action": "retire", "_selected_action": [tool.pk], "apply": "1", "reason": reason}
    page = client.post(LIST, posted)
    assert page.context["form"].errors["reason"]
    tool.refresh_from_db()
    assert tool.retired_at is None


def test_a_reason_without_the_confirmation_does_nothing(client, carol):
    tool = Tool.objects.first()
    client.post(LIST, {"action": "retire", "_selected_action": [tool.pk], "reason": "because"})
    tool.refresh_from_db()
    assert tool.retired_at is None


def test_the_question_names_the_rows_and_the_consequence(client, carol):
    tools = list(Tool.objects.all())
    page = client.post(LIST, {"action": "retire", "_selected_action": [tool.pk for tool in tools]})
    text = page.content.decode()
    assert "Retire 2 tools?" in text
    assert "every call is denied" in text
    assert all(f"<li>{tool.name}</li>" in text for tool in tools)
    assert reverse("admin:controlplane_tool_changelist") in text


def test_a_long_list_is_cut_and_counted(client, carol):
    for n in range(30):
        Tool.objects.create(name=f"tool_{n}", parameters={"type": "object"})
    keys = list(Tool.objects.values_list("pk", flat=True))
    page = client.post(LIST, {"action": "retire", "_selected_action": keys})
    assert "and 7 more" in page.content.decode()


def test_choosing_all_pages_is_carried_to_the_confirmation(client, carol):
    for n in range(60):
        Tool.objects.create(name=f"tool_{n}", parameters={"type": "object"})
    first = Tool.objects.first()
    posted = {"action": "retire", "_selected_action": [first.pk], "select_across": "1"}
    assert 'name="select_across" value="1"' in client.post(LIST, posted).content.decode()
    client.post(LIST, posted | {"apply": "1", "reason": "spring cleaning"})
    assert not Tool.objects.filter(retired_at=None).exists()


def test_who_may_only_look_is_offered_no_action(client, staff):
    staff("view_tool")
    tool = Tool.objects.first()
    assert 'name="action"' not in client.get(LIST).content.decode()
    client.post(LIST, {"action": "retire", "_selected_action": [tool.pk], "apply": "1", "reason": "x"})
    tool.refresh_from_db()
    assert tool.retired_at is None

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from audit.actors import system
from audit.models import Record
from controlplane.models import Classifier, PolicyVersion, Provider, Role, Tool, ToolGrant
from controlplane.operations.locks import raise_lock
from controlplane.operations.policy import publish_policy

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/role/"


def change(role):
    return reverse("admin:controlplane_role_change", args=[role.pk])


def panel(client, role):
    text = client.get(change(role)).content.decode()
    return re.sub(
        r"\s+", " ", text[text.index('class="may-do"') : text.index("Save to see what an edit does")]
    )


def test_the_list_shows_tools_and_live_sessions(client, carol, shop, binding):
    binding()
    text = client.get(LIST).content.decode()
    assert f'role__id__exact={shop.pk}">1 live session</a>' in text
    assert '<td class="field-tools">1</td>' in text


def test_the_panel_says_what_the_compiled_policy_allows(client, carol, shop):
    said = panel(client, shop)
    assert "get_account_status: without margin in the result." in said
    assert "It may not call refund_order, nor anything else" in said
    assert "hidden: ssn." in said
    assert "Read from policy v1" in said


def test_the_panel_follows_the_published_policy_and_locks(client, carol, shop):
    ToolGrant.objects.create(role=shop, tool=Tool.objects.get(name="refund_order"))
    assert "may not call refund_order" in panel(client, shop)
    publish_policy(actor=system("test"))
    raise_lock(actor=system("test"), kind="tool", target="refund_order", reason="fraud")
    assert "refund_order: granted, but locked now" in panel(client, shop)


def test_the_panel_says_why_nothing_can_start(client, carol, shop):
    Provider.objects.update(is_default=False)
    publish_policy(actor=system("test"))
    assert "no session can start" in client.get(change(shop)).content.decode()
    assert "Save the role to see" in client.get(reverse("admin:controlplane_role_add")).content.decode()


def test_a_grant_is_revoked_and_not_deleted(client, carol, shop, form_of):
    grant = ToolGrant.objects.get()
    assert client.post(change(shop), form_of(change(shop)) | {"grants-0-revoke": "on"}).status_code == 302
    grant.refresh_from_db()
    assert grant.retired_at is not None
    assert Record.objects.filter(verb="object.changed").latest("pk").fields["changes"] == {
        "customer_support may call get_account_status: revoke": {"before": None, "after": True}
    }
    assert PolicyVersion.objects.latest().document["roles"]["customer_support"]["grants"] == {}
    assert form_of(change(shop))["grants-INITIAL_FORMS"] == 0


def grant(tool, row):
    return {
        f"grants-{row}-tool": tool.pk,
        f"grants-{row}-hidden_fields": "[]",
        "grants-TOTAL_FORMS": str(row + 1),
    }


def test_a_revoked_tool_can_be_granted_again(client, carol, shop, form_of):
    tool = Tool.objects.get(name="get_account_status")
    client.post(change(shop), form_of(change(shop)) | {"grants-0-revoke": "on"})
    assert client.post(change(shop), form_of(change(shop)) | grant(tool, 0)).status_code == 302
    assert ToolGrant.objects.filter(tool=tool, retired_at=None).count() == 1


def test_a_tool_cannot_be_granted_twice(client, carol, shop, form_of):
    granted, other = Tool.objects.order_by("name")
    assert granted.name == "get_account_status"
    for posted in (grant(granted, 1), grant(other, 1) | grant(other, 2)):
        page = client.post(change(shop), form_of(change(shop)) | posted)
        assert page.status_code == 200
        assert "granted this tool already" in page.content.decode()
    assert ToolGrant.objects.count() == 1


def test_a_tool_that_somebody_else_granted_meanwhile_is_refused_at_its_field(client, carol, shop, form_of):
    tool = Tool.objects.get(name="refund_order")
    opened = form_of(change(shop))
    ToolGrant.objects.create(role=shop, tool=tool)
    page = client.post(change(shop), opened | grant(tool, 1))
    assert page.status_code == 200
    errors = page.context["inline_admin_formsets"][0].formset.errors
    assert errors[1] == {"tool": ["this role has been granted this tool already"]}


def test_a_grant_that_somebody_else_revoked_meanwhile_says_so(client, carol, shop, form_of):
    opened = form_of(change(shop))
    client.post(change(shop), opened | {"grants-0-revoke": "on"})
    page = client.post(change(shop), opened | {"grants-0-note": "for orders"})
    assert page.status_code == 200
    assert "A tool was revoked while you were editing" in page.content.decode()
    assert not ToolGrant.objects.filter(note="for orders").exists()


def test_each_field_in_the_table_of_tools_has_a_name(client, carol, shop):
    page = client.get(change(shop)).content.decode()
    fields = re.findall(r'<(?:input|select|textarea)[^>]* name="grants-0-[a-z_]+"[^>]*>', page)
    shown = [each for each in fields if 'type="hidden"' not in each]
    assert len(shown) == 5
    assert all("aria-label=" in each for each in shown)


def test_a_tool_can_be_granted_anew_while_the_old_grant_is_revoked(client, carol, shop, form_of):
    tool = Tool.objects.get(name="get_account_status")
    posted = form_of(change(shop)) | {"grants-0-revoke": "on"} | grant(tool, 1)
    assert client.post(change(shop), posted).status_code == 302
    assert ToolGrant.objects.get(retired_at=None).hidden_fields == []


def test_a_new_grant_cannot_be_revoked_at_once(client, carol, shop, form_of):
    tool = Tool.objects.get(name="refund_order")
    posted = form_of(change(shop)) | {
        "grants-TOTAL_FORMS": "2",
        "grants-1-tool": tool.pk,
        "grants-1-hidden_fields": "[]",
        "grants-1-revoke": "on",
    }
    assert "has not been granted yet" in client.post(change(shop), posted).content.decode()


def test_bad_hidden_fields_are_refused_at_the_field(client, carol, shop, form_of):
    page = client.post(change(shop), form_of(change(shop)) | {"grants-0-hidden_fields": '"margin"'})
    errors = page.context["inline_admin_formsets"][0].formset.errors
    assert "must be a JSON list of names" in str(errors[0]["hidden_fields"])


def test_gated_turns_without_a_transcription_model_are_refused_at_the_field(client, carol, shop, form_of):
    page = client.post(
        change(shop), form_of(change(shop)) | {"gated_turns": "on", "transcription_model": " "}
    )
    assert page.status_code == 200
    assert page.context["adminform"].form.errors == {
        "gated_turns": ["needs a transcription model: without it nothing can be judged"]
    }
    shop.refresh_from_db()
    assert not shop.gated_turns


def test_gated_turns_need_no_more_than_a_transcription_model(client, carol, shop, form_of):
    posted = {"gated_turns": "on", "transcription_model": "gpt-transcribe"}
    assert client.post(change(shop), form_of(change(shop)) | posted).status_code == 302
    assert PolicyVersion.objects.latest().document["roles"]["customer_support"]["gated_turns"] is True
    assert "answered only after its transcript was judged" in panel(client, shop)


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"speech_rate": "9"}, "speech_rate"),
        ({"speech_rate": "101"}, "speech_rate"),
        ({"spread_values": "shrug"}, "spread_values"),
        ({"withheld_notice": "x" * 201}, "withheld_notice"),
        ({"audio": "loud"}, "audio"),
        ({"calls_per_turn": "0"}, "calls_per_turn"),
        ({"engine_url": "http://opa.example.com/v1/data"}, "engine_url"),
        ({"engine_url": "https://user:key@opa.example.com/v1/data"}, "engine_url"),
        ({"engine_deadline_ms": "49"}, "engine_deadline_ms"),
    ],
)
def test_errors_stand_at_their_field(client, carol, shop, form_of, posted, field):
    page = client.post(change(shop), form_of(change(shop)) | posted)
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


def test_limits_of_calls_and_the_engine_reach_the_policy_and_the_panel(client, carol, shop, form_of):
    posted = {
        "calls_per_turn": "3",
        "engine_url": "http://localhost:8181/v1/data/x",
        "engine_deadline_ms": "300",
    }
    assert client.post(change(shop), form_of(change(shop)) | posted).status_code == 302
    role = PolicyVersion.objects.latest().document["roles"]["customer_support"]
    assert (role["calls_per_turn"], role["engine_url"]) == (3, "http://localhost:8181/v1/data/x")
    said = panel(client, shop)
    assert "at most 3 calls can be made" in said
    assert "The decision engine at http://localhost:8181/v1/data/x is asked" in said


def test_streamed_arguments_are_a_choice_of_each_grant(client, carol, shop, form_of):
    posted = form_of(change(shop)) | {"grants-0-streams_arguments": "on"}
    assert client.post(change(shop), posted).status_code == 302
    grants = PolicyVersion.objects.latest().document["roles"]["customer_support"]["grants"]
    assert grants["get_account_status"]["streams_arguments"] is True
    assert "its arguments are shown while the model writes them" in panel(client, shop)


def test_the_panel_names_the_classifiers_of_this_role_only(client, carol, shop):
    Classifier.objects.create(name="tone", url="https://tone.example.com/judge")
    other = Classifier.objects.create(name="pii", url="https://pii.example.com/judge")
    other.roles.add(Role.objects.create(name="analyst"))
    publish_policy(actor=system("test"))
    said = panel(client, shop)
    assert "On the way to the client, tone is asked" in said
    assert "pii is asked" not in said


def test_the_tool_picker_offers_no_retired_tool(client, carol, shop, act):
    picker = reverse("admin:autocomplete")
    query = {"app_label": "controlplane", "model_name": "toolgrant", "field_name": "tool", "term": "refund"}
    assert len(client.get(picker, query).json()["results"]) == 1
    act("/admin/controlplane/tool/", "retire", [Tool.objects.get(name="refund_order").pk], "gone")
    assert client.get(picker, query).json()["results"] == []


def test_who_may_only_look_sees_the_role_and_cannot_change_it(client, staff, shop):
    staff("view_role")
    page = client.get(change(shop)).content.decode()
    assert "may-do" in page
    assert "_save" not in page
    assert client.post(change(shop), {"idle_seconds": "1"}).status_code == 403


def test_many_roles_need_no_more_questions(client, carol, shop, binding, questions):
    few = questions(LIST)
    for n in range(30):
        role = Role.objects.create(name=f"role{n}")
        ToolGrant.objects.create(role=role, tool=Tool.objects.first())
    assert questions(LIST) == few

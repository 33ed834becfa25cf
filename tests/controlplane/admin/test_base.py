"""An edit on a page: recorded where it happens, published, or not done at all."""

from __future__ import annotations

import json

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError
from django.test import RequestFactory
from django.urls import reverse

from audit import log
from audit.actors import system
from audit.models import Record
from audit.verbs import MASK
from controlplane.admin.base import Admin
from controlplane.models import Epoch, PolicyVersion, RedactionPattern, Tool, ToolGrant, User
from controlplane.operations.keys import create_service_key
from controlplane.operations.locks import raise_lock

pytestmark = pytest.mark.django_db


def change(row):
    return reverse(f"admin:controlplane_{row._meta.model_name}_change", args=[row.pk])


def saved(response):
    if response.status_code != 302:
        forms = [
            response.context["adminform"].form.errors,
            *(i.formset.errors for i in response.context["inline_admin_formsets"]),
        ]
        raise AssertionError(forms)


def newest(verb):
    return Record.objects.filter(verb=verb).latest("pk")


def test_an_edit_writes_a_record_and_a_policy_version(client, carol, shop, form_of):
    epoch = Epoch.objects.get().value
    response = client.post(change(shop), form_of(change(shop)) | {"idle_seconds": "60"})
    assert response.status_code == 302
    record = newest("object.changed")
    assert record.fields["changes"] == {"idle_seconds": {"before": 300, "after": 60}}
    assert (record.actor_kind, record.actor_label, record.subject) == ("user", "carol", f"role:{shop.pk}")
    assert record.source_ip == "127.0.0.1"
    version = PolicyVersion.objects.latest()
    assert version.number == 2
    assert version.document["roles"]["customer_support"]["idle_seconds"] == 60
    assert version.reason == "role customer_support changed: idle seconds"
    assert version.created_by == "carol"
    assert Epoch.objects.get().value > epoch


def test_saving_without_a_change_records_nothing(client, carol, shop, form_of):
    before = Record.objects.count()
    assert client.post(change(shop), form_of(change(shop))).status_code == 302
    assert Record.objects.count() == before
    assert PolicyVersion.objects.count() == 1


def test_inlines_are_recorded_and_published_with_their_role(client, carol, shop, form_of):
    refund = Tool.objects.get(name="refund_order")
    posted = form_of(change(shop)) | {
        "grants-TOTAL_FORMS": "2",
        "grants-0-hidden_fields": '["margin", "internal_cost"]',
        "grants-1-tool": refund.pk,
        "grants-1-hidden_fields": "[]",
        "grants-1-note": "since the pilot",
    }
    assert client.post(change(shop), posted).status_code == 302
    assert newest("object.changed").fields["changes"] == {
        "customer_support may call get_account_status: hidden_fields": {
            "before": ["margin"],
            "after": ["margin", "internal_cost"],
        },
        "customer_support may call refund_order: note": {"before": None, "after": "since the pilot"},
        "customer_support may call refund_order: tool": {"before": None, "after": "refund_order"},
    }
    grants = PolicyVersion.objects.latest().document["roles"]["customer_support"]["grants"]
    assert {name: found["hidden_fields"] for name, found in grants.items()} == {
        "get_account_status": ["internal_cost", "margin"],
        "refund_order": [],
    }


def test_many_to_many_fields_are_recorded_by_name(client, carol, shop, form_of):
    pattern = RedactionPattern.objects.get()
    posted = form_of(change(pattern)) | {"roles": [shop.pk]}
    saved(client.post(change(pattern), posted))
    assert newest("object.changed").fields["changes"] == {
        "roles": {"before": [], "after": ["customer_support"]}
    }
    assert PolicyVersion.objects.latest().document["patterns"][0]["roles"] == ["customer_support"]


def test_a_foreign_key_is_recorded_by_name(client, carol, shop, form_of):
    from controlplane.models import Provider

    provider = Provider.objects.get()
    client.post(change(shop), form_of(change(shop)) | {"provider": provider.pk})
    assert newest("object.changed").fields["changes"] == {"provider": {"before": None, "after": "openai"}}
    client.post(change(shop), form_of(change(shop)) | {"provider": ""})
    assert newest("object.changed").fields["changes"] == {"provider": {"before": "openai", "after": None}}


def test_a_new_row_is_recorded_with_all_its_values(client, carol, shop):
    posted = {"name": "ping", "description": "", "parameters": json.dumps({"type": "object"})}
    posted |= {"runner": "client", "answer_seconds": "30"}
    assert client.post(reverse("admin:controlplane_tool_add"), posted).status_code == 302
    record = newest("object.created")
    assert record.fields["changes"] == {
        "answer_seconds": {"before": None, "after": 30},
        "name": {"before": None, "after": "ping"},
        "parameters": {"before": None, "after": {"type": "object"}},
        "runner": {"before": None, "after": "client"},
    }
    assert record.fields["label"] == "ping"
    assert "ping" in PolicyVersion.objects.latest().document["tools"]


@pytest.mark.parametrize("fails", ["audit.log.record", "controlplane.operations.rows.publish_policy"])
def test_an_edit_that_cannot_be_recorded_does_not_happen(client, carol, shop, form_of, monkeypatch, fails):
    """Pins Django's undocumented order: construct_change_message runs inside the transaction, after everything."""
    posted = form_of(change(shop)) | {
        "idle_seconds": "60",
        "grants-0-hidden_fields": '["changed"]',
        "grants-0-note": "changed",
    }
    pattern = RedactionPattern.objects.get()
    pattern_posted = form_of(change(pattern)) | {"roles": [shop.pk], "priority": "7"}

    def refuse(*args, **kwargs):
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(fails, refuse)
    for url, data in ((change(shop), posted), (change(pattern), pattern_posted)):
        with pytest.raises(DatabaseError, match="no space left"):
            client.post(url, data)
    shop.refresh_from_db()
    pattern.refresh_from_db()
    assert (shop.idle_seconds, ToolGrant.objects.get().hidden_fields) == (300, ["margin"])
    assert (pattern.priority, list(pattern.roles.all())) == (0, [])
    assert PolicyVersion.objects.count() == 1


def test_a_form_with_an_error_changes_and_records_nothing(client, carol, shop, form_of):
    before = Record.objects.count()
    response = client.post(change(shop), form_of(change(shop)) | {"idle_seconds": "0"})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["idle_seconds"]
    assert Record.objects.count() == before


def test_every_page_for_rows_is_made_of_the_recording_class():
    others = {model.__name__ for model, page in admin.site._registry.items() if not isinstance(page, Admin)}
    assert others == {"Record"}


def test_djangos_own_log_stays_empty(client, carol, shop, form_of):
    client.post(change(shop), form_of(change(shop)) | {"idle_seconds": "60"})
    assert not LogEntry.objects.exists()


def test_history_is_the_audit_log_of_the_row(client, carol, shop, form_of):
    client.post(change(shop), form_of(change(shop)) | {"idle_seconds": "60"})
    response = client.get(reverse("admin:controlplane_role_history", args=[shop.pk]), follow=True)
    assert [row.verb for row in response.context["cl"].result_list] == ["object.changed"]


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_nothing_can_be_deleted_by_anybody(client, carol, model):
    page = admin.site._registry[model]
    request = RequestFactory().get("/")
    request.user = carol
    assert not page.has_delete_permission(request)
    assert "delete_selected" not in page.get_actions(request)


def test_a_retired_row_leaves_the_policy_and_can_come_back(client, carol, shop, act):
    tool = Tool.objects.get(name="get_account_status")
    lists = reverse("admin:controlplane_tool_changelist")
    act(lists, "retire", [tool.pk], "replaced by v2")
    tool.refresh_from_db()
    assert tool.retired_at is not None
    assert PolicyVersion.objects.latest().document["roles"]["customer_support"]["grants"] == {}
    assert newest("object.retired").reason == "replaced by v2"
    assert tool not in client.get(lists).context["cl"].result_list
    act(lists + "?use=all", "put_back", [tool.pk], "v2 is late")
    tool.refresh_from_db()
    assert tool.retired_at is None
    assert "get_account_status" in PolicyVersion.objects.latest().document["tools"]


def test_a_row_whose_place_is_taken_cannot_come_back(client, carol, shop, act):
    from controlplane.models import Provider

    old = Provider.objects.get()
    lists = reverse("admin:controlplane_provider_changelist")
    act(lists, "retire", [old.pk], "moved")
    Provider.objects.create(name="new", url="wss://example.com/v1", model_names=["m"], is_default=True)
    response = act(lists + "?use=all", "put_back", [old.pk], "moved back")
    assert "Another provider is the default." in response.content.decode()
    old.refresh_from_db()
    assert old.retired_at is not None


def test_a_password_is_recorded_as_changed_and_never_shown(client, carol, alice):
    url = reverse("admin:auth_user_password_change", args=[alice.pk])
    posted = {"password1": "a-new-Password-77", "password2": "a-new-Password-77", "usable_password": "true"}
    assert client.post(url, posted).status_code == 302
    record = newest("object.changed")
    assert record.subject == f"user:{alice.pk}"
    assert record.fields["changes"] == {"password": {"before": MASK, "after": MASK}}
    assert User.objects.get(pk=alice.pk).check_password("a-new-Password-77")


def test_a_password_change_that_cannot_be_recorded_does_not_happen(client, carol, alice, monkeypatch):
    url = reverse("admin:auth_user_password_change", args=[alice.pk])

    def refuse(*args, **kwargs):
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(log, "record", refuse)
    with pytest.raises(DatabaseError):
        client.post(
            url, {"password1": "a-new-Pass-77", "password2": "a-new-Pass-77", "usable_password": "true"}
        )
    assert User.objects.get(pk=alice.pk).check_password("alice-password-1")


def test_history_of_what_only_operations_write_is_found_too(client, carol, shop, binding):
    key, _ = create_service_key(actor=system("test"), name="web")
    lock = raise_lock(actor=system("test"), kind="role", target=shop.name, reason="incident")
    for row, verb in (
        (key, "service_key.created"),
        (lock, "lock.raised"),
        (PolicyVersion.objects.get(), "policy.published"),
    ):
        url = reverse(f"admin:controlplane_{row._meta.model_name}_history", args=[row.pk])
        found = client.get(url, follow=True).context["cl"].result_list
        assert [record.verb for record in found] == [verb]
    session = binding()
    url = reverse("admin:controlplane_sessionbinding_history", args=[session.pk])
    assert client.get(url).url == reverse("admin:audit_record_timeline", args=[session.pk])


def test_history_needs_the_view_permission(client, staff, shop):
    staff("view_tool")
    assert client.get(reverse("admin:controlplane_role_history", args=[shop.pk])).status_code == 403

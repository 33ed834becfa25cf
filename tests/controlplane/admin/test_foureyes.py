"""Nobody decides about himself on these pages; every refusal says why and is recorded."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from controlplane.models import PolicyVersion, Role, Tool, ToolGrant

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(carol, shop):
    """carol, who holds the role that she would like to edit."""
    carol.roles.add(shop)
    return carol


def page(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def refused(client, records):
    """``refused(url, posted, said)``: 403, nothing changed, on record."""

    def check(url, posted, said):
        before = PolicyVersion.objects.count()
        answer = client.post(url, posted)
        assert answer.status_code == 403
        assert said in answer.content.decode()
        assert PolicyVersion.objects.count() == before
        assert records("object.changed", "object.created", "object.retired") == []
        (denied,) = records("admin.denied")
        assert (denied.actor_label, denied.source_ip) == ("carol", "127.0.0.1")
        assert said in denied.reason
        return denied

    return check


def test_nobody_edits_his_own_role(holder, shop, form_of, refused):
    denied = refused(
        page(shop), form_of(page(shop)) | {"idle_seconds": "99"}, "You hold the role customer_support"
    )
    assert denied.subject == f"role:{shop.pk}"
    assert denied.fields == {"attempted": "change role", "label": "customer_support"}
    shop.refresh_from_db()
    assert shop.idle_seconds == 300


def test_nobody_grants_himself_a_tool_on_the_page_of_his_role(holder, shop, form_of, refused):
    posted = form_of(page(shop)) | {
        "grants-TOTAL_FORMS": "2",
        "grants-1-tool": str(Tool.objects.get(name="refund_order").pk),
    }
    posted |= {"grants-1-hidden_fields": "[]", "grants-1-role": str(shop.pk)}
    refused(page(shop), posted, "You hold the role customer_support")
    assert ToolGrant.objects.count() == 1


def test_nobody_adds_a_grant_to_his_own_role(holder, shop, form_of, refused):
    url = reverse("admin:controlplane_toolgrant_add")
    posted = form_of(url) | {"role": str(shop.pk), "tool": str(Tool.objects.get(name="refund_order").pk)}
    refused(url, posted, "cannot change its grants")
    assert ToolGrant.objects.count() == 1


def test_nobody_edits_a_grant_of_his_own_role(holder, form_of, refused):
    grant = ToolGrant.objects.get()
    refused(page(grant), form_of(page(grant)) | {"per_day": "9"}, "cannot change its grants")


def test_nobody_gives_himself_a_role_or_permission(carol, shop, form_of, refused):
    refused(page(carol), form_of(page(carol)) | {"roles": [str(shop.pk)]}, "your own roles")
    assert not carol.roles.exists()


def test_nobody_widens_a_group_that_he_is_in(carol, form_of, refused):
    group = Group.objects.create(name="shift")
    carol.groups.add(group)
    refused(page(group), form_of(page(group)) | {"permissions": ["1"]}, "You are in the group shift")
    assert not group.permissions.exists()


@pytest.mark.parametrize("action", ["retire", "put_back"])
def test_nobody_retires_or_puts_back_what_is_his(holder, shop, act, records, action):
    if action == "put_back":
        Role.objects.update(retired_at="2026-01-01T00:00Z")
    before = Role.objects.get().retired_at
    url = reverse("admin:controlplane_role_changelist") + "?use=all"
    said = act(url, action, [shop.pk], "for me").content.decode()
    assert "You hold the role customer_support" in said
    assert Role.objects.get().retired_at == before
    (denied,) = records("admin.denied")
    assert denied.fields["attempted"] == f"{action.replace('_', ' ')} role"


def test_a_page_says_so_before_anybody_edits_in_vain(client, holder, shop):
    assert "You hold the role customer_support" in client.get(page(shop)).content.decode()
    assert "You cannot change your own roles" in client.get(page(holder)).content.decode()
    holder.roles.clear()
    assert "You hold the role" not in client.get(page(shop)).content.decode()


def test_what_is_not_his_he_may_edit(client, holder, form_of, records):
    other = Role.objects.create(name="analyst")
    client.post(page(other), form_of(page(other)) | {"idle_seconds": "99"})
    assert Role.objects.get(name="analyst").idle_seconds == 99
    client.post(page(holder), form_of(page(holder)) | {"first_name": "Carol"})
    holder.refresh_from_db()
    assert holder.first_name == "Carol"
    assert records("admin.denied") == []


def test_a_form_that_changes_nothing_is_no_attempt(client, holder, shop, form_of, records):
    assert client.post(page(shop), form_of(page(shop))).status_code == 302
    assert records("admin.denied") == []

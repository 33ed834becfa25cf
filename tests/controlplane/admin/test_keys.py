from __future__ import annotations

import hashlib
import re

import pytest
from django.urls import reverse

from audit.actors import system
from audit.models import Record
from controlplane.models import ServiceKey
from controlplane.operations.keys import create_service_key, key_for

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/servicekey/"
ADD = "/admin/controlplane/servicekey/add/"


def test_a_key_is_shown_once_and_works(client, carol):
    page = client.post(ADD, {"name": "web shop"})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    secret = re.search(r"sp_[A-Za-z0-9_-]{40,}", page.content.decode())[0]
    key = ServiceKey.objects.get()
    assert key_for(secret) == key
    assert key.created_by == "carol"
    for url in (LIST, reverse("admin:controlplane_servicekey_change", args=[key.pk])):
        text = client.get(url).content.decode()
        assert secret not in text
        assert hashlib.sha256(secret.encode()).hexdigest() not in text
        assert f"…{key.last4}" in text
    assert not any(secret in cookie.value for cookie in client.cookies.values())
    assert secret not in str(dict(client.session))
    assert secret not in str(list(Record.objects.values()))


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_key_needs_a_name(client, carol, name):
    page = client.post(ADD, {"name": name})
    assert page.context["form"].errors["name"]
    assert not ServiceKey.objects.exists()


def test_a_revoked_key_is_refused_and_leaves_the_list(client, carol, act):
    key, secret = create_service_key(actor=system("test"), name="old shop")
    act(LIST, "revoke", [key.pk], "shop closed")
    assert key_for(secret) is None
    assert Record.objects.get(verb="service_key.revoked").reason == "shop closed"
    assert list(client.get(LIST).context["cl"].result_list) == []
    assert "revoked" in client.get(LIST + "?state=all").content.decode()


def test_who_revokes_is_told_how_much_ends(client, carol, binding):
    key, _ = create_service_key(actor=system("test"), name="shop")
    binding(service_key=key), binding("pending", service_key=key), binding()
    asked = client.post(LIST, {"action": "revoke", "_selected_action": [key.pk]}).content.decode()
    assert "What ends now: 2 sessions, unused tickets among them." in asked


def replace(client, key, **answers):
    posted = {"action": "rotate", "_selected_action": [key.pk], "apply": "1", "reason": "yearly", **answers}
    return client.post(LIST, posted)


def test_a_key_is_replaced_and_the_new_one_shown_once(client, carol, binding):
    key, secret = create_service_key(actor=system("test"), name="shop")
    running = binding(service_key=key)
    asked = client.post(LIST, {"action": "rotate", "_selected_action": [key.pk]})
    assert "With the old one run: 1 session" in asked.content.decode()
    page = replace(client, key, overlap="24")
    assert "no-store" in page["Cache-Control"]
    new_secret = re.search(r"sp_[A-Za-z0-9_-]{40,}", page.content.decode())[0]
    assert key_for(new_secret).replaces == key_for(secret) == key
    text = client.get(LIST).content.decode()
    assert ">replaced<" in text
    assert new_secret not in text
    running.refresh_from_db()
    assert running.state == "active"
    assert Record.objects.get(verb="service_key.rotated").reason == "yearly"


def test_a_leaked_key_is_replaced_at_once_with_all_that_runs(client, carol, binding):
    key, secret = create_service_key(actor=system("test"), name="shop")
    running = binding(service_key=key)
    replace(client, key, overlap="0", ends_sessions="on")
    assert key_for(secret) is None
    running.refresh_from_db()
    assert running.state == "ended"
    assert [row.replaces for row in client.get(LIST).context["cl"].result_list] == [key]
    assert "Revoked" not in client.get(reverse("admin:controlplane_servicekey_change", args=[key.pk]))


@pytest.mark.parametrize("answers", [{"overlap": "169"}, {"overlap": "-1"}, {"overlap": ""}, {"reason": " "}])
def test_a_key_is_not_replaced_without_a_reason_or_for_ever(client, carol, answers):
    key, _ = create_service_key(actor=system("test"), name="shop")
    page = replace(client, key, **{"overlap": "24", **answers})
    assert page.context["form"].errors
    assert ServiceKey.objects.count() == 1


def test_a_key_is_replaced_once(client, carol):
    key, _ = create_service_key(actor=system("test"), name="shop")
    replace(client, key, overlap="24")
    again = client.post(
        LIST,
        {"action": "rotate", "_selected_action": [key.pk], "apply": "1", "reason": "x", "overlap": "1"},
        follow=True,
    )
    assert "replaced or revoked already" in again.content.decode()
    assert ServiceKey.objects.count() == 2


def test_two_keys_are_not_replaced_at_once(client, carol):
    made = [create_service_key(actor=system("test"), name=name)[0].pk for name in ("shop", "desk")]
    page = client.post(LIST, {"action": "rotate", "_selected_action": made}, follow=True)
    assert "one key at a time" in page.content.decode()


def test_a_key_cannot_be_edited(client, carol):
    key, _ = create_service_key(actor=system("test"), name="shop")
    url = reverse("admin:controlplane_servicekey_change", args=[key.pk])
    assert client.post(url, {"name": "other"}).status_code == 403
    assert "_save" not in client.get(url).content.decode()


@pytest.mark.parametrize(("allowed", "status"), [("view_servicekey", 403), ("add_servicekey", 200)])
def test_creating_needs_the_permission(client, staff, allowed, status):
    staff(allowed)
    assert client.get(ADD).status_code == status
    assert client.post(ADD, {"name": "mine"}).status_code == status
    assert ServiceKey.objects.count() == (status == 200)


def test_revoking_needs_the_permission(client, staff):
    key, secret = create_service_key(actor=system("test"), name="shop")
    staff("view_servicekey")
    client.post(LIST, {"action": "revoke", "_selected_action": [key.pk], "apply": "1", "reason": "x"})
    assert key_for(secret) == key


def test_many_keys_need_no_more_questions(carol, questions):
    create_service_key(actor=system("test"), name="one")
    few = questions(LIST)
    for n in range(30):
        create_service_key(actor=system("test"), name=f"key {n}")
    assert questions(LIST) == few

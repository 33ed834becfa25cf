"""The key of a role's decision engine: it goes in, and never comes out."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import Record
from audit.verbs import MASK
from controlplane.models import PolicyVersion, Role

pytestmark = pytest.mark.django_db
URL = "https://opa.example.com/v1/data/sallyport/allow"
KEY = "opa-live-abcdefgh1234"


@pytest.fixture
def keyed(shop):
    shop.engine_url = URL
    shop.set_key(KEY)
    shop.save()
    return shop


def change(role):
    return reverse("admin:controlplane_role_change", args=[role.pk])


def changes():
    return Record.objects.filter(verb="object.changed").latest("pk").fields["changes"]


def test_the_page_says_that_there_is_a_key_and_how_it_ends(client, carol, shop, keyed):
    text = client.get(change(keyed)).content.decode()
    assert "set, ends in 1234" in text and KEY not in text


def test_a_new_key_is_stored_encrypted_and_recorded_as_changed_only(client, carol, shop, form_of):
    versions = PolicyVersion.objects.count()
    posted = form_of(change(shop)) | {"engine_url": URL, "engine_key": KEY}
    assert client.post(change(shop), posted).status_code == 302
    role = Role.objects.get(pk=shop.pk)
    assert role.key() == KEY and KEY.encode() not in bytes(role.engine_key_ciphertext)
    assert changes() == {
        "engine_key": {"before": "", "after": MASK},
        "engine_url": {"before": "", "after": URL},
    }
    assert PolicyVersion.objects.count() == versions + 1
    assert KEY not in str([list(Record.objects.values()), list(PolicyVersion.objects.values())])


def test_saving_without_a_key_keeps_the_one_that_is_there(client, carol, keyed, form_of):
    assert client.post(change(keyed), form_of(change(keyed)) | {"description": "x"}).status_code == 302
    assert Role.objects.get(pk=keyed.pk).key() == KEY


def test_a_key_can_be_removed(client, carol, keyed, form_of):
    assert client.post(change(keyed), form_of(change(keyed)) | {"remove_key": "on"}).status_code == 302
    assert not Role.objects.get(pk=keyed.pk).has_key


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"engine_key": "opa key"}, "engine_key"),
        ({"engine_key": "opa\r\nX-Evil: 1"}, "engine_key"),
        ({"engine_key": "opa-1", "remove_key": "on"}, "remove_key"),
        ({"engine_url": "", "engine_key": "opa-1"}, "engine_key"),
        ({"engine_url": ""}, "engine_key"),
        ({"engine_url": "https://elsewhere.example.com/v1/data/x"}, "engine_key"),
    ],
)
def test_a_key_stays_with_its_address_and_errors_stand_at_their_field(
    client, carol, keyed, form_of, posted, field
):
    page = client.post(change(keyed), form_of(change(keyed)) | posted)
    assert page.status_code == 200
    assert page.context["adminform"].form.errors[field]
    assert "opa-1" not in page.content.decode()
    assert (Role.objects.get(pk=keyed.pk).key(), Role.objects.get(pk=keyed.pk).engine_url) == (KEY, URL)


def test_an_engine_moves_with_a_new_key(client, carol, keyed, form_of):
    there = "https://elsewhere.example.com/v1/data/x"
    posted = form_of(change(keyed)) | {"engine_url": there, "engine_key": "opa-new-key-9876"}
    assert client.post(change(keyed), posted).status_code == 302
    role = Role.objects.get(pk=keyed.pk)
    assert (role.key(), role.key_last4, role.engine_url) == ("opa-new-key-9876", "9876", there)

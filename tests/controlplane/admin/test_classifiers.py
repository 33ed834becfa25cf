from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import Record
from audit.verbs import MASK
from controlplane.models import Classifier, PolicyVersion, Role

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/classifier/"
ADD = f"{LIST}add/"
KEY = "sk-classifier-abcd1234"


@pytest.fixture
def pii(shop):
    row = Classifier(name="pii", url="https://pii.example.com/judge")
    row.set_api_key(KEY)
    row.save()
    return row


def change(row):
    return reverse("admin:controlplane_classifier_change", args=[row.pk])


def newest(verb):
    return Record.objects.filter(verb=verb).latest("pk")


def test_a_classifier_is_added_recorded_and_published(client, carol, shop, form_of):
    posted = {"name": "tone", "url": "https://tone.example.com/judge", "labels": '["rude"]', "api_key": KEY}
    assert client.post(ADD, form_of(ADD) | posted | {"roles": [shop.pk]}).status_code == 302
    row = Classifier.objects.get()
    assert (row.api_key(), row.labels, list(row.roles.all())) == (KEY, ["rude"], [shop])
    assert newest("object.created").fields["changes"]["api_key"] == {"before": "", "after": MASK}
    (published,) = PolicyVersion.objects.latest().document["classifiers"]
    assert published["ask"]["name"] == "tone"
    assert published["roles"] == ["customer_support"]


def test_the_key_never_comes_out(client, carol, pii):
    for url in (LIST, change(pii)):
        text = client.get(url).content.decode()
        assert KEY not in text
        assert "ends in 1234" in text


def test_saving_without_a_key_keeps_the_one_that_is_there(client, carol, pii, form_of):
    assert client.post(change(pii), form_of(change(pii)) | {"deadline_ms": "300"}).status_code == 302
    pii.refresh_from_db()
    assert (pii.api_key(), pii.deadline_ms) == (KEY, 300)


def test_a_new_key_is_stored_and_recorded_as_changed_only(client, carol, pii, form_of):
    assert client.post(change(pii), form_of(change(pii)) | {"api_key": "sk-new-key-9876"}).status_code == 302
    pii.refresh_from_db()
    assert (pii.api_key(), pii.api_key_last4) == ("sk-new-key-9876", "9876")
    assert newest("object.changed").fields["changes"] == {"api_key": {"before": "", "after": MASK}}


def test_a_key_can_be_removed(client, carol, pii, form_of):
    assert client.post(change(pii), form_of(change(pii)) | {"remove_key": "on"}).status_code == 302
    pii.refresh_from_db()
    assert pii.api_key() == ""


def test_a_refused_form_does_not_give_the_key_back(client, carol, pii, form_of):
    page = client.post(change(pii), form_of(change(pii)) | {"api_key": "sk-new-key-9876", "url": "nonsense"})
    assert page.status_code == 200
    assert "sk-new-key-9876" not in page.content.decode()


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"api_key": "sk\r\nX-Evil: 1"}, "api_key"),
        ({"api_key": "sk-1", "remove_key": "on"}, "remove_key"),
        ({"url": "http://pii.example.com/judge"}, "url"),
        ({"url": "https://user:key@pii.example.com"}, "url"),
        ({"url": "https://[::1/judge"}, "url"),
        ({"url": "ftp://pii.example.com/judge"}, "url"),
        ({"name": "two words"}, "name"),
        ({"labels": '"PERSON"'}, "labels"),
        ({"threshold": "1.5"}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"deadline_ms": "49"}, "deadline_ms"),
        ({"timing": "later"}, "timing"),
        ({"direction": "sideways"}, "direction"),
    ],
)
def test_errors_stand_at_their_field(client, carol, pii, form_of, posted, field):
    page = client.post(change(pii), form_of(change(pii)) | posted)
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


def test_a_name_that_is_taken_is_refused_at_its_field(client, carol, pii, form_of):
    page = client.post(ADD, form_of(ADD) | {"name": "pii", "url": "https://other.example.com/judge"})
    assert page.context["adminform"].form.errors["name"]


def test_the_list_says_how_when_and_for_whom_it_is_asked(client, carol, pii, shop):
    quick = Classifier.objects.create(
        name="tone", url="https://tone.example.com/v1/moderations", shape="moderation", timing="flowing"
    )
    quick.roles.add(shop)
    text = client.get(LIST).content.decode()
    for cell in (
        '<td class="field-url">https://pii.example.com/judge</td>',
        '<td class="field-shape_">plain</td>',
        '<td class="field-shape_">moderation</td>',
        '<td class="field-timing_">held</td>',
        '<td class="field-timing_">flowing</td>',
        '<td class="field-for_roles">every role</td>',
        '<td class="field-for_roles">customer_support</td>',
    ):
        assert cell in text


def test_a_retired_classifier_leaves_the_policy(client, carol, pii, form_of, act):
    client.post(change(pii), form_of(change(pii)) | {"deadline_ms": "300"})
    assert len(PolicyVersion.objects.latest().document["classifiers"]) == 1
    act(LIST, "retire", [pii.pk], "another one is better")
    assert PolicyVersion.objects.latest().document["classifiers"] == []


def test_many_classifiers_need_no_more_questions(carol, pii, shop, questions):
    few = questions(LIST)
    for n in range(30):
        row = Classifier.objects.create(name=f"c{n}", url="https://pii.example.com/judge")
        row.roles.set(Role.objects.all())
    assert questions(LIST) == few

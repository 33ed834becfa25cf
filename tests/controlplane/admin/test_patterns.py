from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import Record
from controlplane.models import PolicyVersion, RedactionPattern

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/redactionpattern/"


def change(pattern):
    return reverse("admin:controlplane_redactionpattern_change", args=[pattern.pk])


def test_the_list_says_what_is_found_and_for_whom(client, carol, shop):
    words = RedactionPattern.objects.create(
        name="words", kind="keywords", keywords=["internal_code", "admin_panel"]
    )
    words.roles.add(shop)
    text = client.get(LIST).content.decode()
    assert "internal_code and admin_panel" in text
    assert "every role" in text
    assert '<td class="field-for_roles">customer_support</td>' in text


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"pattern": "(abc"}, "pattern"),
        ({"pattern": ""}, "pattern"),
        ({"kind": "keywords", "pattern": "", "keywords": "[]"}, "keywords"),
        ({"keywords": '"word"'}, "keywords"),
        ({"before": "(abc"}, "before"),
        ({"name": "two words"}, "name"),
    ],
)
def test_errors_stand_at_their_field(client, carol, form_of, posted, field):
    pattern = RedactionPattern.objects.get()
    page = client.post(change(pattern), form_of(change(pattern)) | posted)
    assert page.status_code == 200
    assert page.context["adminform"].form.errors[field]


def test_shadow_mode_stands_in_the_list_and_is_told_when_it_begins(client, carol, form_of):
    pattern = RedactionPattern.objects.get()
    badge = '<span class="badge badge-care">shadow</span>'
    assert badge not in client.get(LIST).content.decode()
    assert client.post(change(pattern), form_of(change(pattern)) | {"mode": "shadow"}).status_code == 302
    assert Record.objects.filter(verb="object.changed").latest("pk").fields["changes"] == {
        "mode": {"before": "enforce", "after": "shadow"}
    }
    assert PolicyVersion.objects.latest().document["patterns"][0]["mode"] == "shadow"
    page = client.get(LIST)
    assert badge in page.content.decode()
    assert "ssn: it hides nothing any more" in " ".join(map(str, page.context["messages"]))


def test_many_patterns_need_no_more_questions(carol, shop, questions):
    few = questions(LIST)
    for n in range(30):
        RedactionPattern.objects.create(name=f"p{n}", pattern="[a-z]{4}").roles.add(shop)
    assert questions(LIST) == few

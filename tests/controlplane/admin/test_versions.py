from __future__ import annotations

import pytest
from django.urls import reverse

from audit.actors import Actor
from controlplane.models import PolicyVersion, Role
from controlplane.operations.policy import publish_policy

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/policyversion/"


def test_the_list_says_which_who_and_why(client, carol, shop):
    Role.objects.update(idle_seconds=77)
    publish_policy(actor=Actor("user", "1", "carol"), reason="calls were cut short")
    text = client.get(LIST).content.decode()
    assert "v2" in text
    assert "calls were cut short" in text
    assert "not said" in text
    assert PolicyVersion.objects.latest().digest[:12] in text


def test_the_page_shows_the_whole_policy_and_changes_nothing(client, carol):
    version = PolicyVersion.objects.get()
    url = reverse("admin:controlplane_policyversion_change", args=[version.pk])
    page = client.get(url).content.decode()
    assert "get_account_status" in page
    assert version.digest in page
    assert "_save" not in page
    assert client.post(url, {"reason": "forged"}).status_code == 403
    assert "sk-live" not in page


def test_many_versions_need_no_more_questions(carol, questions):
    few = questions(LIST)
    for n in range(30):
        Role.objects.update(idle_seconds=100 + n)
        publish_policy(actor=Actor("user", "1", "carol"))
    assert questions(LIST) == few

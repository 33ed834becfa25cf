from __future__ import annotations

import pytest
from django.urls import reverse

from audit.actors import Actor
from controlplane import document, files
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


# -- what differs


@pytest.fixture
def page(client):
    def read(number, query=""):
        version = PolicyVersion.objects.get(number=number)
        url = reverse("admin:controlplane_policyversion_change", args=[version.pk])
        return client.get(f"{url}{query}").content.decode()

    return read


def _edit(**values):
    Role.objects.update(**values)
    return publish_policy(actor=Actor("user", "1", "carol"), reason="test")


def test_a_version_says_what_it_changed_and_marks_what_became_looser(carol, page):
    _edit(audio="deliver", idle_seconds=77, instructions="Help with orders.\nBe kind.\n<script>")
    text = page(2)
    assert "What differs from version 1" in text
    assert 'customer_support: audio hold → deliver (UNREDACTED) <span class="badge badge-care">looser' in text
    assert 'idle limit 300 → 77 seconds <span class="badge badge-good">stricter' in text
    assert "+Be kind." in text
    assert "<script>" not in text.replace("<script src", "")
    assert "This is the first version" in page(1)


def test_a_version_is_compared_with_any_other(carol, page):
    _edit(idle_seconds=77)
    _edit(idle_seconds=88)
    assert "idle limit 300 → 88 seconds" in page(3, "?against=1")
    assert "idle limit 88 → 77 seconds" in page(2, "?against=3")
    assert "Nothing differs." in page(2, "?against=2")
    assert "There is no policy version 99" in page(2, "?against=99")
    assert "What differs from version 1" in page(2, "?against=²")


def test_a_version_is_downloaded_as_it_is_exported(client, carol):
    answer = client.get(reverse("admin:controlplane_policyversion_file", args=[1]))
    assert answer["Content-Disposition"] == 'attachment; filename="sallyport-policy-1.yaml"'
    assert document.digest(files.read(answer.content.decode())) == PolicyVersion.objects.get().digest
    assert client.get(reverse("admin:controlplane_policyversion_file", args=[9])).status_code == 404


def test_who_may_not_see_versions_may_not_download_one(client, staff):
    staff("view_role")
    assert client.get(reverse("admin:controlplane_policyversion_file", args=[1])).status_code == 403


# -- roll back


def test_a_roll_back_is_asked_about_and_recorded(client, carol, act, records):
    before = document.current()
    _edit(audio="deliver")
    first = PolicyVersion.objects.get(number=1)
    asked = client.post(LIST, {"action": "roll_back", "_selected_action": [str(first.pk)]}).content.decode()
    assert "Roll back to version 1?" in asked
    assert "audio deliver (UNREDACTED) → hold" in asked
    assert document.current() != before
    said = act(LIST, "roll_back", [first.pk], "heard by mistake").content.decode()
    assert "Policy 3 is in force." in said
    assert document.current() == before
    version = PolicyVersion.objects.latest()
    assert (version.reason, version.created_by) == ("rollback to version 1: heard by mistake", "carol")
    (changed,) = records("object.changed")
    assert changed.fields["changes"] == {"audio": {"before": "deliver", "after": "hold"}}
    assert changed.source_ip == "127.0.0.1"


def test_the_version_in_force_does_not_offer_to_go_back_to_itself(carol, page):
    _edit(idle_seconds=77)
    assert "Roll back" not in page(2)
    assert "Roll back to this version…" in page(1)


def test_two_versions_are_none_to_go_back_to(client, carol):
    _edit(idle_seconds=77)
    chosen = [str(key) for key in PolicyVersion.objects.values_list("pk", flat=True)]
    said = client.post(LIST, {"action": "roll_back", "_selected_action": chosen}, follow=True)
    assert "Choose one version to roll back to." in said.content.decode()


def test_who_may_only_look_cannot_roll_back(client, staff):
    staff("view_policyversion", "view_role", "change_role")
    first = PolicyVersion.objects.get()
    _edit(idle_seconds=77)
    posted = {"action": "roll_back", "_selected_action": [str(first.pk)], "apply": "1", "reason": "mine"}
    client.post(LIST, posted)
    assert PolicyVersion.objects.latest().number == 2


def test_who_may_change_versions_can_roll_back(staff, act):
    staff("view_policyversion", "change_policyversion")
    _edit(idle_seconds=77)
    act(LIST, "roll_back", [PolicyVersion.objects.get(number=1).pk], "agreed")
    assert PolicyVersion.objects.latest().number == 3


def test_nobody_rolls_back_his_own_role(client, carol, shop, records):
    _edit(idle_seconds=77)
    carol.roles.add(shop)
    first = PolicyVersion.objects.get(number=1)
    for posted in ({}, {"apply": "1", "reason": "for me"}):
        asked = {"action": "roll_back", "_selected_action": [str(first.pk)], **posted}
        said = client.post(LIST, asked, follow=True).content.decode()
        assert "You hold the role customer_support, which this would change." in said
    assert PolicyVersion.objects.latest().number == 2
    assert [denied.actor_label for denied in records("admin.denied")] == ["carol", "carol"]


def test_what_cannot_be_put_back_is_refused_with_its_path(client, carol, act):
    Role.objects.update(idle_seconds=77)
    version = publish_policy(actor=Actor("user", "1", "carol"))
    content = {
        **version.document,
        "roles": {"customer_support": {**version.document["roles"]["customer_support"]}},
    }
    content["roles"]["customer_support"]["audio"] = "loud"
    bad = PolicyVersion.objects.create(number=3, document=content, digest=document.digest(content))
    _edit(idle_seconds=78)
    asked = {"action": "roll_back", "_selected_action": [str(bad.pk)]}
    said = client.post(LIST, asked, follow=True).content.decode()
    assert "Refused: roles.customer_support.audio" in said

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from audit.models import Record
from controlplane.models import Role, SessionBinding, User

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/user/"


def change(user):
    return reverse("admin:controlplane_user_change", args=[user.pk])


def test_the_list_says_who_may_do_what_and_who_is_talking(client, carol, alice, binding):
    binding()
    binding()
    text = re.sub(r"\s+", " ", client.get(LIST).content.decode())
    assert "customer_support" in text
    assert f'/admin/controlplane/sessionbinding/?user__id__exact={alice.pk}">2 live sessions</a>' in text
    assert "none: no sessions" in text


def test_disabling_ends_the_sessions_and_records_why(client, carol, alice, binding, act):
    running, unused = binding(), binding("pending")
    page = act(LIST, "disable", [alice.pk], "left the company")
    assert "alice is disabled; 2 sessions ended." in page.content.decode()
    alice.refresh_from_db()
    assert not alice.is_active
    states = SessionBinding.objects.filter(pk__in=[running.pk, unused.pk]).values_list("state", "end_reason")
    assert set(states) == {("ended", "revoked")}
    record = Record.objects.get(verb="user.disabled")
    assert (record.actor_label, record.reason) == ("carol", "left the company")


def test_a_disabled_user_can_be_enabled(client, carol, alice, act):
    act(LIST, "disable", [alice.pk], "mistake")
    act(LIST, "enable", [alice.pk], "it was a mistake")
    alice.refresh_from_db()
    assert alice.is_active
    record = Record.objects.filter(verb="object.changed").latest("pk")
    assert record.fields["changes"] == {"is_active": {"before": False, "after": True}}
    assert record.reason == "it was a mistake"


def test_logging_out_everywhere_ends_sessions_and_leaves_the_user_enabled(client, carol, alice, binding, act):
    binding()
    act(LIST, "log_out", [alice.pk], "lost laptop")
    alice.refresh_from_db()
    assert alice.is_active
    assert alice.not_before is not None
    assert SessionBinding.objects.get().state == "ended"


def test_nobody_can_disable_themselves(client, carol):
    posted = {"action": "disable", "_selected_action": [carol.pk], "apply": "1", "reason": "oops"}
    assert "cannot disable yourself" in client.post(LIST, posted, follow=True).content.decode()
    carol.refresh_from_db()
    assert carol.is_active


def test_there_is_no_box_that_disables_without_ending_sessions(client, carol, alice, form_of):
    client.post(change(alice), {k: v for k, v in form_of(change(alice)).items() if k != "is_active"})
    alice.refresh_from_db()
    assert alice.is_active
    assert 'name="is_active"' not in client.get(change(alice)).content.decode()


def test_roles_and_attributes_can_be_edited_and_are_recorded(client, carol, alice, shop, form_of):
    analyst = Role.objects.create(name="analyst")
    posted = form_of(change(alice)) | {
        "roles": [shop.pk, analyst.pk],
        "attributes": '{"account_id": "acct_42"}',
    }
    assert client.post(change(alice), posted).status_code == 302
    alice.refresh_from_db()
    assert (alice.attributes, alice.roles.count()) == ({"account_id": "acct_42"}, 2)
    changes = Record.objects.filter(verb="object.changed").latest("pk").fields["changes"]
    assert changes["roles"] == {"before": ["customer_support"], "after": ["analyst", "customer_support"]}


def test_no_box_takes_a_role_away_without_a_word(client, carol, alice, form_of):
    page = client.post(change(alice), form_of(change(alice)) | {"roles": []})
    assert "Take a role away" in str(page.context["adminform"].form.errors["roles"])
    assert alice.roles.count() == 1


def test_a_role_is_taken_away_with_a_reason_and_what_runs_as_it_ends(client, carol, alice, shop, binding):
    binding(), binding("pending")
    posted = {"action": "take_role", "_selected_action": [alice.pk]}
    asked = client.post(LIST, posted)
    assert "2 sessions, unused tickets among them" in asked.content.decode()
    assert list(asked.context["form"].fields["role"].queryset) == [shop]
    for answers in ({"reason": "moved on"}, {"role": shop.pk, "reason": " "}):
        assert client.post(LIST, posted | {"apply": "1"} | answers).context["form"].errors
    assert alice.roles.count() == 1
    confirmed = posted | {"apply": "1", "role": shop.pk, "reason": "moved on"}
    page = client.post(LIST, confirmed, follow=True).content.decode()
    assert "User alice no longer speaks as customer_support; 2 sessions ended." in page
    assert not SessionBinding.objects.exclude(state="ended").exists()
    record = Record.objects.filter(verb="object.changed").latest("pk")
    assert (record.actor_label, record.reason) == ("carol", "moved on")


def test_nobody_takes_a_role_from_himself_or_from_a_superuser(client, carol, staff, shop):
    carol.roles.add(shop)
    posted = {
        "action": "take_role",
        "_selected_action": [carol.pk],
        "apply": "1",
        "role": shop.pk,
        "reason": "x",
    }
    assert "cannot change your own roles" in client.post(LIST, posted, follow=True).content.decode()
    staff("view_user", "change_user")
    assert "Only a superuser" in client.post(LIST, posted, follow=True).content.decode()
    assert carol.roles.count() == 1


def test_who_disables_or_logs_out_is_told_how_much_ends(client, carol, alice, binding):
    binding(), binding("pending"), binding("ended")
    for action in ("disable", "log_out"):
        asked = client.post(LIST, {"action": action, "_selected_action": [alice.pk]}).content.decode()
        assert "What ends now: 2 sessions, unused tickets among them." in asked


def test_bad_attributes_are_refused_at_the_field(client, carol, alice, form_of):
    page = client.post(change(alice), form_of(change(alice)) | {"attributes": '["a"]'})
    assert "must be a JSON object" in str(page.context["adminform"].form.errors["attributes"])


def test_a_new_user_is_recorded_without_the_password(client, carol, shop):
    posted = {
        "username": "eve",
        "usable_password": "true",
        "password1": "eves-Password-91",
        "password2": "eves-Password-91",
        "roles": [shop.pk],
    }
    assert client.post(reverse("admin:controlplane_user_add"), posted).status_code == 302
    record = Record.objects.get(verb="object.created")
    assert record.fields["changes"]["username"]["after"] == "eve"
    assert record.fields["changes"]["roles"]["after"] == ["customer_support"]
    assert "eves-Password-91" not in str(record.fields)
    assert User.objects.get(username="eve").roles.get() == shop


def test_editing_users_is_no_way_to_become_a_superuser(client, staff, alice, form_of):
    oscar = staff("view_user", "change_user")
    page = client.get(change(oscar)).content.decode()
    assert 'name="is_superuser"' not in page
    client.post(change(oscar), form_of(change(oscar)) | {"is_superuser": "on", "user_permissions": ["1"]})
    oscar.refresh_from_db()
    assert not oscar.is_superuser
    assert oscar.user_permissions.count() == 2


def test_a_superuser_is_out_of_reach_of_other_staff(client, staff, shop):
    root = User.objects.create_superuser("root", password="root-password-1")
    staff("view_user", "change_user")
    assert "_save" not in client.get(change(root)).content.decode()
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.get(password).status_code == 403
    posted = {"action": "disable", "_selected_action": [root.pk], "apply": "1", "reason": "x"}
    assert "Only a superuser" in client.post(LIST, posted, follow=True).content.decode()
    root.refresh_from_db()
    assert root.is_active


def test_the_page_offers_what_makes_sense_now(client, carol, alice):
    def offered():
        return re.findall(r'name="action" value="(\w+)"', client.get(change(alice)).content.decode())

    assert offered() == ["disable", "log_out", "take_role"]
    User.objects.update(is_active=False)
    User.objects.filter(pk=carol.pk).update(is_active=True)
    assert offered() == ["enable"]


def test_many_users_need_no_more_questions(carol, shop, binding, questions):
    few = questions(LIST)
    for n in range(30):
        user = User.objects.create_user(f"user{n}")
        user.roles.add(shop)
        binding(user=user)
    assert questions(LIST) == few

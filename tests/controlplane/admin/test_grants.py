from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import Record
from controlplane.models import PolicyVersion, Role, Tool, ToolGrant

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/toolgrant/"
ADD = f"{LIST}add/"


def change(grant):
    return reverse("admin:controlplane_toolgrant_change", args=[grant.pk])


@pytest.fixture
def grant(shop):
    return ToolGrant.objects.get()


@pytest.fixture
def save(client, form_of):
    def post(url, **posted):
        return client.post(url, form_of(url) | posted)

    return post


def said(client, url):
    return [str(message) for message in client.get(url).context["messages"]]


def published():
    return PolicyVersion.objects.latest().document["roles"]["customer_support"]["grants"]


def test_rules_reach_the_record_and_the_policy(client, carol, grant, save):
    rules = '{"account_id": {"owned": "account_id"}}'
    assert save(change(grant), rules=rules, per_session="3", approver="supervisor").status_code == 302
    record = Record.objects.filter(verb="object.changed").latest("pk")
    assert record.subject == f"toolgrant:{grant.pk}"
    assert record.fields["changes"] == {
        "rules": {"before": {}, "after": {"account_id": {"owned": "account_id"}}},
        "per_session": {"before": None, "after": 3},
        "approver": {"before": "none", "after": "supervisor"},
    }
    found = published()["get_account_status"]
    assert (found["rules"], found["per_session"], found["approver"]) == (
        {"account_id": {"owned": "account_id"}},
        3,
        "supervisor",
    )


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"rules": '{"acount_id": {"owned": "account_id"}}'}, "rules"),
        ({"rules": '{"account_id": {"at_mots": 5}}'}, "rules"),
        ({"rules": "[]"}, "rules"),
        ({"rules": "{"}, "rules"),
        ({"condition": "args.amount <"}, "condition"),
        ({"condition": "secrets.key == 'x'"}, "condition"),
        ({"per_session": "-1"}, "per_session"),
        ({"approver": "nobody"}, "approver"),
        ({"approval_seconds": "4"}, "approval_seconds"),
        ({"approver": "user", "streams_arguments": "on"}, "streams_arguments"),
        ({"visible_fields": '["*"]'}, "visible_fields"),
        ({"mode": "maybe"}, "mode"),
    ],
)
def test_errors_stand_at_their_field(client, carol, grant, save, posted, field):
    page = save(change(grant), **posted)
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


def test_a_grant_is_given_on_its_own_page(client, carol, shop, save):
    tool = Tool.objects.get(name="refund_order")
    assert save(ADD, role=shop.pk, tool=tool.pk, note="since the pilot").status_code == 302
    assert published()["refund_order"]["approver"] == "none"
    created = Record.objects.filter(verb="object.created").latest("pk").fields["changes"]
    assert created["role"] == {"before": None, "after": "customer_support"}


def test_a_tool_is_granted_once_and_a_second_time_is_refused_with_a_sentence(client, carol, grant, save):
    page = save(ADD, role=grant.role.pk, tool=grant.tool.pk)
    assert page.status_code == 200
    assert "This role has been granted this tool already." in page.content.decode()


def test_a_grant_stays_with_its_role_and_its_tool(client, carol, grant, save):
    other = Tool.objects.get(name="refund_order")
    role = Role.objects.create(name="analyst")
    save(change(grant), tool=other.pk, role=role.pk, note="moved")
    grant.refresh_from_db()
    assert (grant.tool.name, grant.role.name, grant.note) == (
        "get_account_status",
        "customer_support",
        "moved",
    )


def test_an_edit_that_widens_is_told_on_the_page(client, carol, grant, save):
    ToolGrant.objects.update(approver="supervisor", per_day=3)
    save(change(grant), approver="none", per_day="", mode="shadow")
    found = " ".join(said(client, LIST))
    assert "nobody has to agree to a call any more; until now it was a supervisor." in found
    assert "calls per day are no longer limited." in found
    assert "are only tried from now on." in found


def test_an_edit_that_narrows_is_not(client, carol, grant, save):
    save(change(grant), approver="supervisor", per_day="3")
    assert not any("Is this what you want" in sentence for sentence in said(client, LIST))


def test_an_attribute_that_nobody_has_is_told_and_saved(client, carol, grant, save, alice):
    assert save(change(grant), rules='{"account_id": {"owned": "account_id"}}').status_code == 302
    assert any("no user of the role has the attribute account_id" in each for each in said(client, LIST))
    alice.attributes = {"account_id": "acct_42"}
    alice.save()
    save(change(grant), note="again")
    assert not any("has the attribute" in sentence for sentence in said(client, LIST))


def test_the_list_says_how_far_each_grant_goes(client, carol, grant):
    ToolGrant.objects.update(
        rules={"account_id": {"owned": "account_id"}}, per_day=3, approver="user", mode="shadow"
    )
    page = client.get(LIST).content.decode()
    assert '<td class="field-narrowed">rules on account_id and 3 per day</td>' in page
    assert '<td class="field-agreement">the user</td>' in page
    assert '<td class="field-mode_"><span class="badge badge-care">shadow</span></td>' in page


def test_the_role_s_page_leads_to_the_rules(client, carol, grant):
    ToolGrant.objects.update(condition="true", approver="supervisor", mode="shadow")
    page = client.get(reverse("admin:controlplane_role_change", args=[grant.role.pk])).content.decode()
    assert f'href="{change(grant)}">rules…</a>' in page
    assert "a condition; approved by a supervisor" in page
    assert '<span class="badge badge-care">shadow</span>' in page


def test_a_fault_in_a_field_that_the_role_s_page_lacks_is_told_there(client, carol, grant, form_of):
    ToolGrant.objects.update(rules={"account_id": {"max_length": 5}})
    bare = Tool.objects.create(name="bare", parameters={"type": "object"})
    url = reverse("admin:controlplane_role_change", args=[grant.role.pk])
    page = client.post(url, form_of(url) | {"grants-0-tool": bare.pk})
    assert page.status_code == 200
    assert "rules: account_id: the tool&#x27;s schema has no such argument" in page.content.decode()


def test_a_grant_with_a_fault_can_still_be_revoked(client, carol, grant, form_of, act):
    ToolGrant.objects.update(rules={"gone": {"at_most": 5}})
    url = reverse("admin:controlplane_role_change", args=[grant.role.pk])
    assert client.post(url, form_of(url) | {"grants-0-revoke": "on"}).status_code == 302
    assert published() == {}


def test_a_widening_edit_on_the_role_s_page_is_told_too(client, carol, grant, form_of):
    url = reverse("admin:controlplane_role_change", args=[grant.role.pk])
    client.post(url, form_of(url) | {"grants-0-hidden_fields": "[]"})
    assert any("the model sees margin of the result now" in sentence for sentence in said(client, LIST))


def test_a_retired_grant_denies(client, carol, grant, act):
    act(LIST, "retire", [grant.pk], "no longer needed")
    assert published() == {}


def test_many_grants_need_no_more_questions(carol, grant, questions):
    few = questions(LIST)
    for n in range(30):
        ToolGrant.objects.create(role=Role.objects.create(name=f"role{n}"), tool=grant.tool)
    assert questions(LIST) == few

"""The page of the simulator, over real rows."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from controlplane.models import DailyCalls, ToolGrant
from controlplane.operations.policy import publish_policy
from tests.controlplane.deciding import decided
from tests.people import TESTER

pytestmark = pytest.mark.django_db
PAGE = "/admin/simulate/"
ASKED = {
    "user": "alice",
    "role": "customer_support",
    "tool": "get_account_status",
    "arguments": '{"account_id": "a"}',
}


@pytest.fixture(autouse=True)
def _alice(alice):
    pass


def text(response):
    assert response.status_code == 200, response
    return re.sub(r"\s+", " ", response.content.decode())


def permalink(page):
    return re.search(r'href="([^"]+)">Link to this question', page)[1].replace("&amp;", "&")


def test_an_empty_form_asks_nothing(client, carol, records):
    page = text(client.get(PAGE))
    assert "Question" in page
    assert 'id="answer"' not in page
    assert records("policy.simulated") == []


def test_the_answer_is_told_in_words_with_every_rule_that_was_asked(client, carol):
    page = text(client.get(PAGE, ASKED))
    assert "The call would be made as it is." in page
    assert "hide fields: fields margin" in page
    for rule in ("policy_stale", "schema", "caps", "grant:get_account_status"):
        assert f"<code>{rule}</code>" in page
    denied = text(client.get(PAGE, ASKED | {"tool": "refund_order"}))
    assert "The call would be denied." in denied
    assert "This action is not available." in denied
    assert "none are delivered" in denied


def test_the_link_asks_exactly_this_again_whatever_is_edited_since(client, carol):
    link = permalink(text(client.get(PAGE, ASKED)))
    query = parse_qs(urlsplit(link).query)
    assert query["policy_version"] == ["1"]
    assert query["tool_on_day"] == ["0"]
    assert query["now"][0].endswith("+00:00")
    ToolGrant.objects.update(per_day=0)
    publish_policy(actor=TESTER)
    assert "would be denied" in text(client.get(PAGE, ASKED))
    again = text(client.get(link))
    assert "The call would be made as it is." in again
    assert permalink(again) == link


def test_facts_of_the_form_are_the_facts_of_the_decision(client, carol):
    ToolGrant.objects.update(per_session=1, condition="session.calls < 3", approver="supervisor")
    publish_policy(actor=TESTER)
    assert "would wait until a person agrees" in text(client.get(PAGE, ASKED))
    assert "would be made as it is" in text(client.get(PAGE, ASKED | {"approved": "on"}))
    assert "cap:per_session" in text(client.get(PAGE, ASKED | {"tool_in_session": "1"}))
    assert "condition" in text(client.get(PAGE, ASKED | {"session": '{"calls": 3}'}))


def test_rules_that_are_only_tried_are_shown_beside_the_answer(client, carol):
    ToolGrant.objects.update(mode="shadow", per_turn=0)
    publish_policy(actor=TESTER)
    page = text(client.get(PAGE, ASKED))
    assert "If the rules were enforced" in page
    assert "cap:per_turn" in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"user": "nobody"}, "There is no such user."),
        ({"role": "nothing"}, "has no role nothing"),
        ({"policy_version": "77"}, "there is no policy 77"),
        ({"session": "{"}, "This is no JSON"),
        ({"session": "[" * 1000}, "This is no JSON"),
        ({"session": '{"id": "\\ud800"}'}, "This is no JSON"),
        ({"session": '{"x": 1}'}, "There is no session.x."),
        ({"now": "noon"}, "Expected a time"),
        ({"engine": "x"}, "Select a valid choice"),
        ({"tool": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_asked_is_told_at_its_field(client, carol, records, given, said):
    page = text(client.get(PAGE, ASKED | given))
    assert said in page
    assert 'id="answer"' not in page
    assert records("policy.simulated") == []


def test_the_question_is_on_record_without_its_arguments(client, carol, records):
    client.get(PAGE, ASKED | {"arguments": '{"account_id": "acct_77"}'})
    (record,) = records("policy.simulated")
    assert record.actor_label == "carol"
    assert record.fields["username"] == "alice"
    assert "acct_77" not in str(record.fields)
    assert not DailyCalls.objects.exists()


def test_it_needs_the_sight_of_policy_and_of_users(client, staff):
    staff("view_policyversion")
    assert client.get(PAGE).status_code == 403
    assert "Simulator" not in text(client.get("/admin/"))


def test_both_permissions_are_enough_and_the_start_page_leads_there(client, staff):
    staff("view_policyversion", "view_user")
    assert client.get(PAGE, ASKED).status_code == 200
    assert f'href="{PAGE}"' in text(client.get("/admin/"))


def test_who_is_not_signed_in_is_sent_to_sign_in(client):
    assert client.get(PAGE).status_code == 302


def test_it_is_only_read(client, carol):
    assert client.post(PAGE, ASKED).status_code == 405


def test_nothing_on_the_page_is_script_or_inline_style(client, carol):
    page = text(client.get(PAGE, ASKED | {"tool": "<script>alert(1)</script>"}))
    main = page[page.index('id="content-main"') :]
    assert "<script>alert" not in page
    assert "style=" not in main
    assert "onclick" not in main


# -- from a record


def test_a_decision_on_record_opens_with_all_that_was_recorded(client, carol, records):
    ToolGrant.objects.update(per_session=2)
    publish_policy(actor=TESTER)
    row = decided("get_account_status", '{"account_id": "123-45-6789"}', tool_in_session=2, approved="x" * 64)
    page = text(client.get(reverse("admin:audit_record_change", args=[row.pk])))
    assert f'href="{PAGE}?record={row.pk}">Open in simulator' in page
    response = client.get(PAGE, {"record": row.pk})
    assert response.status_code == 302
    query = parse_qs(urlsplit(response["Location"]).query)
    assert query["user"] == ["alice"]
    assert query["policy_version"] == [str(row.policy_version)]
    assert query["tool_in_session"] == ["2"]
    assert query["approved"] == ["on"]
    assert "123-45-6789" not in response["Location"]
    assert "cap:per_session" in text(client.get(response["Location"]))
    assert records("audit.read")[-1].fields == {"view": "simulator", "record": row.pk}


def test_who_may_not_read_records_does_not_read_them_here(client, staff):
    row = decided("get_account_status")
    staff("view_policyversion", "view_user")
    assert client.get(PAGE, {"record": row.pk}).status_code == 403


def test_who_may_not_ask_is_not_led_here(client, dana):
    row = decided("get_account_status")
    page = text(client.get(reverse("admin:audit_record_change", args=[row.pk])))
    assert "Open in simulator" not in page


def test_other_records_are_no_questions(client, carol, records):
    client.get(PAGE, ASKED)
    other = records("policy.simulated")[0]
    assert "Open in simulator" not in text(client.get(reverse("admin:audit_record_change", args=[other.pk])))
    for number in (other.pk, 0, "x", "9" * 30):
        assert client.get(PAGE, {"record": number}).status_code == 404

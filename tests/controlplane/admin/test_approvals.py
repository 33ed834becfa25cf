from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse

from audit.models import Record
from controlplane.admin.approvals import readable
from controlplane.models import Approval, User
from controlplane.operations import approvals
from controlplane.operations.admission import actor_of
from guard.core.approval import Approver
from tests.controlplane.asked import wanted

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/approval/"


@pytest.fixture
def ask(binding):
    """``ask()``: a running session of alice asks for consent."""

    def make(number=1, of=None, **values):
        session = of or binding()
        values = {"policy_version": 1} | values
        return approvals.request(
            actor=actor_of(session), session_id=session.pk, request=wanted(number, **values)
        )

    return make


def change(row):
    return reverse("admin:controlplane_approval_change", args=[row.pk])


def shown(response):
    return [row.pk for row in response.context["cl"].result_list]


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def lapse(row):
    Approval.objects.filter(pk=row.pk).update(
        requested_at=Now() - timedelta(minutes=2), expires_at=Now() - timedelta(minutes=1)
    )


def test_the_queue_shows_what_waits_first_and_then_what_is_over(client, carol, ask):
    over, late, soon = ask(), ask(seconds=90), ask(seconds=30)
    lapse(over)
    assert shown(client.get(LIST)) == [soon.pk, late.pk, over.pk]
    assert shown(client.get(LIST, {"state": "pending"})) == [soon.pk, late.pk]
    assert shown(client.get(LIST, {"state": "expired"})) == [over.pk]
    page = text(client.get(LIST))
    assert "2 calls wait for approval." in page
    assert '<span class="badge badge-plain">expired</span>' in page


def test_a_line_shows_who_wants_what_as_what_and_until_when(client, carol, ask):
    row = ask(arguments='{"order_id":"A17","amount":12.50}')
    page = text(client.get(LIST))
    assert "&quot;order_id&quot;: &quot;A17&quot;,\n  &quot;amount&quot;: 12.50" in page
    assert reverse("admin:controlplane_sessionbinding_change", args=[row.binding_id]) in page
    assert ">alice</a>" in page
    assert "customer_support" in page
    assert re.search(r">(1 min|59 s|58 s)<", page)


def test_arguments_are_shown_as_they_are_and_hide_nothing():
    assert readable('{"a":1e400,"a":0.10}') == '{\n  "a": 1e400,\n  "a": 0.10\n}'
    assert readable('{"to":"\u202eevil\u200b"}') == '{\n  "to": "\\u202eevil\\u200b"\n}'
    assert readable("not json \x1b[2J") == "not json \\u001b[2J"


def test_markup_in_arguments_is_text(client, carol, ask):
    row = ask(arguments='{"a":"<script>alert(1)</script>"}')
    for url in (LIST, change(row)):
        assert "<script>alert" not in text(client.get(url))


@pytest.mark.parametrize(("action", "state"), [("approve", "approved"), ("deny", "denied")])
def test_an_answer_asks_for_a_reason_and_shows_the_arguments_again(client, carol, ask, act, action, state):
    row = ask()
    asked = text(client.post(LIST, {"action": action, "_selected_action": [str(row.pk)]}))
    assert "&quot;order_id&quot;: &quot;A17&quot;" in asked
    assert str(row.binding_id) in asked
    assert "alice, as customer_support" in asked
    assert Approval.objects.get().state == "pending"
    page = act(LIST, action, [row.pk], "checked")
    assert f"1 call {state}." in text(page)
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.reason) == (state, "carol", "checked")
    record = Record.objects.get(verb="approval.decided")
    assert (record.actor_label, record.outcome, record.reason) == ("carol", state, "checked")


def test_the_button_of_a_row_leads_to_the_same_question(client, carol, ask):
    row, other = ask(), ask()
    value = f"approve:{row.pk}"
    assert f'name="answer" value="{value}"' in text(client.get(LIST))
    # A browser posts the ticked boxes and the chosen action along: the button alone counts.
    posted = {"answer": value, "action": "deny", "_selected_action": [str(other.pk)], "index": "0"}
    asked = client.post(LIST, posted | {"select_across": "1"})
    assert asked.templates[0].name == "admin/controlplane/confirmation.html"
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text(asked)))
    assert (hidden["action"], hidden["_selected_action"]) == ("approve", str(row.pk))
    assert hidden["select_across"] == "0"
    client.post(LIST, hidden | {"reason": "checked"})
    assert dict(Approval.objects.values_list("pk", "state")) == {row.pk: "approved", other.pk: "pending"}


def test_the_page_of_a_request_has_the_buttons_while_it_waits(client, carol, ask):
    row = ask()
    assert "Approve…" in text(client.get(change(row)))
    lapse(row)
    page = text(client.get(change(row)))
    assert "Approve…" not in page
    assert "&quot;order_id&quot;: &quot;A17&quot;" in page


def test_nobody_is_offered_or_given_his_own_request(client, carol, ask, binding, act):
    row = ask(of=binding(user=carol))
    page = text(client.get(LIST))
    assert "somebody else decides" in page
    assert "Approve…</button>" not in page
    assert "Approve…</button>" not in text(client.get(change(row)))
    page = act(LIST, "approve", [row.pk], "mine")
    assert "Somebody else must decide on your own request." in text(page)
    assert Approval.objects.get().state == "pending"
    assert Record.objects.get(verb="approval.refused").rule == "own_request"


def test_what_the_user_confirms_is_seen_and_not_decided_here(client, carol, ask, act):
    row = ask(approver=Approver.USER)
    assert "the user confirms" in text(client.get(LIST))
    page = act(LIST, "approve", [row.pk], "helpful")
    assert "Only the user who speaks can confirm this call." in text(page)
    assert Approval.objects.get().state == "pending"


def test_who_comes_too_late_is_told(client, carol, ask, act):
    row = ask()
    lapse(row)
    assert "It is too late: the request has expired." in text(act(LIST, "approve", [row.pk], "late"))


def test_the_permission_opens_the_queue_and_nothing_else_does(client, staff, ask):
    row = ask()
    staff("decide_approval")
    assert "Approve…</button>" in text(client.get(LIST))
    User.objects.get(username="oscar").delete()
    staff("view_approval")
    page = text(client.get(LIST))
    assert "Approve…</button>" not in page
    assert '<option value="approve">' not in page
    posted = {"action": "approve", "_selected_action": [str(row.pk)], "apply": "1", "reason": "x"}
    client.post(LIST, posted)
    client.post(LIST, {"answer": f"approve:{row.pk}", "apply": "1", "reason": "x"})
    assert Approval.objects.get().state == "pending"
    User.objects.get(username="oscar").delete()
    staff("change_approval", "view_lock")
    client.post(LIST, posted)
    assert Approval.objects.get().state == "pending"


def test_nothing_can_be_added_edited_or_deleted(client, carol, ask):
    row = ask()
    page = text(client.get(change(row)))
    assert "_save" not in page
    assert client.post(change(row), {"state": "approved"}).status_code == 403
    assert client.get(reverse("admin:controlplane_approval_add")).status_code == 403
    assert client.get(reverse("admin:controlplane_approval_delete", args=[row.pk])).status_code == 403


def test_all_that_match_cannot_be_approved_unread(client, carol, ask, binding):
    session = binding()
    rows = [ask(number, of=session) for number in range(3)]
    posted = {"action": "approve", "_selected_action": [str(rows[0].pk)], "select_across": "1"}
    page = client.post(LIST, posted | {"apply": "1", "reason": "all"}, follow=True)
    assert "each must be read" in text(page)
    assert not Approval.objects.exclude(state="pending").exists()


def test_a_request_is_found_by_its_session_and_by_its_user(client, carol, ask):
    row, other = ask(), ask()
    assert shown(client.get(LIST, {"q": str(row.binding_id)})) == [row.pk]
    assert set(shown(client.get(LIST, {"q": "alice"}))) == {row.pk, other.pk}
    assert shown(client.get(LIST, {"q": "alic"})) == []


def test_the_list_can_update_itself_and_says_so_to_screen_readers(client, carol, ask):
    for url in (LIST, LIST + "?state=used"):  # an empty list too: the first request must appear on it
        page = text(client.get(url))
        # Deferred: in the head of the page, where Django puts it, it would run before there is a list.
        assert re.search(r'<script src="/static/controlplane/queue\.js" defer>', page)
        assert re.search(r'<span id="queue-note" role="status" aria-live="polite">', page)
    script = (Path(settings.BASE_DIR) / "controlplane/static/controlplane/queue.js").read_text()
    for hook in ("queue-note", "queue-state", "changelist-form", "result_list"):
        assert hook in script
    assert "changelist-form" in page
    ask()
    assert 'id="result_list"' in text(client.get(LIST))


def test_what_is_over_is_left_without_an_answer(client, carol, ask):
    lapse(ask())
    assert '<td class="field-answer"></td>' in text(client.get(LIST))


def test_the_start_page_counts_what_waits(client, carol, ask):
    ask()
    lapse(ask())
    page = re.sub(r"\s+", " ", text(client.get("/admin/")))
    assert "<strong>1</strong> <span>tool calls waiting for approval</span>" in page


def test_many_requests_need_no_more_questions(carol, ask, questions, binding):
    ask()
    few = questions(LIST)
    for _ in range(4):
        session = binding()
        for number in range(8):
            ask(number, of=session)
    assert questions(LIST) == few

from __future__ import annotations

import re
import uuid

import pytest
from django.urls import reverse

from audit import log
from audit.actors import Actor
from audit.models import Record
from controlplane.models import SessionBinding

pytestmark = pytest.mark.django_db
LIST = "/admin/controlplane/sessionbinding/"


def change(row):
    return reverse("admin:controlplane_sessionbinding_change", args=[row.pk])


def shown(response):
    return {row.pk for row in response.context["cl"].result_list}


def test_the_list_opens_on_active_sessions(client, carol, binding):
    active, pending, ended = binding(), binding("pending"), binding("ended")
    assert shown(client.get(LIST)) == {active.pk}
    assert shown(client.get(LIST, {"state": "all"})) == {active.pk, pending.pk, ended.pk}
    assert shown(client.get(LIST, {"state": "ended"})) == {ended.pk}


def test_a_line_says_who_as_what_and_how_long_still(client, carol, binding):
    row = binding()
    for n, outcome in enumerate(("deny", "deny", "allow")):
        log.record(
            "tool.decided",
            actor=Actor("session", str(row.pk), "alice"),
            session_id=str(row.pk),
            subject=f"c{n}",
            outcome=outcome,
        )
    text = client.get(LIST).content.decode()
    assert re.search(r">26 min( \d+ s)?<", text)
    assert '<td class="field-role nowrap">customer_support</td>' in text
    assert '<span class="nowrap">1 allowed</span>' in text
    assert '<span class="badge badge-bad">2 denied</span>' in text
    assert reverse("admin:audit_record_timeline", args=[row.pk]) in text


def test_the_digest_of_the_ticket_is_on_no_page(client, carol, binding):
    row = binding()
    for url in (LIST, change(row)):
        text = client.get(url).content.decode()
        assert bytes(row.ticket_digest).hex() not in text
        assert "digest" not in text


def test_ending_a_session_asks_for_a_reason_and_records_it(client, carol, binding, act):
    row = binding()
    page = act(LIST, "end_sessions", [row.pk], "caller was abusive")
    assert "1 session ended." in page.content.decode()
    row.refresh_from_db()
    assert (row.state, row.end_reason) == ("ended", "revoked")
    record = Record.objects.get(verb="session.ended")
    assert (record.actor_label, record.reason) == ("carol", "caller was abusive")
    assert record.session_id == str(row.pk)


def test_who_ends_sessions_is_told_how_many_still_run(client, carol, binding):
    chosen = [binding().pk, binding("pending").pk, binding("ended").pk]
    asked = client.post(LIST + "?state=all", {"action": "end_sessions", "_selected_action": chosen})
    assert "What ends now: 2 sessions, unused tickets among them." in asked.content.decode()


def test_an_ended_session_is_not_ended_twice(client, carol, binding, act):
    row = binding("ended")
    page = act(LIST + "?state=all", "end_sessions", [row.pk], "again")
    assert "0 sessions ended." in page.content.decode()
    assert not Record.objects.filter(verb="session.ended").exists()


def test_the_button_on_the_page_leads_to_the_same_question(client, carol, binding):
    row = binding("pending")
    page = client.get(change(row)).content.decode()
    action = re.search(r'<form method="post" action="([^"]+)">', page)[1]
    posted = {
        "action": "end_sessions",
        "_selected_action": [str(row.pk)],
        "apply": "1",
        "reason": "wrong user",
    }
    client.post(action, posted)
    row.refresh_from_db()
    assert row.state == "ended"


def test_a_session_is_found_by_its_id_and_by_its_user(client, carol, binding):
    row = binding("ended")
    assert shown(client.get(LIST, {"q": str(row.pk)})) == {row.pk}
    assert shown(client.get(LIST, {"q": "alice"})) == {row.pk}
    assert shown(client.get(LIST, {"q": "alic"})) == set()
    assert shown(client.get(LIST, {"q": str(uuid.uuid4())})) == set()


def test_nothing_on_the_page_can_be_edited(client, carol, binding):
    row = binding()
    page = client.get(change(row)).content.decode()
    assert "_save" not in page
    assert client.post(change(row), {"state": "ended"}).status_code == 403
    assert client.get(reverse("admin:controlplane_sessionbinding_add")).status_code == 403


def test_ending_needs_the_permission(client, staff, binding):
    row = binding()
    staff("view_sessionbinding")
    posted = {"action": "end_sessions", "_selected_action": [str(row.pk)], "apply": "1", "reason": "x"}
    client.post(LIST, posted)
    row.refresh_from_db()
    assert row.state == "active"


def test_many_sessions_need_no_more_questions(carol, binding, questions):
    binding()
    few = questions(LIST)
    for _ in range(40):
        binding()
    assert SessionBinding.objects.count() == 41
    assert questions(LIST) == few

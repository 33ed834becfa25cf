"""The pages over real rows. Reading is open to whoever holds the view permission; writing to nobody."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import admin as pages
from audit import log
from audit.actors import Actor
from audit.models import Record

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/record/"
SESSION = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def carol(client):
    user = get_user_model().objects.create_superuser("carol", password="pw")
    client.force_login(user)
    return user


@pytest.fixture
def dana(client):
    user = get_user_model().objects.create_user("dana", password="pw", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_record"))
    client.force_login(user)
    return user


def decided(subject="call_1", outcome="deny", **more):
    defaults = {
        "actor": Actor("session", SESSION, "alice"),
        "session_id": SESSION,
        "role": "customer_support",
        "rule": "default_deny",
        "policy_version": 12,
        "fields": {"tool": "refund_order", "arguments": {"amount": 42}},
    }
    return log.record("tool.decided", subject=subject, outcome=outcome, **(defaults | more))


def text(response):
    return response.content.decode()


def test_the_list_reads_as_sentences_with_badges(client, dana):
    decided()
    page = text(client.get(LIST))
    assert "alice called refund_order: deny" in page
    assert '<span class="badge badge-bad">deny</span>' in page
    assert reverse("admin:audit_record_timeline", args=[SESSION]) in page
    assert "v12" in page
    assert "UTC" in page


def test_each_reading_is_recorded_once_with_its_filter(client, dana):
    row = decided()
    client.get(LIST, {"q": "alice", "outcome": "deny"})
    client.get(reverse("admin:audit_record_change", args=[row.pk]))
    client.get(reverse("admin:audit_record_timeline", args=[SESSION]))
    reads = Record.objects.filter(verb="audit.read").order_by("pk")
    assert [read.fields for read in reads] == [
        {"view": "list", "filter": "q=alice&outcome=deny"},
        {"view": "record", "record": row.pk},
        {"view": "timeline", "filter": "after=0"},
    ]
    assert {read.actor_label for read in reads} == {"dana"}
    assert [read.subject for read in reads] == ["", f"record:{row.pk}", f"session:{SESSION}"]


@pytest.mark.parametrize("view", ["list", "record", "timeline"])
def test_what_cannot_be_recorded_is_not_read(client, dana, monkeypatch, view):
    row = decided()
    url = {
        "list": LIST,
        "record": reverse("admin:audit_record_change", args=[row.pk]),
        "timeline": reverse("admin:audit_record_timeline", args=[SESSION]),
    }[view]

    def refuse(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(log, "record", refuse)
    with pytest.raises(DatabaseError, match="disk full"):
        client.get(url)


def test_the_readers_own_traces_do_not_crowd_the_list_but_can_be_asked_for(client, dana):
    client.get(LIST)
    assert "dana read the audit log" not in text(client.get(LIST))
    assert "dana read the audit log" in text(client.get(LIST, {"about": "audit"}))
    assert "dana read the audit log" in text(client.get(LIST, {"q": "dana"}))


def test_filters_narrow_the_list(client, dana):
    decided("call_1", "deny")
    decided("call_2", "allow", role="analyst")

    def shown(**query):
        return sorted(row.subject for row in client.get(LIST, query).context["cl"].result_list)

    assert shown() == ["call_1", "call_2"]
    assert shown(outcome="deny") == ["call_1"]
    assert shown(role="analyst") == ["call_2"]
    assert shown(verb="tool.result") == []
    assert shown(about="tool") == ["call_1", "call_2"]
    assert shown(session_id=SESSION) == ["call_1", "call_2"]
    assert shown(period="month", outcome="allow") == ["call_2"]


@pytest.mark.parametrize("term", [SESSION, "alice", "call_1"])
def test_search_is_exact_on_session_actor_and_call(client, dana, term):
    decided()
    assert len(client.get(LIST, {"q": term}).context["cl"].result_list) == 1
    assert len(client.get(LIST, {"q": term[:-1]}).context["cl"].result_list) == 0


def test_the_detail_shows_before_and_after(client, dana):
    changes = {"idle_seconds": {"before": 300, "after": 60}}
    fields = {"model": "role", "label": "support", "changes": changes}
    row = log.record("object.changed", actor=Actor("user", "1", "carol"), fields=fields)
    page = re.sub(r"\s+", " ", text(client.get(reverse("admin:audit_record_change", args=[row.pk]))))
    assert "carol changed role “support”" in page
    assert '<pre class="before">300</pre></td><td><pre class="after">60</pre>' in page


def test_the_timeline_is_in_order_and_goes_on_over_pages(client, dana, monkeypatch):
    monkeypatch.setattr(pages, "TIMELINE_ROWS", 2)
    rows = [decided(f"call_{n}") for n in range(3)]
    first = client.get(reverse("admin:audit_record_timeline", args=[SESSION]))
    assert [line["row"].pk for line in first.context["lines"]] == [rows[0].pk, rows[1].pk]
    assert f"?after={rows[1].pk}" in text(first)
    second = client.get(reverse("admin:audit_record_timeline", args=[SESSION]), {"after": rows[1].pk})
    assert [line["row"].pk for line in second.context["lines"]] == [rows[2].pk]
    assert "Next lines" not in text(second)


@pytest.mark.parametrize(("who", "linked"), [("carol", True), ("dana", False)])
def test_the_timeline_leads_to_the_session_for_those_who_may_see_it(client, request, who, linked):
    request.getfixturevalue(who)
    decided()
    page = text(client.get(reverse("admin:audit_record_timeline", args=[SESSION])))
    assert (f"/admin/controlplane/sessionbinding/?q={SESSION}&amp;state=all" in page) is linked


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "\uff11"])
def test_a_bad_position_in_the_timeline_is_not_found(client, dana, after):
    assert (
        client.get(reverse("admin:audit_record_timeline", args=[SESSION]), {"after": after}).status_code
        == 404
    )


def test_an_empty_timeline_says_so(client, dana):
    assert "Nothing is recorded" in text(client.get(reverse("admin:audit_record_timeline", args=["none"])))


def test_hostile_text_is_escaped_on_every_page(client, dana):
    evil = "<script>alert(1)</script>\u202e"
    row = decided(subject=evil, outcome="<b>", rule=evil, reason=evil, fields={"tool": evil})
    urls = (
        LIST,
        reverse("admin:audit_record_change", args=[row.pk]),
        reverse("admin:audit_record_timeline", args=[SESSION]),
    )
    for url in urls:
        page = text(client.get(url))
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("who", ["carol", "dana"])
def test_nobody_can_add_change_or_delete_a_record(client, request, who):
    request.getfixturevalue(who)
    row = decided()
    change = reverse("admin:audit_record_change", args=[row.pk])
    assert client.get(reverse("admin:audit_record_add")).status_code == 403
    assert client.post(reverse("admin:audit_record_add"), {"verb": "user.logged_in"}).status_code == 403
    assert (
        client.post(reverse("admin:audit_record_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    )
    client.post(change, {"reason": "forged"})
    client.post(LIST, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    row.refresh_from_db()
    assert row.reason == ""
    assert 'name="action"' not in text(client.get(LIST))


def test_staff_without_the_permission_see_nothing_and_leave_no_read(client):
    client.force_login(get_user_model().objects.create_user("mallory", password="pw", is_staff=True))
    row = decided()
    for url in (
        LIST,
        reverse("admin:audit_record_change", args=[row.pk]),
        reverse("admin:audit_record_timeline", args=[SESSION]),
    ):
        assert client.get(url).status_code == 403
    assert not Record.objects.filter(verb="audit.read").exists()


def test_a_record_that_does_not_exist_is_not_found(client, dana):
    assert client.get(reverse("admin:audit_record_change", args=[10**6])).status_code == 404
    assert client.get(reverse("admin:audit_record_change", args=["nonsense"])).status_code == 404


def test_history_leads_to_the_record_itself(client, dana):
    row = decided()
    response = client.get(reverse("admin:audit_record_history", args=[row.pk]))
    assert response.url == reverse("admin:audit_record_change", args=[row.pk])


@pytest.mark.parametrize("query", [{}, {"q": "alice"}, {"outcome": "deny", "about": "tool"}])
def test_the_list_asks_the_same_number_of_questions_for_many_rows(client, dana, query):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST, query).status_code == 200
        return len(asked)

    decided()
    few = questions()
    for n in range(120):
        decided(f"call_{n}")
    assert questions() == few


def test_a_session_is_found_through_its_index(dana):
    decided()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Record.objects.filter(session_id=SESSION, pk__gt=0).order_by("pk").explain()
    assert "record_by_session" in plan

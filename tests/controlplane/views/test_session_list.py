from __future__ import annotations

from datetime import timedelta

import pytest

from controlplane.models import SessionBinding
from controlplane.operations.admission import redeem
from tests.controlplane.views.asking import error, signed_in
from tests.controlplane.views.session_calls import ALL, NOBODYS, session, shown
from tests.people import handshake, ticket_for


def test_the_list_is_read_page_by_page_without_a_gap_or_a_double(key, application):
    for _ in range(7):
        session(service_key=key[0])
    moment = SessionBinding.objects.first().created_at
    SessionBinding.objects.update(created_at=moment - timedelta(seconds=1))  # all at once: only the id tells
    seen, after = [], {}
    while True:
        page = application.get(ALL, {"limit": 3, **after}).json()
        seen += [row["id"] for row in page["data"]]
        assert page["last_id"] == seen[-1]
        if not page["has_more"]:
            break
        after = {"after": page["last_id"]}
        session(service_key=key[0])  # what comes meanwhile is newer
    assert len(seen) == len(set(seen)) == 7


def test_the_list_can_be_narrowed(demo):
    carol = signed_in("carol")
    running, unused, bobs = ticket_for(), session(), session("bob")
    redeem(handshake=handshake(running.ticket))
    assert shown(carol.get(ALL, {"state": "active"})) == [str(running.binding.pk)]
    assert shown(carol.get(ALL, {"user": "bob"})) == [str(bobs.pk)]
    assert shown(carol.get(ALL, {"role": "customer_support", "state": "pending"})) == [str(unused.pk)]
    assert shown(carol.get(ALL, {"user": "nobody"})) == []


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ({"state": "open"}, "invalid_value", "state"),
        ({"limit": "0"}, "invalid_value", "limit"),
        ({"limit": "101"}, "invalid_value", "limit"),
        ({"limit": "٣"}, "invalid_value", "limit"),
        ({"after": "x"}, "invalid_value", "after"),
        ({"after": NOBODYS}, "invalid_value", "after"),
        ({"user": ""}, "invalid_value", "user"),
        ({"user": "a\0"}, "invalid_value", "user"),
        ({"role": ["a", "b"]}, "invalid_value", "role"),
        ({"since": "1"}, "unknown_parameter", "since"),
    ],
)
def test_a_bad_question_is_told_what_is_wrong_with_it(application, query, code, param):
    found = error(application.get(ALL, query), 400)
    assert (found["code"], found["param"]) == (code, param)


def test_a_page_cannot_begin_at_another_s_session(demo):
    theirs = session("bob")
    error(signed_in("alice").get(ALL, {"after": str(theirs.pk)}), 400)

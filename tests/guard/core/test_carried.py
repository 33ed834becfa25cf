"""A session that replaces another one: what that had used counts towards its budgets and caps, and towards no day."""

from __future__ import annotations

from provider import FunctionCall
from script import ORDERS, Admitted, Script, policy
from spent import CREATE, PRICES, asked, begins, ends, is_over, spoken

from guard.core.budget import Budgets, Use
from guard.core.carried import Carried
from guard.core.policy import Caps, Grant

BEFORE = Carried(Use(60_000, 8, 900, 9_000))


def successor(carried: Carried = BEFORE, **budgets: int) -> Script:
    return Script(Admitted(policy(budgets=Budgets(**budgets), prices=PRICES), carried=carried))


def test_tokens_go_on_where_they_were() -> None:
    session = successor(session_tokens=10)
    assert session.server(begins(), ends(total_tokens=1)).end is None
    session.server(begins("resp_2"))
    assert is_over(session.server(ends("resp_2", total_tokens=1)), "session_tokens", 10)


def test_so_do_speech_and_cost() -> None:
    session = successor(session_audio_seconds=1)
    session.server(begins())
    assert is_over(session.server(spoken(200)), "session_audio_seconds", 1.1)
    session = successor(session_cents=1)
    session.server(begins())
    assert is_over(session.server(ends(output_tokens=20)), "session_cents", 1.028)


def test_where_nothing_is_left_no_response_begins() -> None:
    orders = successor(session_tokens=8).client(CREATE)
    assert is_over(orders, "session_tokens", 8)
    assert not orders.to_upstream


def test_the_day_is_told_and_the_record_says_what_the_session_has_used_itself() -> None:
    session = successor(session_tokens=100, day_tokens=100)
    session.server(begins())
    assert asked(session.server(ends(total_tokens=5))).total.tokens == 5
    usage = session.session.summary()["usage"]
    assert (usage["total_tokens"], usage["audio_milliseconds"], usage["calls"]) == (5, 0, {})


def test_a_cap_of_the_session_counts_the_calls_before() -> None:
    grants = {ORDERS.name: Grant(ORDERS, caps=Caps(per_session=3))}
    session = Script(Admitted(policy(grants=grants), carried=Carried(calls={ORDERS.name: 2})))
    calls = [
        FunctionCall(ORDERS.name, '{"account_id":"a1"}', f"call_{n}", f"item_{n}", f"resp_{n}")
        for n in (1, 2)
    ]
    seen = [session.server(*call.all()).records[0] for call in calls]
    assert [(each.outcome, each.rule) for each in seen] == [
        ("allow", f"grant:{ORDERS.name}"),
        ("deny", "cap:per_session"),
    ]
    assert session.session.summary()["usage"]["calls"] == {ORDERS.name: 1}

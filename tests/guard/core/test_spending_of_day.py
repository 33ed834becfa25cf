"""Budgets of a day: every response is asked about first, because other sessions of the user spend as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from provider import FunctionCall, Utterance, event, response
from script import CARD, Admitted, Orders, Script, policy
from spent import CREATE, ITEM, asked, begins, ends, is_over, script, spoken
from users import GATED, transcript, turn

from guard.core import spending
from guard.core.budget import Budgets, DayUse, Use
from guard.core.commands import AskLedger


def test_a_request_waits_for_the_ledger_and_goes_up_when_something_is_left() -> None:
    session = script(day_tokens=100)
    orders = session.client(CREATE)
    assert orders.to_upstream == []
    orders = session.day(asked(orders), Use(tokens=99))
    assert [each["type"] for each in orders.to_upstream] == ["response.create"]


def test_what_comes_behind_a_request_that_waits_keeps_its_place() -> None:
    session = script(day_tokens=100)
    question = asked(session.client(CREATE))
    assert session.client(ITEM).to_upstream == []
    assert [
        each["type"]
        for each in session.client({"type": "input_audio_buffer.append", "audio": "AAAA"}).to_upstream
    ] == ["input_audio_buffer.append"]
    orders = session.day(question, Use())
    assert [each["type"] for each in orders.to_upstream] == ["response.create", "conversation.item.create"]


def test_every_request_is_asked_about_anew() -> None:
    session = script(day_tokens=100)
    first, second = asked(session.client(CREATE)), {**CREATE, "event_id": "other"}
    assert session.client(second).to_upstream == []
    orders = session.day(first, Use())
    assert [each["event_id"] for each in orders.to_upstream] == ["mine"]
    orders = session.day(asked(orders), Use(tokens=100))
    assert orders.to_upstream == []
    assert is_over(orders, "day_tokens", 100)


def test_a_response_that_was_asked_about_is_not_asked_about_again() -> None:
    session = script(day_tokens=100)
    session.day(asked(session.client(CREATE)), Use())
    assert not [each for each in session.server(begins()) if isinstance(each, AskLedger)]


def test_a_response_that_the_provider_begins_by_itself_is_asked_about_and_cut() -> None:
    session = script(day_tokens=100)
    question = asked(session.server(begins()))
    assert is_over(session.day(question, Use(tokens=100)), "day_tokens", 100)
    assert [each["type"] for each in Orders(session.session.close(session.now)).to_upstream] == [
        "response.cancel"
    ]


@pytest.mark.parametrize("voided", ["late", "refused"])
def test_a_grant_that_came_to_nothing_is_no_grant_for_a_response_of_the_providers(voided: str) -> None:
    session = script(day_tokens=100)
    session.day(asked(session.client(CREATE)), Use())
    if voided == "late":
        session.now += 3
    else:
        session.server(event("error", error={"code": "x", "message": "busy", "event_id": "mine"}))
    assert asked(session.server(begins()))


def test_without_an_answer_the_request_is_refused_and_the_conversation_goes_on() -> None:
    session = script(day_tokens=100)
    orders = session.day(asked(session.client(CREATE)), None)
    assert orders.to_upstream == [] and orders.end is None
    [told] = orders.to_client
    assert (told["type"], told["error"]["code"], told["error"]["event_id"]) == (
        "error",
        "service_unavailable",
        "mine",
    )
    assert [(record.verb, record.rule) for record in orders.records] == [("frame.rejected", "ledger")]
    orders = session.day(asked(session.client(CREATE)), Use())
    assert len(orders.to_upstream) == 1


def test_an_answer_that_takes_too_long_is_none() -> None:
    session = script(day_tokens=100)
    question = asked(session.client(CREATE))
    assert session.session.next_tick() <= session.now + 2
    assert "error" in session.wait(2).types()
    assert session.day(question, Use()).to_upstream == []


def test_a_response_of_the_providers_is_cancelled_when_nobody_answers() -> None:
    session = script(day_tokens=100)
    orders = session.day(asked(session.server(begins())), None)
    assert [each["type"] for each in orders.to_upstream] == ["response.cancel"]
    assert orders.types() == ["error"] and orders.end is None


def test_our_own_requests_are_asked_about_too() -> None:
    session = script(day_tokens=100)
    orders = session.server(*FunctionCall("refund_order").all())
    questions = [each for each in orders if isinstance(each, AskLedger)]
    assert "response.create" not in [each["type"] for each in orders.to_upstream]
    granted = [each["type"] for question in questions for each in session.day(question, Use()).to_upstream]
    assert granted == ["response.create"]


def test_the_user_hears_that_nothing_will_answer_him_when_our_own_request_is_refused() -> None:
    session = script(day_tokens=100)
    orders = session.server(*FunctionCall("refund_order").all())
    told = [
        each
        for question in orders
        if isinstance(question, AskLedger)
        for each in session.day(question, None).types()
    ]
    assert told == ["error"]
    assert session.session.next_tick() > session.now + 5  # nothing is expected any more


def test_usage_is_told_at_once_so_that_other_sessions_stop_at_their_next_response() -> None:
    session = script(day_tokens=100)
    session.day(asked(session.client(CREATE)), Use())
    orders = session.server(begins(), ends(total_tokens=30))
    assert asked(orders).total.tokens == 30


def test_the_day_is_judged_while_it_is_spent_with_what_others_have_used() -> None:
    session = script(day_audio_seconds=10)
    session.day(asked(session.client(CREATE)), Use(audio_milliseconds=9_000))
    session.server(begins())
    assert session.server(spoken(999)).end is None
    assert is_over(session.server(spoken(1)), "day_audio_seconds", 10)


def test_connected_time_is_told_every_fifteen_seconds() -> None:
    session = script(day_seconds=1000)
    first = asked(session.wait(0))
    session.day(first, Use())
    assert asked(session.wait(15)).total.milliseconds == 15_000
    assert not [each for each in session.wait(14) if isinstance(each, AskLedger)]


def test_a_day_without_time_ends_the_session_on_time() -> None:
    admitted = policy(budgets=Budgets(day_seconds=100))
    session = Script(Admitted(admitted, seconds_left=30, day=DayUse(Use(milliseconds=70_000), 3600)))
    assert session.session.next_tick() <= session.now + 30
    assert session.wait(29.9).end is None
    assert is_over(session.wait(0.1), "day_seconds", 100)


def test_a_session_is_woken_when_the_time_of_the_day_is_up() -> None:
    """Also where its end-by is later: the budget may have been lowered since it began."""
    session = Script(
        Admitted(policy(budgets=Budgets(day_seconds=100)), day=DayUse(Use(milliseconds=97_000), 3600))
    )
    assert session.session.next_tick() <= session.now + 3
    assert is_over(session.wait(3), "day_seconds", 100)


def test_after_midnight_the_day_of_before_ends_nothing() -> None:
    admitted = policy(budgets=Budgets(day_seconds=100))
    session = Script(Admitted(admitted, seconds_left=600, day=DayUse(Use(milliseconds=70_000), 20)))
    session.wait(25)
    session.session.policy_seen(session.now)
    assert session.wait(10).end is None
    orders = session.client(CREATE)
    assert orders.end is None
    assert session.day(asked(orders), Use(milliseconds=15_000)).end is None


def test_the_less_time_is_left_the_sooner_it_is_looked_at() -> None:
    session = script(day_seconds=1000)
    session.day(asked(session.wait(0)), Use(milliseconds=994_000))
    assert asked(session.wait(3))


def test_an_answer_that_was_overtaken_does_not_bring_back_an_older_day() -> None:
    session = script(day_tokens=100)
    old, new = asked(session.wait(0)), asked(session.client(CREATE))
    session.day(new, Use(tokens=50))
    session.day(old, Use(tokens=10))
    assert session.server(begins(), ends(total_tokens=50)).end is not None


def test_a_broken_report_does_no_harm() -> None:
    session = script(session_tokens=10)
    for usage in ({"total_tokens": "x"}, {"total_tokens": -7}, {"input_token_details": []}):
        assert session.server(begins(), response("response.done", "completed", usage=usage)).end is None
    assert session.session.summary()["usage"]["total_tokens"] == 0


def test_the_answer_to_a_turn_that_was_judged_is_asked_about() -> None:
    session = Script(policy(**{**GATED, "budgets": Budgets(day_tokens=100)}))
    session.server(turn("item_u"))
    orders = session.server(transcript("hello", "item_u"))
    assert orders.to_upstream == []
    assert [each["type"] for each in session.day(asked(orders), Use()).to_upstream] == ["response.create"]


def test_a_notice_of_silence_is_asked_about() -> None:
    session = Script(policy(withheld_notice="I cannot say that aloud.", budgets=Budgets(day_tokens=100)))
    orders = session.server(*Utterance(f"Your card is {CARD}.", spoken=True).all())
    assert "response.create" not in [each["type"] for each in orders.to_upstream]
    questions = [each for each in orders if isinstance(each, AskLedger)]
    granted = [each["type"] for question in questions for each in session.day(question, Use()).to_upstream]
    assert granted == ["response.create"]


def test_no_other_place_in_the_core_makes_a_request_for_a_response() -> None:
    """Whoever adds one must send it through ``spending.before``."""
    core = Path(spending.__file__).parent
    makers = {path.name for path in core.glob("*.py") if 'order("response.create"' in path.read_text()}
    assert makers == {"following.py", "intake.py", "notice.py"}
    assert all("import before" in (core / name).read_text() for name in {*makers, "from_client.py"})

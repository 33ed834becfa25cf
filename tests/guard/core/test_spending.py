"""Budgets in a session: judged before every response, and while one is running."""

from __future__ import annotations

from provider import FunctionCall, Utterance, event, response
from script import Orders, Script, policy
from spent import CREATE, PRICES, begins, ends, is_over, script, spoken

from guard.core.budget import Budgets
from guard.core.commands import AskEngine, AskLedger
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.prices import Prices


def test_without_budgets_nobody_is_asked_and_nothing_waits() -> None:
    session = Script()
    orders = session.client(CREATE)
    assert [each["type"] for each in orders.to_upstream] == ["response.create"]
    assert not [each for each in [*orders, *session.wait(40)] if isinstance(each, AskLedger)]


def test_a_session_ends_with_the_response_that_uses_up_its_tokens() -> None:
    session = script(session_tokens=10)
    session.server(begins(), ends(total_tokens=9))
    session.server(begins("resp_2"))
    orders = session.server(ends("resp_2", total_tokens=4))
    assert orders.types() == ["response.done"]
    assert is_over(orders, "session_tokens", 13)


def test_usage_of_one_response_cuts_another_that_is_running() -> None:
    session = script(session_cents=1)
    session.server(begins(), begins("resp_oob", conversation_id=None))
    orders = session.server(ends("resp_oob", output_tokens=200))
    assert is_over(orders, "session_cents", 1.28)
    last = Orders(session.session.close(session.now))
    assert [(each["type"], each["response_id"]) for each in last.to_upstream] == [
        ("response.cancel", "resp_1")
    ]


def test_transcription_of_the_user_counts_as_well_and_once() -> None:
    session = script(session_tokens=10)
    heard = event(
        "conversation.item.input_audio_transcription.completed",
        item_id="item_u",
        content_index=0,
        transcript="hello",
        usage={"type": "tokens", "total_tokens": 6},
    )
    assert session.server(heard).end is None
    assert session.server(heard).end is None
    assert is_over(session.server({**heard, "item_id": "item_v"}), "session_tokens", 12)


def test_transcription_costs_what_its_own_model_does_where_that_has_a_price() -> None:
    cheap = {"whisper": Prices(1, 1, 1, 1), **PRICES}
    for model, used in (("whisper", 10), ("other", 320)):
        session = Script(policy(prices=cheap, transcription_model=model))
        heard = {"item_id": "item_u", "content_index": 0, "transcript": "hello", "usage": {"seconds": 1}}
        session.server(event("conversation.item.input_audio_transcription.completed", **heard))
        assert session.session.summary()["usage"]["micros"] == used


def test_speech_is_cut_at_the_delta_that_uses_up_its_seconds() -> None:
    session = script(session_audio_seconds=1)
    session.server(begins())
    assert session.server(spoken(600)).end is None
    assert is_over(session.server(spoken(600)), "session_audio_seconds", 1.2)


def test_speech_that_is_withheld_was_spent() -> None:
    session = script(session_audio_seconds=1)
    spoken_words = Utterance("Your card is 4111 1111 1111 1111.", spoken=True, sound=())
    session.server(begins(), *spoken_words.begin()[1:], *spoken_words.deltas())
    orders = session.server(spoken(999))
    assert (orders.to_client, orders.end) == ([], None)
    assert is_over(session.server(spoken(1)), "session_audio_seconds", 1.0)


def test_speech_whose_encoding_nobody_tells_counts_as_the_longest_that_it_can_be() -> None:
    session = script(session_audio_seconds=1)
    session.server(response("response.created"))
    assert session.server(spoken(166)).end is None
    assert session.server(spoken(1)).end is not None


def test_what_waits_behind_a_call_counts_when_it_arrives_and_only_once() -> None:
    session = Script(policy(budgets=Budgets(session_audio_seconds=2), engine=Engine("http://e", 5.0)))
    call = FunctionCall("list_recent_orders", '{"account_id":"a"}')
    question = session.server(*call.all()).only(AskEngine)
    # Its response has not begun either: the sound counts as the longest that it can be.
    assert session.server(begins("resp_2"), spoken(300, "resp_2")).end is None
    assert session.session.summary()["usage"]["audio_milliseconds"] == 1_800
    session.engine(question, EngineAnswer(Decision.ALLOW))
    assert session.session.summary()["usage"]["audio_milliseconds"] == 1_800


def test_a_budget_ends_a_session_whose_provider_waits_for_a_verdict() -> None:
    session = Script(policy(budgets=Budgets(session_audio_seconds=2), engine=Engine("http://e", 5.0)))
    session.server(*FunctionCall("list_recent_orders", '{"account_id":"a"}').all())
    assert session.server(begins("resp_2"), spoken(400, "resp_2")).end is not None


def test_a_report_that_waits_counts_once() -> None:
    session = script(session_tokens=100)
    session.server(*Utterance("Hello.").all(), *Utterance("Hello.").all())
    assert session.session.summary()["usage"]["total_tokens"] == 5


def test_an_edit_that_lowers_a_budget_ends_the_session_within_a_second() -> None:
    session = script(session_tokens=100)
    session.server(begins(), ends(total_tokens=50))
    session.replace(version=8, budgets=Budgets(session_tokens=50))
    assert is_over(session.wait(1), "session_tokens", 50)


def test_an_edit_that_raises_a_budget_lets_it_go_on() -> None:
    session = script(session_tokens=60)
    session.server(begins(), ends(total_tokens=50))
    session.replace(version=8, budgets=Budgets(session_tokens=200))
    assert session.server(begins("resp_2"), ends("resp_2", total_tokens=50)).end is None


def test_a_cost_without_a_price_cannot_be_judged_and_ends_the_session() -> None:
    session = Script(policy(budgets=Budgets(session_cents=5)))
    orders = session.client(CREATE)
    assert orders.to_upstream == []
    assert is_over(orders, "session_cents", None)
    assert orders.records[-1].reason == "no price for the model"

"""Every copy of one text shows the same redacted text, however it was cut; sound goes with its transcript."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from provider import Utterance, event, response
from script import CARD, CARD_RULE, HIDDEN_CARD, Admitted, Script, policy

from guard.core.policy import AudioPolicy
from guard.core.redact import Operator, Redactor, Rule


def copies_of(events: list[dict[str, Any]], utterance: Utterance) -> dict[str, str]:
    """Where the client saw the utterance's text, and which text it saw there. Deltas are joined."""
    field, kind = utterance.field, f"response.{utterance.kind}"
    seen = {"delta": "".join(e["delta"] for e in events if e["type"] == f"{kind}.delta")}
    for e in events:
        match e["type"]:
            case t if t == f"{kind}.done":
                seen["done"] = e[field]
            case "response.content_part.done":
                seen["part"] = e["part"][field]
            case "conversation.item.done" | "response.output_item.done" | "conversation.item.retrieved":
                seen[e["type"]] = e["item"]["content"][0][field]
            case "response.done" if e["response"]["output"]:
                seen["response.done"] = e["response"]["output"][0]["content"][0][field]
    return seen


@pytest.mark.parametrize("spoken", [False, True])
@given(
    parts=st.lists(st.sampled_from(["hello ", CARD, "4111 ", "1111-1111 ", "x", "٤١١١ ", "."]), max_size=6),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30),
)
@settings(max_examples=150, deadline=None)
def test_all_copies_are_equal_however_the_text_is_cut(
    spoken: bool, parts: list[str], sizes: list[int]
) -> None:
    script = Script()
    utterance = Utterance("".join(parts), tuple(sizes), spoken=spoken)
    events = script.server(*utterance.all()).to_client
    retrieved = event("conversation.item.retrieved", item=utterance.item("completed", utterance.text))
    seen = copies_of([*events, *script.server(retrieved).to_client], utterance)
    assert set(seen.values()) == {Redactor([CARD_RULE]).whole(utterance.text).text}
    assert len(seen) == 7


@given(at=st.integers(1, len(CARD) - 1), sizes=st.lists(st.integers(1, 9), min_size=1))
@settings(max_examples=60, deadline=None)
def test_a_value_cut_off_by_a_cancel_is_masked_in_every_copy(at: int, sizes: list[int]) -> None:
    script = Script()
    utterance = Utterance("Card: " + CARD[:at], tuple(sizes))
    item = utterance.item("incomplete", utterance.text)
    events = script.server(
        *utterance.begin(), *utterance.deltas(), response("response.done", "cancelled", output=[item])
    ).to_client
    seen = copies_of(events, utterance)
    assert seen["delta"] == seen["response.done"]
    assert CARD[:at].strip() not in seen["delta"]


def test_copies_that_come_while_a_text_grows_hold_back_what_the_stream_holds_back() -> None:
    script = Script()
    utterance = Utterance("Card: " + CARD[:10])
    script.server(*utterance.begin(), *utterance.deltas())
    early = event("conversation.item.retrieved", item=utterance.item("in_progress", utterance.text))
    assert "4111" not in script.server(early).text()


def test_a_second_copy_of_a_part_is_covered() -> None:
    part = {"type": "text", "text": CARD}
    orders = Script().server(
        event("response.content_part.done", item_id="i", content_index=0, part=part, content=part)
    )
    assert CARD not in orders.text()
    assert orders.text().count(HIDDEN_CARD) == 2


def test_new_fields_and_keys_are_covered() -> None:
    item = {**Utterance("").item("completed", "hi"), "annotations": [{CARD: {"id": CARD, "deep": [CARD]}}]}
    orders = Script().server(event("conversation.item.done", item=item, later={"quote": CARD}))
    assert "4111" not in orders.text()


def test_metadata_is_text_whatever_its_keys_are_called() -> None:
    metadata = {"id": CARD, "name": CARD, CARD: "x"}
    assert "4111" not in Script().server(response("response.created", metadata=metadata)).text()


def test_log_probabilities_never_pass() -> None:
    deltas = [
        event(
            "conversation.item.input_audio_transcription.delta",
            item_id="item_u",
            content_index=0,
            delta=piece,
            logprobs=[{"token": piece, "bytes": list(piece.encode())}],
        )
        for piece in ("4111 1111 ", "1111 1111")
    ]
    done = event(
        "conversation.item.input_audio_transcription.completed",
        item_id="item_u",
        transcript=CARD,
        logprobs=[1],
    )
    orders = Script().server(*deltas, done)
    assert "logprobs" not in orders.text()
    assert "4111" not in orders.text()
    assert "".join(e["delta"] for e in orders.to_client if "delta" in e) == HIDDEN_CARD


def test_a_users_transcript_survives_the_items_own_done() -> None:
    """``conversation.item.done`` of spoken input comes in the middle of its transcription."""
    script = Script()
    where = {"item_id": "item_u", "content_index": 0}
    item = {
        "id": "item_u",
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_audio"}],
    }
    kind = "conversation.item.input_audio_transcription"
    orders = script.server(
        event(f"{kind}.delta", **where, delta="4111 1111 "),
        event("conversation.item.done", item=item),
        event(f"{kind}.delta", **where, delta="1111 1111 ok"),
        event(f"{kind}.completed", **where, transcript=CARD + " ok"),
    )
    assert "".join(e["delta"] for e in orders.to_client if "delta" in e) == HIDDEN_CARD + " ok"


def test_segments_cannot_carry_a_value_across() -> None:
    kind = "conversation.item.input_audio_transcription.segment"
    halves = [
        event(kind, item_id="item_u", id=f"s{i}", text=text)
        for i, text in enumerate(("4111 1111", " 1111 1111"))
    ]
    orders = Script().server(*halves)
    assert "1111" not in "".join(e["text"] for e in orders.to_client)


def test_padding_is_made_anew_for_what_goes_out() -> None:
    events = Script().server(*Utterance(f"abc {CARD} def").all()).to_client
    deltas = [e for e in events if e["type"] == "response.output_text.delta"]
    assert deltas and all((len(e["delta"]) + len(e["obfuscation"])) % 16 == 0 for e in deltas)


def test_event_ids_are_not_used_twice() -> None:
    ids = [e["event_id"] for e in Script().server(*Utterance(f"abc {CARD}").all()).to_client]
    assert len(ids) == len(set(ids))


def test_a_new_rule_waits_for_the_next_item() -> None:
    script = Script()
    word = Redactor([CARD_RULE, Rule(name="word", pattern="secret")])
    first = Utterance("a secret thing")
    begun = [*script.server(*first.begin(), *first.deltas()[:3])]
    script.replace(version=8, to_client=word)
    orders = script.server(*first.deltas()[3:], *first.finish())
    seen = copies_of([*(c.event for c in begun if hasattr(c, "event")), *orders.to_client], first)
    assert set(seen.values()) == {"a secret thing"}
    second = Utterance("a secret thing", item_id="item_2", response_id="resp_2")
    assert "secret" not in script.server(*second.all()).text()


def test_deltas_after_done_are_dropped() -> None:
    script = Script()
    utterance = Utterance("fine")
    script.server(*utterance.all())
    assert script.server(event("response.output_text.delta", **utterance.where, delta=CARD)).to_client == []


def test_a_delta_that_is_no_string_is_withheld() -> None:
    orders = Script().server(event("response.output_text.delta", item_id="i", content_index=0, delta=5))
    assert orders.to_client == []
    assert orders.verbs() == ["frame.withheld"]


def test_a_blocking_rule_cuts_the_response() -> None:
    block = Redactor([Rule(name="word", pattern="secret", operator=Operator.BLOCK)])
    script = Script(policy(to_client=block))
    orders = script.server(*Utterance("this is secret and more of it").all())
    assert "more of it" not in orders.text()
    assert [e["type"] for e in orders.to_upstream] == ["response.cancel"]


# -- sound


def heard(events: list[dict[str, Any]]) -> list[str]:
    return [e["delta"] for e in events if e["type"] == "response.output_audio.delta"]


def test_held_sound_follows_a_clean_transcript_before_its_done() -> None:
    orders = Script().server(*Utterance("all fine", spoken=True).all())
    assert heard(orders.to_client) == ["AAAA", "BBBB"]
    kinds = orders.types()
    assert kinds.index("response.output_audio.delta") < kinds.index("response.output_audio_transcript.done")


def test_sound_of_a_hidden_word_is_never_heard() -> None:
    orders = Script().server(*Utterance(f"it is {CARD}", spoken=True).all())
    assert heard(orders.to_client) == []
    assert "audio.withheld" in orders.verbs()


def test_sound_without_a_transcript_is_never_heard() -> None:
    utterance = Utterance("", spoken=True)
    item = utterance.item("completed", "")
    orders = Script().server(
        *utterance.begin(), *utterance.audio(), response("response.done", "completed", output=[item])
    )
    assert heard(orders.to_client) == []


def test_sound_of_a_cancelled_response_is_never_heard() -> None:
    utterance = Utterance("all fi", spoken=True)
    orders = Script().server(
        *utterance.begin(),
        *utterance.deltas(),
        *utterance.audio(),
        response("response.done", "cancelled", output=[utterance.item("incomplete", "all fi")]),
    )
    assert heard(orders.to_client) == []


def test_a_hit_under_kill_stops_the_speech() -> None:
    script = Script(policy(audio=AudioPolicy.KILL))
    utterance = Utterance(f"it is {CARD} and", spoken=True, sound=("AAAA" * 480,))
    begin = script.server(*utterance.begin(), *utterance.audio()[:1])
    assert len(heard(begin.to_client)) == 1
    orders = script.server(*utterance.deltas(), *utterance.audio(), *utterance.finish())
    assert heard(orders.to_client) == []
    cancel, truncate = orders.to_upstream
    assert cancel["type"] == "response.cancel" and cancel["response_id"] == "resp_1"
    assert truncate["audio_end_ms"] == 30


def test_deliver_passes_sound_on_and_text_only_never() -> None:
    assert heard(
        Script(policy(audio=AudioPolicy.DELIVER)).server(*Utterance(CARD, spoken=True).all()).to_client
    )
    silent = Script(policy(audio=AudioPolicy.TEXT_ONLY)).server(*Utterance("hi", spoken=True).all())
    assert not any("output_audio." in kind for kind in silent.types())


@pytest.mark.parametrize(("text", "kept"), [("all fine", True), (CARD, False)])
def test_retrieved_sound_goes_with_its_transcript(text: str, kept: bool) -> None:
    script = Script()
    script.server(*Utterance("x", spoken=True).all())
    content = [{"type": "output_audio", "transcript": text, "audio": "AAAA"}]
    item = {**Utterance("x").item("completed"), "content": content}
    shown = script.server(event("conversation.item.retrieved", item=item)).to_client[0]
    assert ("audio" in shown["item"]["content"][0]) is kept


def test_a_thousand_open_items_do_not_break_it() -> None:
    script = Script(Admitted(policy()))
    for i in range(1000):
        script.server(event("response.output_text.delta", item_id=f"i{i}", content_index=0, delta=CARD[:9]))
    orders = script.server(
        event("response.output_text.delta", item_id="i7", content_index=0, delta=CARD[9:] + ".")
    )
    assert "1111" not in orders.text()

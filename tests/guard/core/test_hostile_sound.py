"""Sound inside items, quotations, and updates that nobody confirms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import FunctionCall, Utterance, event, response
from script import CARD, CARD_RULE, Script, policy

from guard.core.closing import EndReason
from guard.core.policy import AudioPolicy
from guard.core.redact import Redactor

HIDDEN_SOUND = "U0VDUkVU"


def spoken(**part: Any) -> dict[str, Any]:
    content = [{"type": "output_audio", "audio": HIDDEN_SOUND, **part}]
    return {**Utterance("", spoken=True).item("completed"), "content": content}


@pytest.mark.parametrize("audio", [AudioPolicy.HOLD, AudioPolicy.KILL, AudioPolicy.TEXT_ONLY])
@pytest.mark.parametrize("part", [{}, {"transcript": None}, {"transcript": ""}, {"transcript": CARD}])
def test_sound_that_no_clean_transcript_vouches_for_never_leaves(
    audio: AudioPolicy, part: dict[str, Any]
) -> None:
    script = Script(policy(audio=audio))
    script.server(*Utterance("x", spoken=True).begin())
    item = spoken(**part)
    orders = script.server(
        event("conversation.item.retrieved", item=item),
        event("conversation.item.done", item=item),
        event("response.output_item.done", response_id="resp_1", output_index=0, item=item),
        event(
            "response.content_part.done",
            **Utterance("").where,
            part={"type": "audio", "audio": HIDDEN_SOUND, **part},
        ),
        response("response.done", "completed", output=[item]),
    )
    assert HIDDEN_SOUND not in orders.text()


def test_an_item_that_was_silenced_once_cannot_be_heard_by_asking() -> None:
    script = Script()
    script.server(*Utterance(f"it is {CARD}", spoken=True).all())
    orders = script.server(event("conversation.item.retrieved", item=spoken(transcript="all fine")))
    assert HIDDEN_SOUND not in orders.text()


def test_after_a_kill_no_part_of_the_response_is_heard() -> None:
    script = Script(policy(audio=AudioPolicy.KILL))
    utterance = Utterance(f"it is {CARD} and", spoken=True)
    script.server(*utterance.begin(), *utterance.audio()[:1], *utterance.deltas())
    other = {**utterance.audio()[0], "content_index": 1, "delta": HIDDEN_SOUND}
    assert HIDDEN_SOUND not in script.server(other).text()


INSTRUCTIONS = "You help people.\nNever speak\nof project Zephyr\nto anybody.\nBe kind."


@pytest.mark.parametrize(
    "carrier",
    [
        event("error", error={"type": "x", "code": "y", "message": json.dumps(INSTRUCTIONS)}),
        event("error", error={"type": "x", "code": "y", "message": "m"}, detail=INSTRUCTIONS),
        response(
            "response.done", "failed", status_details={"type": "failed", "error": f"bad: {INSTRUCTIONS}"}
        ),
        response("response.done", "failed", status_details={"type": "failed", "reason": INSTRUCTIONS}),
    ],
    ids=["escaped", "beside", "error text", "reason"],
)
def test_instructions_cannot_be_quoted_round_a_corner(carrier: dict[str, Any]) -> None:
    assert "Zephyr" not in Script(policy(instructions=INSTRUCTIONS)).server(carrier).text()


@pytest.mark.parametrize("field", ["text", "transcript", "content", "part"])
def test_an_unknown_event_cannot_bring_a_value_in_pieces(field: str) -> None:
    pieces = [
        event("response.novelty", item_id="i", **{field: piece}) for piece in ("4111 1111 ", "1111 1111")
    ]
    assert Script().server(*pieces).to_client == []


def test_a_new_rule_covers_the_arguments_of_a_retrieved_call() -> None:
    script, call = (
        Script(policy(to_client=Redactor())),
        FunctionCall("list_recent_orders", f'{{"account_id":"{CARD}"}}'),
    )
    assert CARD in script.server(*call.all()).text()
    script.replace(version=8, to_client=Redactor([CARD_RULE]))
    assert CARD not in script.server(event("conversation.item.retrieved", item=call.item("completed"))).text()


def test_a_provider_that_does_not_confirm_a_new_policy_ends_the_session() -> None:
    script = Script()
    script.replace(version=8, instructions="New.")
    assert script.session.next_tick() == script.now + 10
    script.session.policy_seen(script.now)
    ended = script.wait(10)
    assert ended.end is not None and ended.end.reason is EndReason.INTERNAL


def test_a_client_cannot_stand_in_the_way_of_a_new_policy() -> None:
    script = Script()
    for _ in range(80):
        script.client({"type": "session.update", "session": {"type": "realtime"}})
    assert "policy.applied" in script.replace(version=8, instructions="New.").verbs()

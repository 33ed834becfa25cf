"""A sentence that the model is asked to say where its speech was withheld, so that nobody listens to dead air."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guard.core.commands import Command
from guard.core.shapes import OWN_PREFIX
from guard.core.spending import before
from guard.core.state import State

SAY_EXACTLY = "Say exactly this and nothing else: "
_KEY = f"{OWN_PREFIX}notice"


def notice_of_silence(state: State, response_id: object) -> Iterator[Command]:
    """Once for a response that is over and of which speech was withheld: words of the policy, spoken without the
    conversation in sight, so that nothing said in it can bend them. The answer passes the same guards as any other."""
    response = state.turns.over(response_id)
    if response is None or not response.withheld or response.noticed or response.is_notice:
        return
    response.noticed = True
    if state.policy.withheld_notice and state.turns.may_notice():
        yield from before(
            state, state.order("response.create", response=_request(state.policy.withheld_notice))
        )


def _request(sentence: str) -> dict[str, Any]:
    return {
        "conversation": "none",
        "input": [],
        "instructions": f"{SAY_EXACTLY}{sentence}",
        "tool_choice": "none",
        "output_modalities": ["audio"],
        "metadata": {_KEY: "withheld"},
    }


def is_notice(response: Mapping[str, Any]) -> bool:
    """No client may choose metadata under that name."""
    metadata = response.get("metadata")
    return isinstance(metadata, Mapping) and _KEY in metadata

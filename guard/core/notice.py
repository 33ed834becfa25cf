"""A sentence that the model is asked to say where its speech was withheld, so that nobody listens to dead air."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.core.commands import ToUpstream
from guard.core.shapes import OWN_PREFIX
from guard.core.state import State

SAY_EXACTLY = "Say exactly this and nothing else: "
_KEY = f"{OWN_PREFIX}notice"


def notice_of_silence(state: State) -> ToUpstream:
    """Words of the policy, spoken without the conversation in sight, so that nothing said in it can bend them. The
    answer passes the same guards as any other."""
    return state.order(
        "response.create",
        response={
            "conversation": "none",
            "input": [],
            "instructions": f"{SAY_EXACTLY}{state.policy.withheld_notice}",
            "tool_choice": "none",
            "output_modalities": ["audio"],
            "metadata": {_KEY: "withheld"},
        },
    )


def is_notice(response: Mapping[str, Any]) -> bool:
    """No client may choose metadata under that name."""
    metadata = response.get("metadata")
    return isinstance(metadata, Mapping) and _KEY in metadata

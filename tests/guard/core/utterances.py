"""What the model says to a client that a classifier guards, and how each copy of it is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from judging import NAMES, Judge, flags
from provider import Utterance, event
from script import Script, policy
from test_utterances import copies_of

from guard.core.classifier import OnFinding, Timing

BLOCKING = NAMES
HIDING = replace(NAMES, on_finding=OnFinding.HIDE)
FLAGGING = replace(NAMES, on_finding=OnFinding.FLAG)
FLOWING = replace(NAMES, timing=Timing.FLOWING)
GOOD, BAD = "All is well.", " This is forbidden."


def judge(classifier: Any = BLOCKING, judgement: Any = None, **changes: Any) -> Judge:
    script = Script(policy(client_classifiers=(classifier,), **changes))
    return Judge(script, judgement or flags("forbidden"))


def everywhere(events: list[dict[str, Any]], utterance: Utterance) -> set[str]:
    """The text as each of its copies shows it."""
    seen = copies_of(events, utterance)
    assert len(seen) == 7, seen.keys()
    return set(seen.values())


def retrieved(utterance: Utterance) -> dict[str, Any]:
    return event("conversation.item.retrieved", item=utterance.item("completed", utterance.text))

"""What a classifier's judgement is to the record."""

from __future__ import annotations

from collections.abc import Iterator

from guard.core.classifier import Judgement
from guard.core.commands import Command
from guard.core.inquiry import Asked, outcome
from guard.core.onrecord import text_on_record
from guard.core.state import State


def findings(state: State, asked: Asked, judgement: Judgement) -> Iterator[Command]:
    """What a classifier found, or that it found nothing out. A text that passed is nobody's business."""
    question, classifier = asked.question, asked.question.classifier
    common = {
        "classifier": classifier.name,
        "direction": question.direction,
        "item_id": asked.subject,
        "length": len(question.text),
    }
    found = str(outcome(classifier, judgement))
    if judgement.failure:
        yield state.record(
            "classifier.failed", asked.subject, outcome=found, reason=judgement.failure, fields=common
        )
    elif judgement.flagged:
        # The endpoint's words, which may repeat what they are about.
        labels = [text_on_record(label, state.policy.to_client) for label in judgement.labels]
        found_in = {"labels": labels, "spans": len(judgement.spans)}
        yield state.record(
            "classifier.found",
            asked.subject,
            outcome=found,
            rule=classifier.name,
            fields={**common, **found_in},
        )

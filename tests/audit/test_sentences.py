from __future__ import annotations

import pytest

from audit.models import Record
from audit.sentences import sentence
from audit.verbs import UnknownVerb


def test_a_decision_reads_as_a_sentence():
    row = Record(
        verb="tool.decided",
        actor_label="alice",
        outcome="deny",
        reason="not granted to this role",
        fields={"tool": "refund_order"},
    )
    assert sentence(row) == "alice called refund_order: deny — not granted to this role"


def test_what_is_missing_is_said_to_be_missing():
    assert sentence(Record(verb="tool.decided", actor_kind="session")) == (
        "session called (not recorded): (not recorded)"
    )


def test_values_are_never_treated_as_templates():
    row = Record(
        verb="tool.decided", actor_label="{outcome.__class__}", outcome="allow", fields={"tool": "{actor}"}
    )
    assert sentence(row) == "{outcome.__class__} called {actor}: allow"


def test_lists_read_as_lists():
    row = Record(verb="reaper.swept", fields={"count": [1, 2]})
    assert sentence(row) == "The reaper ended 1, 2 sessions"


def test_a_record_of_an_unknown_verb_is_an_error_and_not_a_blank():
    with pytest.raises(UnknownVerb):
        sentence(Record(verb="made.up"))

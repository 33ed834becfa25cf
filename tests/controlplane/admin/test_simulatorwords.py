from __future__ import annotations

from controlplane.admin.simulatorwords import RULES, SAID, told
from guard.core import decide as decision_point
from guard.core.decision import Decision
from guard.core.policy import Obligation, Verdict


def test_every_decision_has_a_sentence():
    assert SAID.keys() == set(Decision)


def test_every_rule_has_words():
    assert RULES.keys() == {name for name, _ in decision_point._RULES}


def test_the_last_rule_is_the_one_that_decided():
    verdict = Verdict(
        Decision.CONSTRAIN,
        "argument:limit:at_most",
        "narrowed",
        "",
        7,
        arguments={"limit": 1},
        obligations=(Obligation("hide_fields", {"fields": ["b", "a"]}),),
        considered=("schema", "grant:x", "argument:limit:at_most"),
    )
    shown = told(verdict)
    assert [step.decided for step in shown.steps] == [False, False, True]
    assert shown.duties == ("hide fields: fields b, a",)
    assert shown.policy == "v7"
    assert "limit" in str(shown.arguments)

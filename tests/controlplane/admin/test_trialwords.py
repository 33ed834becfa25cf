from __future__ import annotations

from collections import Counter

from controlplane.admin import trialwords
from controlplane.trials import CallTrial, FindTrial
from guard.core.decision import Decision


def trial(denied=0, **would):
    rules = Counter(
        {(decision, f"rule of {decision}"): n for decision, n in would.items() if decision != "allow"}
    )
    return CallTrial(Counter(would), rules, denied)


def test_every_decision_has_words():
    assert trialwords.OUTCOMES.keys() == set(Decision)


def test_calls_that_rules_would_have_changed_are_to_be_looked_at():
    assert trialwords.of_calls(trial(allow=398, deny=14), "7 days") == (
        "In 7 days 412 calls, 398 would have passed unchanged, 14 would have been denied (most often by rule of deny). "
        "Look at these 14 before you enforce."
    )
    said = trialwords.of_calls(trial(constrain=1), "24 hours")
    assert said.endswith(
        "1 would have been narrowed (most often by rule of constrain). Look at this one before you enforce."
    )


def test_nothing_to_see_and_nothing_known_are_not_the_same():
    assert trialwords.of_calls(trial(allow=1), "24 hours") == (
        "In 24 hours 1 call, 1 would have passed unchanged. Nothing speaks against enforcing."
    )
    assert (
        trialwords.of_calls(trial(), "24 hours") == "In 24 hours no call went through: nothing is known yet."
    )


def test_calls_that_are_denied_in_any_case_are_told_apart():
    assert trialwords.of_calls(trial(denied=2), "7 days").endswith(" 2 calls more: denied in any case.")
    assert trialwords.of_calls(trial(denied=1, allow=1), "7 days").endswith(
        " 1 call more: denied in any case."
    )


def test_finds_are_told_with_their_sessions():
    assert trialwords.of_finds(FindTrial(), "7 days") == (
        "In 7 days it has found nothing: nothing would have been hidden."
    )
    assert (
        trialwords.of_finds(FindTrial(9, 1), "7 days")
        == "In 7 days 9 finds in 1 session would have been hidden."
    )

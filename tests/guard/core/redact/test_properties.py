"""Properties of the engine on random patterns and texts, most of them against the brute-force oracle.

Each property is one function of a ``random.Random``. A seeded sweep makes the 20,000 cases of the normal run (``-m
soak``: twenty times as many); Hypothesis drives the same functions, to find and shrink what the sweep misses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import invention
import oracle
import pytest
import witness
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.core.redact import Operator, PatternError, Redaction, Redactor, Rule
from guard.core.redact.compiled import compile_rules

UNLIMITED = 10**6
ANY = list(Operator)
DECIDED = [operator for operator in Operator if operator is not Operator.HASH]
"""What the oracle can tell: it computes no hashes, and a mask is decided in the same way."""
KEY = b"key of the tests"
TEXTS = 10


def usable(
    chance: Random, cap: int, operators: list[Operator] = ANY, validators: tuple[str, ...] = ("",)
) -> list[Rule]:
    """Random rules that are accepted: most others can match the empty text."""
    while True:
        rules = invention.rules(chance, operators, validators)
        try:
            Redactor(rules, cap=cap, hash_key=KEY)
        except PatternError:
            continue
        return rules


def texts(chance: Random, alphabet: str, longest: int) -> list[str]:
    return [invention.text(chance, alphabet, longest) for _ in range(TEXTS)]


def streamed(redactor: Redactor, deltas: list[str], *, cut: bool = False) -> Redaction:
    stream = redactor.stream()
    text = "".join(map(stream.push, deltas)) + (stream.cut() if cut else stream.finish())
    return Redaction(text, tuple(sorted(stream.hits, key=lambda hit: (hit.start, hit.end, hit.rule))))


def agrees_with_the_oracle(chance: Random, rules: list[Rule], alphabet: str, longest: int = 16) -> None:
    redactor = Redactor(rules, cap=UNLIMITED)
    for text in texts(chance, alphabet, longest):
        shown, hits = oracle.Oracle(rules, text).redact()
        for deltas in ([text], list(text), invention.cut(chance, text)):
            found = streamed(redactor, deltas)
            assert (found.text, set(found.hits)) == (shown, hits), (rules, deltas)


def streaming_hides_what_the_definition_says(chance: Random) -> None:
    agrees_with_the_oracle(chance, usable(chance, UNLIMITED, DECIDED), invention.TRICKY)


def a_validator_refuses_windows_and_consumes_no_text(chance: Random) -> None:
    rules = usable(chance, UNLIMITED, DECIDED, validators=("", "luhn", "luhn"))
    agrees_with_the_oracle(chance, rules, invention.NUMBERS)


def every_start_counts_even_where_runs_meet(chance: Random) -> None:
    """Texts long enough for a run to meet an earlier one in the very same state: that says nothing about what a
    validator thinks of it, nor about where its hidden part ended."""
    rule = chance.choice(
        [
            Rule("r", "(?:[14]0|0)[148]{4,12}", validator="luhn"),
            Rule("r", "(?:48|8|0 ?8)(?:[014] ?){3,9}", validator="luhn"),
            Rule("r", "(?:1|1 4|4 8|80)", after="[148 ]*0"),
            Rule("r", "(?:4{1,3}8?|8 1)", before="0|1", after="[48 ]{2,}1"),
        ]
    )
    agrees_with_the_oracle(chance, [rule], "01480148 ", longest=45)


def every_cut_gives_the_same_result_under_any_cap(chance: Random) -> None:
    cap = chance.randint(4, 40)
    rules = usable(chance, cap, validators=("", "", "luhn"))
    redactor = Redactor(rules, cap=cap, hash_key=KEY)
    for text in texts(chance, invention.TRICKY + invention.HALVES, 70):
        broken_off = chance.random() < 0.5
        whole = redactor.whole(text, cut=broken_off)
        for deltas in (list(text), invention.cut(chance, text)):
            assert streamed(redactor, deltas, cut=broken_off) == whole, (rules, cap, deltas)


def no_more_than_the_cap_is_held_back(chance: Random) -> None:
    cap = chance.randint(4, 40)
    rules = usable(chance, cap)
    redactor = Redactor(rules, cap=cap, hash_key=KEY)
    for text in texts(chance, invention.TRICKY + invention.HALVES, 90):
        stream = redactor.stream()
        for char in text:
            stream.push(char)
            # A high half waits for its other half, beside the cap.
            assert stream.held <= cap + ("\ud800" <= char <= "\udbff"), (rules, cap, text)


def the_cap_hides_more_and_never_less(chance: Random) -> None:
    cap = chance.randint(4, 12)
    rules = [replace(rule, replacement="\0") for rule in usable(chance, cap, [Operator.REPLACE])]
    redactor = Redactor(rules, cap=cap)
    for text in texts(chance, invention.PLAIN, 26):
        found = redactor.whole(text)
        hidden = {place for hit in found.hits for place in range(hit.start, hit.end)}
        assert oracle.Oracle(rules, text).hidden() <= hidden, (rules, cap, text)
        visible = "".join(char for place, char in enumerate(text) if place not in hidden)
        assert found.text.replace("[REDACTED]", "").replace("\0", "") == visible, (rules, cap, text)


def forgetting_states_changes_nothing(chance: Random) -> None:
    cap = chance.randint(4, 300)
    rules = usable(chance, cap)
    redactor = Redactor(rules, cap=cap, hash_key=KEY)
    forgetful = Redactor(rules, cap=cap, hash_key=KEY)
    for name in ("_hiding", "_flagging"):
        part = getattr(forgetful, name)
        if part is not None:
            own = compile_rules(part.rules, cap)
            own.automaton.most_states = chance.randint(1, 30)
            setattr(forgetful, name, own)
    for text in texts(chance, invention.TRICKY, 40):
        assert streamed(forgetful, invention.cut(chance, text)) == redactor.whole(text), (rules, cap, text)


def what_is_held_could_still_become_a_match(chance: Random) -> None:
    """Nothing is held back in vain: some continuation hides the first held character."""
    rules = usable(chance, UNLIMITED, [Operator.REPLACE])
    redactor = Redactor(rules, cap=UNLIMITED)
    for text in texts(chance, invention.TRICKY, 14):
        stream = redactor.stream()
        stream.push(text)
        start = len(text) - stream.held
        continuation = witness.continuation(stream)
        if stream.held and not stream.hits and continuation is not None:
            assert start in oracle.Oracle(rules, text + continuation).hidden(), (rules, text, continuation)
        elif stream.held and continuation is None:
            # Contradictory conditions such as a\\Bb look alive; they may hold text in vain, but never let any go.
            assert any(
                "\\" in rule.pattern + rule.after or "(?" in rule.pattern + rule.after for rule in rules
            )


Property = Callable[[Random], None]
PROPERTIES: dict[Property, int] = {
    streaming_hides_what_the_definition_says: 680,
    a_validator_refuses_windows_and_consumes_no_text: 370,
    every_start_counts_even_where_runs_meet: 70,
    every_cut_gives_the_same_result_under_any_cap: 420,
    no_more_than_the_cap_is_held_back: 130,
    the_cap_hides_more_and_never_less: 110,
    forgetting_states_changes_nothing: 130,
    what_is_held_could_still_become_a_match: 160,
}
"""With the number of rule sets of the normal run, each tried on ``TEXTS`` texts, most of them in several cuts."""


def test_the_normal_run_has_twenty_thousand_cases():
    assert sum(PROPERTIES.values()) * TEXTS >= 20_000


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_property_holds_over_the_sweep(holds: Property, block: int):
    for seed in range(block, PROPERTIES[holds], 4):
        holds(Random(seed))


@pytest.mark.soak
@pytest.mark.parametrize("block", range(1, 20))
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
def test_property_holds_over_other_seeds(holds: Property, block: int):
    for seed in range(PROPERTIES[holds]):
        holds(Random(block * 10**6 + seed))


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
@settings(
    max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
@given(chance=st.randoms(use_true_random=False))
def test_property_holds_and_shrinks(holds: Property, chance: Random):
    holds(chance)

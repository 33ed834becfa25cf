from __future__ import annotations

from random import Random

import pytest
import specimen
from canaries import CANARIES

from guard.core.redact import CATALOGUE, PACKS, VALIDATORS, Operator, Redactor, Rule
from guard.core.redact.compiled import parts_of
from guard.core.redact.sample import BENIGN

REDACTOR = Redactor(CATALOGUE)


def test_the_catalogue_is_its_packs_and_every_rule_has_a_name_of_its_own():
    assert [rule for pack in PACKS.values() for rule in pack] == list(CATALOGUE)
    names = [rule.name for rule in CATALOGUE]
    assert len(names) == len(set(names)) > 257


def test_no_shipped_rule_blocks_or_only_flags():
    """An administrator turns a rule into a block; a pack that cuts answers by itself would be a surprise."""
    assert {rule.operator for rule in CATALOGUE} <= {Operator.REPLACE, Operator.MASK}


def test_every_validator_is_used_or_meant_for_rules_of_admins():
    used = {rule.validator for rule in CATALOGUE}
    spare = {name for name in VALIDATORS if name not in used}
    assert all(name.startswith("phone_") or name == "luhn" or "_" in name for name in spare)


def test_a_plain_text_is_left_alone():
    assert REDACTOR.whole(BENIGN).text == BENIGN


@pytest.mark.parametrize("name", CANARIES)
def test_a_canary_split_at_every_position_never_shows(name):
    value, sentence = CANARIES[name]
    text = sentence.replace("{}", value)
    start = text.index(value)
    whole = REDACTOR.whole(text)
    hidden = {place for hit in whole.hits for place in range(hit.start, hit.end)}
    assert all(place in hidden for place in range(start, start + len(value)) if text[place].isalnum()), whole
    assert name in {hit.rule for hit in whole.hits}
    for at in range(len(text) + 1):
        stream = REDACTOR.stream()
        assert stream.push(text[:at]) + stream.push(text[at:]) + stream.finish() == whole.text
    stream = REDACTOR.stream()
    assert "".join(map(stream.push, text)) + stream.finish() == whole.text


@pytest.mark.parametrize("name", CANARIES)
def test_a_canary_that_breaks_off_shows_nothing_that_was_held(name):
    value, sentence = CANARIES[name]
    prefix = sentence[: sentence.index("{}")]
    for length in range(1, len(value)):
        text = prefix + value[:length]
        stream = REDACTOR.stream()
        released = "".join(map(stream.push, text))
        held = text[len(released) :] if not stream.hits else ""
        tail = stream.cut()
        assert not held or held not in tail.replace("[REDACTED]", "")


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.name)
def test_every_rule_matches_what_its_pattern_describes(rule: Rule):
    """A pattern that can never match protects nothing, and nobody would notice."""
    bare = Rule(rule.name, rule.pattern, rule.keywords, rule.before, rule.after, rule.ignore_case)
    parts, redactor = parts_of(bare, 256), Redactor([bare])
    chance = Random(rule.name)
    for _ in range(60):
        before, value, after = (
            specimen.of(part, chance) for part in (parts.before, parts.pattern, parts.after)
        )
        hits = redactor.whole(before + value + after).hits
        if any(hit.start <= len(before) and hit.end >= len(before) + len(value) for hit in hits):
            return
    pytest.fail(f"nothing that {rule.pattern!r} describes was hidden")

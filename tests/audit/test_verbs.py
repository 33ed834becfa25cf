from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from audit.sentences import _Words
from audit.verbs import VERBS, Durability, Exposure, UnknownVerb, is_durable, verb_named

BATCHED = {
    "audio.withheld",
    "classifier.failed",
    "classifier.found",
    "frame.rejected",
    "frame.withheld",
    "redaction.hit",
    "redaction.spread",
    "usage.reported",
    "requests.shed",
    "policy.applied",
    "session.config_narrowed",
}


def test_the_batched_verbs_are_exactly_these_and_all_others_are_durable_first():
    assert {name for name, verb in VERBS.items() if verb.durability is Durability.B} == BATCHED
    assert not is_durable("redaction.hit")
    assert is_durable("tool.decided")
    assert is_durable("turn.refused")


def test_an_unknown_verb_is_refused_with_the_nearest_known_one():
    with pytest.raises(UnknownVerb, match=r"'tool.decide' .* did you mean 'tool.decided'"):
        verb_named("tool.decide")
    with pytest.raises(UnknownVerb):
        is_durable("nothing like it")


def test_a_field_that_nobody_classified_is_secret():
    assert verb_named("tool.decided").exposure("call_id") is Exposure.PUBLIC
    assert verb_named("tool.decided").exposure("arguments") is Exposure.SENSITIVE
    assert verb_named("tool.decided").exposure("password") is Exposure.SECRET


@pytest.mark.parametrize("name", [name for name in VERBS if name != "redaction.hit"])
def test_no_verb_lists_a_field_for_keys_tickets_or_passwords(name):
    assert not {"ticket", "key", "api_key", "password", "secret", "token", "text"} & VERBS[name].fields.keys()


def test_a_redaction_hit_says_where_and_never_what():
    assert not {"text", "match", "value", "hash", "sample"} & VERBS["redaction.hit"].fields.keys()


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_sentences_speak_only_of_columns_and_listed_fields(verb):
    spoken = {name for _, name, _, _ in string.Formatter().parse(verb.sentence) if name}
    assert spoken <= {"actor", "role", "subject", "outcome"} | verb.fields.keys()
    assert verb.sentence.format_map(_Words())


def test_every_verb_that_the_code_names_is_in_the_list():
    # At run time an unknown verb fails closed: it would end the session that it wanted to record.
    root = Path(__file__).parents[2]
    call = re.compile(r"""(?:\brecord|\bRecord|\bFact)\(\s*(?:verb=)?"([a-z_]+\.[a-z_]+)\"""")
    sources = [
        path for folder in ("audit", "controlplane", "guard") for path in (root / folder).rglob("*.py")
    ]
    named = {verb for path in sources for verb in call.findall(path.read_text())}
    assert named
    assert named - VERBS.keys() == set()


def test_every_field_that_the_code_records_is_classified():
    """Unlisted fields are masked: safe, but the record then says less than its author meant."""
    root = Path(__file__).parents[2]
    sources = [
        path for folder in ("audit", "controlplane", "guard") for path in (root / folder).rglob("*.py")
    ]
    recorded = [found for path in sources for found in fields_recorded(ast.parse(path.read_text()))]
    assert len(recorded) > 20
    assert {
        (verb, name) for verb, name in recorded if verb_named(verb).exposure(name) is Exposure.SECRET
    } == set()


def test_what_a_session_sums_up_is_classified():
    summed_up = {"responses", "usage", "tools_allowed", "tools_denied", "refusals", "close_code", "message"}
    assert summed_up <= VERBS["session.ended"].fields.keys()


def fields_recorded(tree):
    """(verb, field) of each call that names a verb and spells out its fields."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        first = call.args[0] if call.args else None
        if not (isinstance(first, ast.Constant) and first.value in VERBS):
            continue
        spelled = [
            word.value for word in call.keywords if word.arg == "fields" and isinstance(word.value, ast.Dict)
        ]
        for key in (key for fields in spelled for key in fields.keys):
            if isinstance(key, ast.Constant):
                yield first.value, key.value

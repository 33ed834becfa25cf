from __future__ import annotations

import json

import pytest

from guard.core.classifier import Classifier, Judgement, Question, Shape, Span
from guard.judgements import MAX_SPANS, NoJudgement, body_of, judgement_of

TEXT = "I am Dana Whitfield."


def question(text=TEXT, shape=Shape.PLAIN, **asked):
    return Question(1, Classifier("pii", "https://pii.example.com", shape=shape, **asked), text, "to_client")


def plain(answer, **asked):
    return judgement_of(question(**asked), encoded(answer))


def moderation(answer, **asked):
    return judgement_of(question(shape=Shape.MODERATION, **asked), encoded({"results": [answer]}))


def encoded(answer):
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def place(start=5, end=19, label="PERSON", **more):
    return {"start": start, "end": end, "label": label, **more}


def result(flagged=True, **scores):
    """A moderation's: a category is true from 0.5."""
    categories = {label: score >= 0.5 for label, score in scores.items()}
    return {"flagged": flagged, "categories": categories, "category_scores": scores}


# -- what is sent


def test_a_plain_question_says_the_text_the_direction_and_who_is_asked():
    body = json.loads(body_of(question()))
    assert body == {"text": TEXT, "direction": "to_client", "classifier": "pii"}


def test_a_moderation_is_asked_like_openais():
    asked = question(shape=Shape.MODERATION, model="omni-moderation-latest")
    assert json.loads(body_of(asked)) == {"input": TEXT, "model": "omni-moderation-latest"}
    assert json.loads(body_of(question(shape=Shape.MODERATION))) == {"input": TEXT}


def test_half_a_character_is_sent_as_one_so_that_offsets_stay_true():
    assert json.loads(body_of(question(text="a\ud83db")))["text"] == "a\ufffdb"


# -- who decides


@pytest.mark.parametrize("flagged", [True, False])
def test_without_labels_and_threshold_the_endpoint_decides(flagged):
    found = {"flagged": flagged, "labels": ["tone"], "scores": {"tone": 0.99}, "spans": [place()]}
    assert plain(found).flagged is flagged
    assert moderation(result(flagged, violence=0.99)).flagged is flagged


def test_what_is_not_flagged_has_neither_labels_nor_places():
    assert plain({"flagged": False, "labels": ["tone"], "spans": [place()]}) == Judgement()


def test_the_labels_asked_for_decide_and_no_others():
    found = {"flagged": True, "labels": ["tone", "PERSON"], "spans": [place(), place(0, 1, "tone")]}
    assert plain(found, labels=frozenset({"PERSON"})) == Judgement(
        True, ("PERSON",), (Span(5, 19, "PERSON"),)
    )
    assert plain(found, labels=frozenset({"violence"})) == Judgement()
    assert moderation(result(violence=0.9, hate=0.9), labels=frozenset({"hate"})).labels == ("hate",)
    assert moderation(result(violence=0.9), labels=frozenset({"hate"})) == Judgement()


@pytest.mark.parametrize(("score", "flagged"), [(0.69, False), (0.7, True), (1, True)])
def test_the_threshold_decides_whatever_the_endpoint_flags(score, flagged):
    for endpoint in (True, False):
        assert moderation(result(endpoint, violence=score), threshold=0.7).flagged is flagged
        said = {"flagged": endpoint, "labels": ["tone"], "scores": {"tone": score}}
        assert plain(said, threshold=0.7).flagged is flagged


def test_a_threshold_of_nothing_counts_every_score():
    assert moderation(result(False, violence=0.0), threshold=0.0).flagged


def test_labels_and_threshold_must_both_hold():
    asked = {"labels": frozenset({"hate"}), "threshold": 0.7}
    assert moderation(result(violence=0.9, hate=0.6), **asked) == Judgement()
    assert moderation(result(violence=0.9, hate=0.8), **asked).labels == ("hate",)


def test_places_of_labels_that_do_not_count_are_dropped():
    found = {
        "flagged": True,
        "scores": {"PERSON": 0.9, "tone": 0.2},
        "spans": [place(), place(0, 4, "tone")],
    }
    assert plain(found, threshold=0.5) == Judgement(True, ("PERSON",), (Span(5, 19, "PERSON"),))


def test_a_label_without_a_score_counts_when_the_endpoint_names_it():
    assert plain({"flagged": True, "labels": ["tone"]}, threshold=0.9).labels == ("tone",)
    said = {"flagged": True, "categories": {"hate": True, "violence": False}, "category_scores": {}}
    assert moderation(said, threshold=0.9).labels == ("hate",)


def test_a_flag_that_comes_with_no_label_counts_whatever_labels_are_asked_for():
    assert plain({"flagged": True}, labels=frozenset({"PERSON"}), threshold=0.5) == Judgement(True)


def test_places_come_in_the_order_of_the_text():
    found = {"flagged": True, "spans": [place(5, 9), place(0, 4), place(0, 2)]}
    assert [(s.start, s.end) for s in plain(found).spans] == [(0, 2), (0, 4), (5, 9)]


def test_optional_fields_may_be_null_and_unknown_ones_are_ignored():
    said = {"flagged": True, "labels": None, "scores": None, "spans": None, "took_ms": 3}
    assert plain(said) == Judgement(True)


def test_the_last_character_of_the_text_can_be_named_and_the_one_after_it_cannot():
    assert plain({"flagged": True, "spans": [place(0, len(TEXT))]}).spans[0].end == len(TEXT)
    with pytest.raises(NoJudgement):
        plain({"flagged": True, "spans": [place(0, len(TEXT) + 1)]})


def test_places_are_counted_in_characters_and_not_in_bytes():
    name = "🙂 Ingrid Sørensen"
    found = plain({"flagged": True, "spans": [place(2, len(name))]}, text=name)
    assert name[found.spans[0].start : found.spans[0].end] == "Ingrid Sørensen"
    with pytest.raises(NoJudgement):
        plain({"flagged": True, "spans": [place(2, len(name.encode()))]}, text=name)


# -- what is no judgement


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not json",
        b'{"flagged": true',
        b'{"flagged": true} trailing',
        b'{"flagged": "\xff"}',
        b'{"flagged": false, "labels": ["\xff"]}',
        b'{"flagged": false, "scores": {"tone": NaN}}',
        b'{"flagged": false, "scores": {"tone": Infinity}}',
        b'{"flagged": false, "scores": {"tone": 1e999}}',
        b'{"flagged": false, "more": ' + b"[" * 30_000,
        b"[" * 60_000,
        None,
        [],
        {},
        {"flagged": None},
        {"flagged": 0},
        {"flagged": "false"},
        {"flagged": False, "labels": "tone"},
        {"flagged": False, "labels": [1]},
        {"flagged": False, "labels": [""]},
        {"flagged": False, "labels": ["x" * 65]},
        {"flagged": False, "labels": ["a\u0000b"]},
        {"flagged": False, "labels": ["tone\n"]},
        {"flagged": False, "labels": [str(n) for n in range(201)]},
        {"flagged": False, "scores": {"tone": "high"}},
        {"flagged": False, "scores": {"tone": True}},
        {"flagged": False, "scores": {"x" * 65: 0.1}},
        {"flagged": False, "scores": [0.5]},
        {"flagged": True, "spans": {}},
        {"flagged": True, "spans": [[0, 4]]},
        {"flagged": True, "spans": [{"start": 0, "end": 4}]},
        {"flagged": True, "spans": [place(-1, 4)]},
        {"flagged": True, "spans": [place(4, 4)]},
        {"flagged": True, "spans": [place(5, 4)]},
        {"flagged": True, "spans": [place(0.0, 4.5)]},
        {"flagged": True, "spans": [place(True, 4)]},
        {"flagged": True, "spans": [place("0", 4)]},
        {"flagged": True, "spans": [place(0, 10**30)]},
        {"flagged": True, "spans": [place(label=None)]},
        {"flagged": True, "spans": [place(0, 1)] * (MAX_SPANS + 1)},
    ],
    ids=lambda answer: repr(answer)[:60],
)
def test_a_plain_answer_that_is_not_quite_right_is_no_judgement(answer):
    with pytest.raises(NoJudgement) as none:
        plain(answer)
    assert none.value.failure == "shape"


def test_as_many_places_as_are_allowed_are_taken():
    assert len(plain({"flagged": True, "spans": [place(0, 1)] * MAX_SPANS}).spans) == MAX_SPANS


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"results": []},
        {"results": {}},
        {"results": [None]},
        {"results": [{"flagged": False}]},
        {"results": [{"flagged": False, "categories": {}}]},
        {"results": [{**result(), "flagged": "no"}]},
        {"results": [{**result(), "categories": {"hate": 0.9}}]},
        {"results": [{**result(), "category_scores": {"hate": None}}]},
        {"results": [{**result(), "category_scores": {"hate": "0.9"}}]},
        {"error": {"message": "rate limited"}},
    ],
    ids=lambda answer: repr(answer)[:60],
)
def test_a_moderation_that_is_not_quite_right_is_no_judgement(answer):
    with pytest.raises(NoJudgement) as none:
        judgement_of(question(shape=Shape.MODERATION), encoded(answer))
    assert none.value.failure == "shape"

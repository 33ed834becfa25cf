from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.sandbox import fixtures
from guard.sandbox.script import Call, Cue, Say

PARCEL = {"match": {"contains": "parcel"}, "answer": [{"say": "On its way."}, {"call": {"name": "track"}}]}


def test_a_file_answers_before_the_script_does(tmp_path: Path) -> None:
    path = tmp_path / "fixtures.json"
    path.write_text(json.dumps([PARCEL]))
    loaded = fixtures.load(str(path))
    assert fixtures.answer(Cue("Where is my PARCEL"), loaded).parts == (
        Say("On its way."),
        Call("track", "{} \n"),
    )
    assert fixtures.answer(Cue("hello"), loaded).parts[0] != Say("On its way.")


def test_arguments_as_a_string_are_streamed_as_they_are() -> None:
    entry = {
        "match": {"equals": "x"},
        "answer": [{"call": {"name": "t", "arguments": "{broken", "call_id": "c1"}}],
    }
    assert fixtures.answer(Cue("X"), fixtures.load([entry])).parts == (Call("t", "{broken", "c1"),)


def test_events_are_kept_verbatim_objects_and_strings_alike() -> None:
    entry = {"match": {"pattern": "^bo+m$"}, "events": [{"type": "a", "type2": [1]}, "not json {"]}
    assert fixtures.answer(Cue("boom"), fixtures.load([entry])).frames == (
        b'{"type":"a","type2":[1]}',
        b"not json {",
    )


def test_words_do_not_match_while_a_tool_result_waits() -> None:
    loaded = fixtures.load(
        [PARCEL, {"match": {"tool_output": True}, "answer": [{"say": "Done."}], "status": "failed"}]
    )
    answer = fixtures.answer(Cue("parcel", outputs=("{}",)), loaded)
    assert (answer.parts, answer.status) == ((Say("Done."),), "failed")


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ({}, "expected a list"),
        ([{"match": {"equals": "x"}}], r"fixtures\[0\]: expected match, and one of answer and events"),
        ([PARCEL, {"match": {"like": "x"}, "answer": [{"say": "y"}]}], r"fixtures\[1\].match: .*keys out of"),
        ([{"match": {"pattern": "("}, "answer": [{"say": "y"}]}], r"fixtures\[0\].match.pattern"),
        (
            [{"match": {"equals": 7}, "answer": [{"say": "y"}]}],
            r"fixtures\[0\].match.equals: expected a string",
        ),
        ([{"match": {"equals": "x"}, "answer": []}], "expected a list that is not empty"),
        ([{"match": {"equals": "x"}, "answer": [{"call": {}}]}], r"answer\[0\].call: name must be a string"),
        ([{"match": {"equals": "x"}, "answer": [{"say": "y"}], "status": "odd"}], "status: expected one of"),
    ],
)
def test_a_bad_fixture_is_named_with_what_is_wrong(entries: Any, complaint: str) -> None:
    with pytest.raises(fixtures.BadFixture, match=complaint):
        fixtures.load(entries)


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("[")
    with pytest.raises(fixtures.BadFixture, match=r"broken\.json"):
        fixtures.load(str(path))

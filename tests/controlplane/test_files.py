"""Policies as YAML: read as data and nothing else, within bounds, and written so that every reader agrees."""

from __future__ import annotations

import pytest
import yaml

from controlplane import files
from tests.controlplane.shop_policy import demo


def test_a_file_is_read_back_as_it_was_written():
    assert files.read(files.written(demo(), 3, "abc")) == demo()


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "0777",
        "0x10",
        "1_000",
        "2026-11-22",
        "~",
        "null",
        "1.0",
        "12:30:45",
        ".inf",
        "=",
        "<<",
        "",
    ],
)
def test_a_text_stays_a_text_for_every_reader(text):
    content = demo()
    content["roles"]["admin"]["instructions"] = text
    written = files.written(content, 1, "")
    assert files.read(written) == yaml.safe_load(written) == content


@pytest.mark.parametrize(
    "word", ["no", "on", "0777", "0x10", "1_000", "2026-11-22", ".inf", "yes", "NULL", "True"]
)
def test_a_word_without_quotes_is_what_json_would_say(word):
    assert files.read(f"a: {word}") == {"a": word}


def test_the_types_of_json_are_read():
    text = "a: 1\nb: -2.5e3\nc: true\nd: null\ne: [x, {f: ''}]\ng:\n"
    assert files.read(text) == {"a": 1, "b": -2500.0, "c": True, "d": None, "e": ["x", {"f": ""}], "g": None}


BAD = {
    "a: 1\na: 2": "a is there twice",
    "a: {b: {c: 1, c: 2}}": "a.b: c is there twice",
    "1: x": "the key in line 1 must be text",
    "[a]: x": "the key in line 1 must be text",
    "a: !!python/name:os.system x": "python/name:os.system is no type of JSON",
    "a: !!binary aGk=": "binary is no type of JSON",
    "a: !!timestamp 2026-11-22": "timestamp is no type of JSON",
    "a: !!set {x}": "a: set is no type of JSON",
    "a: !own x": "!own is no type of JSON",
    'a: !!int "many"': "int is no type of JSON",
    "a: &x [*x]": "holds itself",
    "a: 1\n---\nb: 2": "is no YAML",
    "a: *nobody": "is no YAML",
    "\tx": "is no YAML",
    "a: " + "[" * 5000: "",
    "a: " + "9" * 5000: "is no number",
    "a: " + "[" * 70 + "]" * 70: "nested too deeply",
}


@pytest.mark.parametrize(("text", "said"), BAD.items(), ids=[text[:24] for text in BAD])
def test_anything_else_is_refused_with_its_place(text, said):
    with pytest.raises(files.BadFile) as refused:
        files.read(text)
    assert said in str(refused.value)


def test_aliases_are_bounded():
    small = "a: &a [x, x]\nb: [*a, *a]\n"
    assert files.read(small) == {"a": ["x", "x"], "b": [["x", "x"], ["x", "x"]]}
    bomb = "x0: &x0 [lol]\n" + "".join(
        f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 20)
    )
    with pytest.raises(files.BadFile, match="aliases counted"):
        files.read(bomb)


def test_size_is_bounded():
    with pytest.raises(files.BadFile, match="is longer than"):
        files.read("#" * (files.LARGEST + 1))

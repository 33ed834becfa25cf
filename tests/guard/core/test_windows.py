"""Sentences are the same however their text was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.windows import LONGEST, SHORTEST, Windows, windows_of

PIECES = st.lists(
    st.sampled_from(
        [
            "Hello",
            " there",
            ".",
            "!",
            "?",
            "”",
            ")",
            "'",
            " ",
            "\n",
            "\u3002",
            "\uff01",
            "你好",
            "3.5",
            "e.g.",
            "x" * 90,
            "…",
        ]
    ),
    max_size=40,
)


@given(PIECES, st.lists(st.integers(1, 7), min_size=1, max_size=60))
def test_the_cut_of_a_text_does_not_move_a_window(pieces: list[str], sizes: list[int]) -> None:
    text = "".join(pieces)
    windows, found, at = Windows(), [], 0
    for size in sizes:
        found += windows.push(text[at : at + size])
        at += size
    found += [*windows.push(text[at:]), *windows.finish()]
    assert found == windows_of(text)
    assert "".join(found) == text
    assert all(SHORTEST <= len(window) <= LONGEST for window in found[:-1])


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("It is all done. Go on", ["It is all done.", " Go on"]),
        ("Version 3.5 is out.", ["Version 3.5 is out."]),
        ('He said "no." Then', ['He said "no."', " Then"]),
        ("x" * 9 + "你好\u3002再见\u3002", ["x" * 9 + "你好\u3002", "再见\u3002"]),
        ("a" * 11 + "\nb", ["a" * 11 + "\n", "b"]),
        ("a\nb. c\nd. e\nf. g\n", ["a\nb. c\nd. e\n", "f. g\n"]),
        ("x" * (LONGEST + 5), ["x" * LONGEST, "xxxxx"]),
        ("", []),
    ],
)
def test_a_window_is_a_sentence_of_bearable_length(text: str, windows: list[str]) -> None:
    assert windows_of(text) == windows

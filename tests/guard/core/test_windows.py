"""Sentences are the same however their text was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.windows import LONGEST, Windows, windows_of

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
            "。",
            "！",
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
    assert all(len(window) <= LONGEST for window in found)


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("It is done. Go on", ["It is done.", " Go on"]),
        ("Version 3.5 is out.", ["Version 3.5 is out."]),
        ('He said "no." Then', ['He said "no."', " Then"]),
        ("你好。再见。", ["你好。", "再见。"]),
        ("a\nb", ["a\n", "b"]),
        ("x" * (LONGEST + 5), ["x" * LONGEST, "xxxxx"]),
        ("", []),
    ],
)
def test_a_window_is_a_sentence_of_bearable_length(text: str, windows: list[str]) -> None:
    assert windows_of(text) == windows

from __future__ import annotations

import json

import pytest

from guard.sandbox import badframes


def test_an_oversize_frame_is_valid_json_of_exactly_the_size_asked_for() -> None:
    frame = badframes.frame("oversize", 100_000)
    assert len(frame) == 100_000
    assert json.loads(frame)["type"] == "conversation.created"


@pytest.mark.parametrize("kind", ["malformed", "empty"])
def test_broken_kinds_are_broken(kind: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(badframes.frame(kind, 0))


def test_every_kind_but_oversize_has_a_frame() -> None:
    assert badframes.KINDS - {"oversize"} == badframes.FRAMES.keys()
    assert isinstance(badframes.frame("binary", 0), bytes)

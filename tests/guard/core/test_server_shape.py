from typing import Any

import pytest
from provider import FunctionCall, Utterance, event

from guard.core.server_shape import Misshapen, check_shape


@pytest.mark.parametrize("sound", [*Utterance("hi", spoken=True).all(), *FunctionCall("t").all()])
def test_what_a_provider_really_sends_is_well_shaped(sound: dict[str, Any]) -> None:
    check_shape(sound)


@pytest.mark.parametrize(
    "fields",
    [
        {"item_id": 5},
        {"response_id": None},
        {"event_id": ["e"]},
        {"previous_item_id": ["a"]},
        {"content_index": "0"},
        {"content_index": True},
        {"output_index": -1},
        {"content_index": 10**9},
        {"item": []},
        {"item": {"id": 5}},
        {"item": {}},
        {"response": None},
        {"response": {"id": "r", "output": {}}},
        {"session": "s"},
        {"part": None},
    ],
)
def test_what_later_code_relies_on_is_checked_first(fields: dict[str, Any]) -> None:
    with pytest.raises(Misshapen):
        check_shape(event("x", **fields))


def test_nesting_has_a_bottom() -> None:
    deep: Any = "x"
    for _ in range(40):
        deep = [deep]
    with pytest.raises(Misshapen, match="nested"):
        check_shape(event("x", new=deep))

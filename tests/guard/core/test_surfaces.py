from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from script import CARD, CARD_RULE, HIDDEN_CARD

from guard.core.redact import Redaction, Redactor
from guard.core.surfaces import Memo, Sound, TooDeep, Walk, mentions, padding_for, walk_event

REDACTOR = Redactor([CARD_RULE])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([CARD, f"x {CARD} y"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "text", "metadata", "item", "name", "new", CARD]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


def strings(value: Any, *, opaque: frozenset[str] = frozenset({"id", "name"})) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for entry in value for text in strings(entry)]
    if isinstance(value, dict):
        kept = [text for key, entry in value.items() if key not in opaque for text in [key, *strings(entry)]]
        return kept + [
            t for k, e in value.items() if k in opaque and not isinstance(e, str) for t in strings(e)
        ]
    return []


@given(json_values)
def test_no_string_of_any_event_shows_a_hidden_value(value: Any) -> None:
    walked, _ = walk_event({"type": "x", "payload": value}, REDACTOR)
    assert not any(CARD in text for text in strings(walked))


def test_identifiers_are_left_alone_but_not_inside_what_users_shape() -> None:
    walked, _ = walk_event({"type": "t", "item_id": "item_1", "metadata": {"item_id": CARD}}, REDACTOR)
    assert walked["item_id"] == "item_1"
    assert walked["metadata"] == {"item_id": HIDDEN_CARD}


def test_numbers_and_nulls_stay() -> None:
    walked, _ = walk_event({"type": "t", "usage": {"total_tokens": 4111111111111111}, "x": None}, REDACTOR)
    assert walked == {"type": "t", "usage": {"total_tokens": 4111111111111111}, "x": None}


def test_sound_is_dropped_unless_its_transcript_is_clean_and_it_may_stay() -> None:
    clean, dirty = {"transcript": "hi", "audio": "AAAA"}, {"transcript": CARD, "audio": "AAAA"}
    assert "audio" not in Walk(REDACTOR).value(clean)
    for sound in (Sound.VOUCHED, Sound.UNHIDDEN):
        assert Walk(REDACTOR, sound=sound).value(clean)["audio"] == "AAAA"
        assert "audio" not in Walk(REDACTOR, sound=sound).value(dirty)
    for unvouched in (
        {"audio": "AAAA"},
        {"audio": "AAAA", "transcript": None},
        {"audio": "AAAA", "transcript": " "},
    ):
        assert "audio" not in Walk(REDACTOR, sound=Sound.VOUCHED).value(unvouched)
    assert "audio" not in Walk(REDACTOR, sound=Sound.VOUCHED, cut=True).value(clean)


def test_bottomless_nesting_is_refused() -> None:
    value: Any = "x"
    for _ in range(60):
        value = [value]
    with pytest.raises(TooDeep):
        Walk(REDACTOR).value(value)


@given(st.text(max_size=40))
def test_padding_fills_up_to_a_multiple_of_sixteen(delta: str) -> None:
    assert (len(delta) + len(padding_for(delta))) % 16 == 0
    assert len(padding_for(delta)) < 16


def test_an_identifier_that_looks_like_none_is_text() -> None:
    walked, _ = walk_event({"type": "t", "item_id": f"see {CARD}"}, REDACTOR)
    assert CARD not in walked["item_id"]


def test_a_number_under_an_unknown_name_is_text() -> None:
    walked, _ = walk_event({"type": "t", "new": 4111111111111111, "other": 5}, REDACTOR)
    assert walked == {"type": "t", "new": HIDDEN_CARD, "other": 5}


def test_a_picture_is_not_read_as_text() -> None:
    picture = "data:image/png;base64," + "QUJD" * 500_000
    assert (
        walk_event({"type": "t", "item": {"image_url": picture}}, REDACTOR)[0]["item"]["image_url"] == picture
    )
    assert (
        CARD
        not in walk_event({"type": "t", "item": {"image_url": f"data:image/png;base64,{CARD}"}}, REDACTOR)[0][
            "item"
        ]["image_url"]
    )


def test_what_is_mentioned_is_found_at_any_depth() -> None:
    assert mentions({"a": [{"b": {"tools": 1}}]}, frozenset({"tools"}))
    assert not mentions({"a": [{"b": "tools"}]}, frozenset({"tools"}))


def test_a_long_text_is_read_once_however_often_it_comes_by() -> None:
    class Counting(Redactor):
        read = 0

        def whole(self, text: str, *, cut: bool = False) -> Redaction:
            type(self).read += 1
            return super().whole(text, cut=cut)

    redactor, memo = Counting([CARD_RULE]), Memo(5_000)
    texts = [f"{n} {CARD} " * 100 for n in range(3)]
    first = [memo.whole(redactor, text, False).text for text in texts]
    assert Counting.read == 3 and CARD not in first[0]
    assert memo.whole(redactor, texts[2], False).text == first[2] and Counting.read == 3
    assert memo.whole(redactor, texts[2], True) and Counting.read == 4
    assert memo.whole(redactor, "x" * 6_000, False).text == "x" * 6_000

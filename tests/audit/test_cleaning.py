from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import cleaning


def test_nul_becomes_a_visible_symbol():
    assert cleaning.clean_text("a\x00b") == "a␀b"


def test_lone_surrogates_become_escapes():
    assert cleaning.clean_text("a\ud800b") == "a\\ud800b"


def test_a_cut_text_says_how_long_it_was():
    cleaned = cleaning.clean_text("x" * 5000, 100)
    assert len(cleaned) == 100
    assert cleaned.endswith("…[truncated: 5000 characters]")


@given(st.text(st.characters(categories=("Cs", "Cc", "L", "N"))), st.integers(1, 64))
def test_any_text_fits_and_is_utf8(text, limit):
    cleaned = cleaning.clean_text(text, limit)
    assert len(cleaned) <= limit
    assert b"\x00" not in cleaned.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (2**53 - 1, 2**53 - 1),
        (2**53, "0x20000000000000"),
        (Decimal("1.10"), "1.10"),
        (True, True),
        (None, None),
        ({"b", "a"}, ["a", "b"]),
        ((1, 2), [1, 2]),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        ({1: "a\x00"}, {"1": "a␀"}),
    ],
)
def test_values_take_a_json_shape(value, kept):
    assert cleaning.clean_json(value) == kept


def test_an_integer_of_ten_thousand_digits_does_not_break_the_record():
    assert str(cleaning.clean_json(10**10_000)).startswith("0x")


def test_an_object_without_json_shape_is_refused_because_its_repr_could_hold_a_secret():
    with pytest.raises(TypeError, match="object"):
        cleaning.clean_json({"key": object()})


def test_long_lists_and_objects_are_cut_with_a_mark():
    assert cleaning.clean_json(list(range(101)))[-1] == "[truncated: 1 more items]"
    assert cleaning.clean_json({str(n): n for n in range(103)})["[truncated]"] == "3 more entries"


def test_deep_nesting_is_cut():
    value: list[object] = []
    for _ in range(10_000):
        value = [value]
    assert "nested too deeply" in json.dumps(cleaning.clean_json(value))


def test_megabytes_fit_and_small_fields_survive():
    big = {f"big{n}": ["y" * 4000] * 50 for n in range(3)}
    fitted = cleaning.fit({"tool": "refund_order", **big})
    assert len(json.dumps(fitted)) <= cleaning.MAX_FIELDS
    assert fitted["tool"] == "refund_order"
    assert fitted["big0"].startswith("[truncated: ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,  # sizes beyond the caps have tests of their own
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_whatever_arrives_becomes_bounded_strict_json(fields):
    cleaned = cleaning.fit(cleaning.clean_object(fields))
    assert len(json.dumps(cleaned, allow_nan=False)) <= cleaning.MAX_FIELDS

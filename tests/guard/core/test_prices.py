"""What a report of usage costs: by kind where it says so, by the dearest reading where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from guard.core.prices import Prices, count, micros, tokens

PRICES = Prices(4, 32, 16, 64, image_input=5, cached_text_input=0.4, cached_audio_input=0.4)
PLAIN = Prices(4, 32, 16, 64)


def report(**changes: Any) -> dict[str, Any]:
    base = {
        "total_tokens": 253,
        "input_tokens": 132,
        "output_tokens": 121,
        "input_token_details": {
            "text_tokens": 119,
            "audio_tokens": 13,
            "image_tokens": 0,
            "cached_tokens": 64,
            "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
    }
    return {**base, **changes}


def test_each_kind_has_its_price_and_what_was_cached_its_own() -> None:
    # (119 - 64) * 4 + 64 * 0.4 + 13 * 32 + 30 * 16 + 91 * 64 = 6965.6 millionths
    assert micros(report(), PRICES) == 6966


def test_a_kind_without_a_price_of_its_own_costs_as_much_as_what_it_is_a_kind_of() -> None:
    assert micros(report(), PLAIN) == 119 * 4 + 13 * 32 + 30 * 16 + 91 * 64
    image = {"input_tokens": 10, "input_token_details": {"image_tokens": 10}}
    assert micros(image, PLAIN) == 10 * 32
    assert micros(image, PRICES) == 10 * 5


def test_tokens_of_unknown_kind_cost_the_dearest_price() -> None:
    assert micros({"input_tokens": 10, "output_tokens": 10, "total_tokens": 20}, PRICES) == 10 * 32 + 10 * 64
    assert micros({"total_tokens": 10}, PRICES) == 10 * 64
    assert micros(report(total_tokens=263), PRICES) == 6966 + 10 * 64


def test_more_cached_than_there_is_makes_nothing_cheaper_than_cached() -> None:
    details = {"text_tokens": 10, "cached_tokens_details": {"text_tokens": 1000}}
    assert micros({"input_tokens": 10, "input_token_details": details}, PRICES) == 4


def test_transcription_by_the_second_is_charged_as_sound_that_was_heard() -> None:
    assert micros({"type": "duration", "seconds": 1.5}, PRICES) == 2 * 10 * 32


def test_tokens_are_the_total_or_its_parts_whichever_is_more() -> None:
    assert tokens(report()) == 253
    assert tokens({"input_tokens": 3, "output_tokens": 4}) == 7
    assert tokens({"total_tokens": 5, "input_tokens": 3, "output_tokens": 4}) == 7
    assert tokens({"type": "duration", "seconds": 9}) == 0


@pytest.mark.parametrize("value", [None, -5, "12", True, float("nan"), float("inf"), [], {}])
def test_a_number_that_is_none_counts_nothing(value: object) -> None:
    assert count(value) == 0


def test_no_report_counts_more_than_a_database_takes() -> None:
    assert count(10**30) == 10**9


@pytest.mark.parametrize("details", [None, [], "x", {"text_tokens": "many"}, {"cached_tokens_details": 7}])
def test_details_that_are_none_leave_the_dearest_price(details: object) -> None:
    assert micros({"input_tokens": 10, "input_token_details": details}, PRICES) == 320

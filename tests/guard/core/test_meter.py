"""The meter: reports once each, speech by its bytes, whole numbers throughout."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from guard.core.budget import Use
from guard.core.meter import Meter
from guard.core.prices import Prices

PRICES = Prices(4, 32, 16, 64)


def sound(size: int) -> str:
    return base64.b64encode(bytes(size)).decode()


def test_a_report_counts_once_however_often_it_comes() -> None:
    meter = Meter()
    assert meter.reported(("response", "r1"), {"total_tokens": 5}, None)
    assert not meter.reported(("response", "r1"), {"total_tokens": 5}, None)
    assert meter.reported(("response", "r2"), {"total_tokens": 5}, None)
    assert meter.reported(("heard", "r1"), {"total_tokens": 1}, None)
    assert meter.use(0).tokens == 11


def test_without_a_price_nothing_has_a_cost() -> None:
    meter = Meter()
    meter.reported(("response", "r1"), {"input_tokens": 10}, None)
    meter.reported(("response", "r2"), {"input_tokens": 10}, PRICES)
    assert meter.use(0) == Use(0, 20, 0, 320)


def test_speech_is_measured_by_its_bytes_and_its_encoding() -> None:
    meter = Meter()
    meter.spoke(sound(48_000), 48)
    assert meter.use(0).audio_milliseconds == 1_000
    meter.spoke(sound(8_000), 8)
    assert meter.use(0).audio_milliseconds == 2_000


def test_padding_is_no_sound() -> None:
    for size in range(1, 7):
        meter = Meter()
        for _ in range(1_000):
            meter.spoke(sound(size), 1)
        assert meter.use(0).audio_milliseconds == 1_000 * size


def test_the_summary_is_what_the_account_is_settled_by() -> None:
    meter = Meter()
    meter.reported(("response", "r1"), {"input_tokens": 10, "output_tokens": 2}, PRICES)
    meter.spoke(sound(480), 48)
    assert meter.summary(1.5) == {
        "total_tokens": 12,
        "input_tokens": 10,
        "output_tokens": 2,
        "milliseconds": 1_500,
        "audio_milliseconds": 10,
        "micros": 10 * 32 + 2 * 64,
    }


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 9), st.sampled_from([8, 48, 47])), max_size=40)
)
def test_what_is_added_between_any_two_looks_sums_up_to_the_meter(steps: list[tuple[int, int, int]]) -> None:
    meter, told, summed = Meter(), Use(), Use()
    for at, (size, tokens, rate) in enumerate(steps):
        meter.spoke(sound(size), rate)
        meter.reported(("response", str(at)), {"output_tokens": tokens}, PRICES)
        if size % 3:  # somebody looks
            now = meter.use(at / 7)
            summed, told = summed + now.since(told), now
    last = meter.use(len(steps))
    assert summed + last.since(told) == last

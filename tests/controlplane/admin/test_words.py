from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from controlplane.admin import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0.9, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (250, "4 min 10 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
    ],
)
def test_spans_have_two_units_at_most(seconds, said):
    assert words.span(seconds) == said


def test_times_carry_their_zone():
    cairo = timezone(timedelta(hours=2))
    assert words.moment(datetime(2026, 1, 2, 1, 30, tzinfo=cairo)) == "2026-01-01 23:30:00 UTC"
    assert words.moment(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02 00:00:00 UTC"
    assert words.moment(None) == "never"


def test_lists_and_counts_read_as_english():
    assert words.listing([]) == "none"
    assert words.listing(["a"]) == "a"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert (words.count(1, "session"), words.count(0, "session")) == ("1 session", "0 sessions")


def test_hostile_text_is_escaped():
    assert "<script>" not in words.badge("<script>") + words.pre({"<script>": 1})

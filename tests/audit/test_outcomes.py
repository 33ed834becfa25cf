from __future__ import annotations

from audit.outcomes import tone


def test_a_denial_looks_bad_and_an_unknown_outcome_looks_plain():
    assert tone("deny") == "bad"
    assert tone("allow") == "good"
    assert tone("constrain") == "care"
    assert tone("idle") == tone("") == "plain"

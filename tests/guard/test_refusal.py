from __future__ import annotations

import pytest

from guard.core.closing import CLOSINGS, EndReason
from guard.ports import Refused
from guard.refusal import close_frame, error_event, http_body, http_status, retry_after


@pytest.mark.parametrize(
    ("reason", "code", "status"),
    [
        (EndReason.UNAUTHENTICATED, "", 401),
        (EndReason.NOT_ALLOWED, "", 403),
        (EndReason.NOT_ALLOWED, "model_not_found", 404),
        (EndReason.LOCKED, "", 403),
        (EndReason.BAD_FRAME, "", 400),
        (EndReason.RATE_LIMITED, "", 429),
        (EndReason.AUDIT_UNAVAILABLE, "", 503),
    ],
)
def test_the_status_is_the_one_that_sdks_turn_into_the_right_exception(reason, code, status):
    assert http_status(Refused(reason, code=code)) == status


def test_the_body_has_the_official_shape():
    body = http_body(Refused(EndReason.NOT_ALLOWED, "No such model.", "model_not_found", "model"))
    assert body == {
        "error": {
            "type": "invalid_request_error",
            "code": "model_not_found",
            "message": "No such model.",
            "param": "model",
        }
    }


@pytest.mark.parametrize("reason", list(EndReason))
def test_every_reason_has_words_and_a_close_code(reason):
    event = error_event(Refused(reason))
    assert event["type"] == "error"
    assert event["event_id"].startswith("event_")
    assert set(event["error"]) == {"type", "code", "message", "param", "event_id"}
    code, said = close_frame(Refused(reason))
    assert code in (1000, 1012) or 4400 <= code <= 4507
    assert said == CLOSINGS[reason].error_code


def test_the_retired_dialect_is_closed_as_the_provider_does_it():
    refused = Refused(EndReason.NOT_ALLOWED, "no", "beta_api_shape_disabled")
    assert close_frame(refused) == (4000, "invalid_request_error.beta_api_shape_disabled")


@pytest.mark.parametrize("reason", [EndReason.RATE_LIMITED, EndReason.DRAINING, EndReason.AUDIT_UNAVAILABLE])
def test_who_may_come_back_is_told_when_and_not_all_the_same(reason):
    hints = {int(retry_after(Refused(reason))["Retry-After"]) for _ in range(200)}
    assert len(hints) > 1
    assert hints <= set(range(1, 66))


@pytest.mark.parametrize("reason", [EndReason.UNAUTHENTICATED, EndReason.NOT_ALLOWED, EndReason.LOCKED])
def test_nobody_is_told_to_come_back_where_that_would_not_help(reason):
    assert retry_after(Refused(reason)) == {}

import pytest

from guard.core.turns import TooManyQueued, Turns


def test_a_clients_request_waits_until_ours_is_done() -> None:
    turns = Turns()
    turns.created("r1", out_of_band=False)
    turns.done("r1")
    turns.expect_ours(0.0)
    assert turns.must_wait
    turns.queue({"type": "response.create"})
    turns.created("r2", out_of_band=False)
    assert turns.next_queued() is None
    turns.done("r2")
    assert turns.next_queued() == {"type": "response.create"}
    assert turns.next_queued() is None


def test_an_out_of_band_response_is_not_the_one_that_we_asked_for() -> None:
    turns = Turns()
    turns.expect_ours(0.0)
    assert not turns.created("r1", out_of_band=True).ours
    assert turns.created("r2", out_of_band=False).ours


def test_a_failed_request_of_ours_frees_the_way() -> None:
    turns = Turns()
    turns.expect_ours(0.0)
    turns.ours_failed()
    assert not turns.must_wait


def test_a_round_without_denials_starts_the_count_again() -> None:
    turns = Turns()
    assert turns.after_denial() == {}
    turns.not_denied()
    assert turns.after_denial() == {}
    assert turns.after_denial() == {"tool_choice": "none"}


def test_cancelling_names_one_response_or_all() -> None:
    turns = Turns()
    turns.created("r1", out_of_band=False)
    turns.created("r2", out_of_band=True)
    turns.cancel("r1")
    assert turns.is_cancelling("r1") and not turns.is_cancelling("r2")
    turns.cancel(None)
    assert turns.is_cancelling("r2")
    assert not turns.is_cancelling("r9") and not turns.is_cancelling(None)


def test_the_queue_is_short() -> None:
    turns = Turns()
    turns.expect_ours(0.0)
    for _ in range(8):
        turns.queue({})
    with pytest.raises(TooManyQueued):
        turns.queue({})

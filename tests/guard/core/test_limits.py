from guard.core.closing import EndReason
from guard.core.limits import BLIND_SECONDS, LOCK_SECONDS, STALE_SECONDS, Deadlines
from guard.core.policy import Limits


def open_deadlines(
    max_seconds: float = 100, idle_seconds: float = 1000, seconds_left: float = 1000
) -> Deadlines:
    deadlines = Deadlines(Limits(max_seconds, idle_seconds), seconds_left, 0.0)
    deadlines.locked()
    return deadlines


def test_the_earlier_of_role_and_ticket_counts() -> None:
    for deadlines in (open_deadlines(max_seconds=20), open_deadlines(seconds_left=20)):
        deadlines.policy_seen(20)
        assert deadlines.passed(19.9) is None
        assert deadlines.passed(20) is EndReason.EXPIRED


def test_activity_moves_the_idle_deadline() -> None:
    deadlines = open_deadlines(idle_seconds=5)
    deadlines.touch(3)
    assert deadlines.passed(7.9) is None
    assert deadlines.passed(8) is EndReason.IDLE


def test_a_view_of_the_policy_grows_stale_then_blind() -> None:
    deadlines = open_deadlines()
    assert not deadlines.is_stale(STALE_SECONDS - 0.1)
    assert deadlines.is_stale(STALE_SECONDS)
    assert deadlines.passed(BLIND_SECONDS) is EndReason.INTERNAL
    deadlines.policy_seen(BLIND_SECONDS)
    assert not deadlines.is_stale(BLIND_SECONDS) and deadlines.passed(BLIND_SECONDS) is None


def test_the_lock_has_its_own_deadline_until_it_holds() -> None:
    deadlines = Deadlines(Limits(), 1000, 0.0)
    assert deadlines.next() == LOCK_SECONDS
    assert deadlines.passed(LOCK_SECONDS) is EndReason.UPSTREAM_LOST
    deadlines.locked()
    assert deadlines.passed(LOCK_SECONDS) is None


def test_the_next_wake_up_is_the_earliest_deadline() -> None:
    assert open_deadlines(max_seconds=12).next() == 12
    assert open_deadlines(max_seconds=500, idle_seconds=9).next() == 9

"""A fresh ticket on its way from the client to the database, and what comes back."""

from __future__ import annotations

from guard.core.closing import EndReason
from guard.core.limits import Renewal
from guard.core.policy import Limits
from guard.ports import Unavailable
from tests.fakes import admission, policy, until

ASKING = Limits(600, 60, reauthenticate_seconds=30, grace_seconds=30)
GOOD = Renewal(2_000.0, 60.0)


async def show(stage, ticket: str) -> None:
    await stage.relay.feed(f'{{"type": "sallyport.reauthenticate", "ticket": "{ticket}"}}')


async def start(stage) -> None:
    stage.control.admission = admission(policy=policy(limits=ASKING), renewal=Renewal(1_000.0, 60.0))
    stage.control.current = policy(limits=ASKING)
    await stage.open()


async def test_a_good_ticket_is_answered_and_goes_to_nobody_else(stage):
    stage.control.renewals["ek_good"] = GOOD
    await start(stage)
    await show(stage, "ek_good")
    await until(lambda: stage.socket.types[-1] == "session.updated")
    assert "ek_good" not in str(stage.provider.sent)


async def test_a_wrong_ticket_is_an_error_and_the_third_closes(stage):
    await start(stage)
    for number in range(3):
        await show(stage, "ek_wrong")
        await until(lambda number=number: stage.socket.types.count("error") > number)
    await until(lambda: stage.control.ends)
    assert stage.control.ends[0][1] is EndReason.REAUTHENTICATION


async def test_a_ticket_that_cannot_be_checked_closes_nothing(stage):
    stage.control.renewals["ek_good"] = Unavailable("away")
    await start(stage)
    for number in range(4):
        await show(stage, "ek_good")
        await until(lambda number=number: stage.socket.types.count("error") > number)
    assert not stage.relay.is_over


async def test_a_ticket_that_was_shown_elsewhere_is_learnt_at_the_next_look(stage):
    await start(stage)
    stage.control.renewed = GOOD
    await stage.relay.look_for_approvals()
    await until(lambda: stage.socket.types[-1] == "session.updated")

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from controlplane import process as process_module
from controlplane.adapters import DatabaseControlPlane
from controlplane.database import Database
from controlplane.lease import Lost, Renewed
from controlplane.models import Node, SessionBinding
from guard.core.closing import EndReason
from guard.ports import Refused, Unavailable
from tests.people import handshake, ticket_for


class FakeLease:
    def __init__(self) -> None:
        self.answer: Renewed | Exception = Renewed(7)

    async def renew(self, node):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        pass


class Breakable(Database):
    """A database that can be away."""

    is_away = False

    async def run(self, work: Callable[[], Any]) -> Any:
        if self.is_away:
            raise Unavailable("away")
        return await super().run(work)


@pytest.fixture
def lease():
    return FakeLease()


@pytest.fixture
def database(executor):
    return Breakable(executor)


@pytest.fixture
def control(database, lease, monkeypatch):
    monkeypatch.setattr(process_module, "LOOK_SECONDS", 0.0)
    return DatabaseControlPlane(database, lease)


async def renewed(control, *running):
    """A renewal, and all that comes with it."""
    epoch = await control.renew_lease(running)
    await control._process._paying
    return epoch


@pytest.fixture
def tickets(demo):
    """Asked for before there is an event loop: Django refuses to be used in one."""
    return [ticket_for().ticket for _ in range(2)]


@pytest.fixture
def admitted(control, tickets):
    async def admit():
        return (await control.admit(handshake(tickets.pop()))).session_id

    return admit


def test_a_process_has_one_row_from_its_first_renewal_and_its_sessions_point_to_it(
    control, admitted, records
):
    async def live():
        assert await renewed(control) == 7
        await renewed(control, await admitted())

    asyncio.run(live())
    (node,) = Node.objects.all()
    assert [record.subject for record in records("node.started")] == [str(node.pk)]
    (started,) = records("session.started")
    assert started.fields["node"] == str(node.pk)
    assert SessionBinding.objects.get(state="active").node == node


def test_a_process_that_was_lost_says_so_and_begins_anew(control, admitted, lease):
    async def live():
        first = await admitted()
        lease.answer = Lost()
        with pytest.raises(Refused) as refused:
            await control.renew_lease([first])
        assert refused.value.reason is EndReason.NODE_LOST
        lease.answer = Renewed(8)
        assert await renewed(control, first) == 8
        return first, await admitted()

    first, second = asyncio.run(live())
    nodes = [SessionBinding.objects.get(pk=pk).node for pk in (first, second)]
    assert nodes[0] != nodes[1]
    assert Node.objects.count() == 2


def test_an_end_that_could_not_be_written_is_written_when_the_database_is_back(
    control, admitted, database, records
):
    async def live():
        session = await admitted()
        database.is_away = True
        with pytest.raises(Unavailable):
            await control.end(session, EndReason.IDLE, {"tools_denied": 2})
        database.is_away = False
        await renewed(control)
        await renewed(control)
        return session

    session = asyncio.run(live())
    (record,) = records("session.ended")
    assert (record.session_id, record.outcome, record.fields["tools_denied"]) == (session, "idle", 2)
    assert SessionBinding.objects.get(pk=session).released_at is not None


def test_a_session_that_was_admitted_and_never_began_is_ended_at_the_second_look(control, admitted, records):
    async def live():
        stray, runs = await admitted(), await admitted()
        await renewed(control, runs)
        assert (await control.policy(stray)).principal.name == "alice"  # still there
        await renewed(control, runs)
        return stray, runs

    stray, runs = asyncio.run(live())
    assert SessionBinding.objects.get(pk=runs).state == "active"
    (record,) = records("session.ended")
    assert (record.session_id, record.outcome) == (stray, "internal")


def test_a_session_that_is_ending_is_no_stray(control, admitted, database, records):
    async def live():
        session = await admitted()
        await renewed(control)  # it is not among those that run any more
        await control.end(session, EndReason.CLIENT_LEFT, {})
        await renewed(control)

    asyncio.run(live())
    assert [record.outcome for record in records("session.ended")] == ["client_left"]


def test_a_jump_of_a_clock_is_on_record_once_even_if_the_database_was_away(control, database, lease, records):
    async def live():
        await renewed(control)
        lease.answer = Renewed(7, {"database": 3600.0})
        database.is_away = True
        await renewed(control)
        lease.answer = Renewed(7)
        await renewed(control)
        database.is_away = False
        await renewed(control)
        await renewed(control)

    asyncio.run(live())
    (record,) = records("clock.jumped")
    assert (record.outcome, record.fields["seconds"]) == ("database", 3600.0)


def test_what_cannot_be_written_for_another_reason_does_not_keep_the_rest(control, admitted, records, caplog):
    async def live():
        session = await admitted()
        control._process.owe("a mistake", lambda: 1 // 0)
        control._process.owe(session, lambda: Node.objects.update(name="written"))
        await renewed(control, session)

    asyncio.run(live())
    assert Node.objects.get().name == "written"
    assert "a mistake cannot be written" in caplog.text


def test_a_process_that_stops_writes_what_it_owes_first(control, admitted, database, records):
    async def live():
        session = await admitted()
        database.is_away = True
        with pytest.raises(Unavailable):
            await control.end(session, EndReason.DRAINING, {})
        database.is_away = False
        await control.stop()

    asyncio.run(live())
    verbs = [record.verb for record in records("session.ended", "node.stopped")]
    assert verbs == ["session.ended", "node.stopped"]

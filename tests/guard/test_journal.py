from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from guard import journal as journal_module
from guard.core.commands import Record
from guard.journal import BATCH, CAPACITY, Journal
from guard.ports import Unavailable
from tests.fakes import FakeAudit, until

MATTERS = Record("tool.decided", "call_1")
SMALL = Record("redaction.hit", "item_1")


@pytest.fixture
def audit():
    return FakeAudit()


@pytest.fixture
def journal(audit):
    return Journal(audit, "s")


async def test_a_record_that_matters_is_durable_on_return(journal, audit):
    await journal.write(MATTERS)
    assert audit.records == [MATTERS]


async def test_small_records_wait_and_go_in_order_with_the_next_that_matters(journal, audit):
    await journal.write(SMALL)
    assert audit.batches == []
    await journal.write(MATTERS)
    assert audit.batches == [[SMALL, MATTERS]]


async def test_a_full_batch_holds_the_session_up(journal, audit):
    audit.hold = asyncio.Event()
    for _ in range(BATCH - 1):
        await journal.write(SMALL)
    last = asyncio.get_running_loop().create_task(journal.write(SMALL))
    await asyncio.sleep(0.05)
    assert not last.done()
    audit.hold.set()
    await last
    assert len(audit.records) == BATCH


async def test_a_log_that_fails_is_told_at_once_for_what_matters(journal, audit):
    audit.fail = True
    with pytest.raises(Unavailable):
        await journal.write(MATTERS)


async def test_a_log_that_hangs_is_given_up_after_the_deadline(journal, audit, monkeypatch):
    monkeypatch.setattr(journal_module, "DEADLINE", 0.05)
    audit.hold = asyncio.Event()
    with pytest.raises(Unavailable, match="in time"):
        await journal.write(MATTERS)


async def test_small_records_are_put_up_with_while_the_log_is_away_up_to_a_limit(journal, audit):
    audit.fail = True
    for _ in range(CAPACITY - 1):
        await journal.write(SMALL)
    with pytest.raises(Unavailable):
        await journal.write(SMALL)
    audit.fail = False
    await journal.flush()
    assert len(audit.records) == CAPACITY


class Unstoppable(FakeAudit):
    """As a thread is: who waits for it may be cancelled, the insert happens all the same."""

    async def append(self, session_id: str, records: Sequence[Record]) -> None:
        work = asyncio.get_running_loop().create_task(super().append(session_id, records))
        await asyncio.shield(work)


async def test_giving_up_neither_loses_nor_repeats_a_record():
    audit = Unstoppable()
    journal = Journal(audit, "s")
    audit.hold = asyncio.Event()
    waiting = asyncio.get_running_loop().create_task(journal.write(MATTERS))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait([waiting])
    audit.hold.set()
    await journal.flush()
    assert audit.records == [MATTERS]


async def test_what_comes_during_an_append_goes_with_the_next(journal, audit):
    audit.hold = asyncio.Event()
    first = asyncio.get_running_loop().create_task(journal.write(MATTERS))
    await asyncio.sleep(0.01)
    second = asyncio.get_running_loop().create_task(journal.write(MATTERS))
    await asyncio.sleep(0.01)
    audit.hold.set()
    await asyncio.gather(first, second)
    assert [len(batch) for batch in audit.batches] == [1, 1]


async def test_an_append_can_be_started_without_waiting(journal, audit):
    journal.start_append()
    assert audit.batches == []
    await journal.write(SMALL)
    journal.start_append()
    await until(lambda: audit.records == [SMALL])

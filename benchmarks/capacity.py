"""What one session costs a server and the database: silent, and in conversation.

python -m benchmarks.capacity [--json FILE] [--sessions N] [--seconds N]

One server process on engines of the benchmark's own. The same sessions are measured twice: connected and silent for
some seconds, then all of them talking. What is there without any session is taken off both.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.report import Row, as_json, table
from embedded import pytest_plugin
from tests.blackbox.crowd import Crowd
from tests.blackbox.harness import Stack
from tests.blackbox.talker import Talker

_SETTLE_SECONDS = 5.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
SCRIPT = ("hello", "say My card is 4111 1111 1111 1111 thanks", "long 300")
"""What every caller says, over and over: about 60 words of answer for each turn."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Of the server process and its database, at one moment: seconds, seconds, KiB, transactions."""

    at: float
    cpu: float
    memory: int
    transactions: int


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    with _stack() as stack:
        rows = asyncio.run(_rows(stack, options.sessions, options.seconds))
    sys.stdout.write(table(rows))
    if options.json:
        options.json.write_text(as_json({"Capacity": rows}))


async def _rows(stack: Stack, sessions: int, seconds: float) -> list[Row]:
    crowd = await asyncio.to_thread(Crowd(stack, "crowd", sessions).make)
    await asyncio.sleep(_SETTLE_SECONDS)
    empty = [_read(stack), await _later(stack, seconds)]
    async with crowd.talking([stack.server]) as talkers:
        await asyncio.sleep(_SETTLE_SECONDS)
        silent = [_read(stack), await _later(stack, seconds)]
        async with _conversation(talkers) as turns:
            busy = [_read(stack), await _later(stack, seconds)]
            answered = sum(turns.values())
    return [
        _row("silent", sessions, 0, empty, silent),
        _row("in conversation", sessions, answered, empty, busy),
    ]


async def _later(stack: Stack, seconds: float) -> Reading:
    await asyncio.sleep(seconds)
    return _read(stack)


def _row(name: str, sessions: int, turns: int, empty: list[Reading], found: list[Reading]) -> Row:
    seconds = found[1].at - found[0].at
    cpu = _rate(found, "cpu") - _rate(empty, "cpu")
    transactions = _rate(found, "transactions") - _rate(empty, "transactions")
    return {
        "sessions": f"{sessions} {name}",
        "turns per session and minute": round(turns / sessions / seconds * 60, 1),
        "CPU, % of a core, per 100 sessions": round(cpu / sessions * 100 * 100, 2),
        "CPU, ms per turn": round(cpu * seconds / turns * 1000, 2) if turns else "",
        "memory, KiB per session": round((found[1].memory - empty[1].memory) / sessions),
        "transactions per session and minute": round(transactions / sessions * 60, 1),
    }


def _rate(readings: list[Reading], name: str) -> float:
    first, last = readings
    return float(getattr(last, name) - getattr(first, name)) / (last.at - first.at)


@asynccontextmanager
async def _conversation(talkers: Sequence[Talker]) -> AsyncIterator[dict[int, int]]:
    """Everybody talks for as long as the block lasts: turns that came to their end, by caller."""
    turns: dict[int, int] = dict.fromkeys(range(len(talkers)), 0)

    async def talk(number: int, talker: Talker) -> None:
        for text in itertools.cycle(SCRIPT):
            await talker.say(text)
            turns[number] += 1

    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(talk(number, talker)) for number, talker in enumerate(talkers)]
    try:
        yield turns
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _read(stack: Stack) -> Reading:
    process = Path("/proc") / str(stack.server.process.process.pid)
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return Reading(
        time.monotonic(),
        (int(fields[11]) + int(fields[12])) / _TICKS,
        int((process / "statm").read_text().split()[1]) * _PAGE_KIB,
        int(row[0]) if row else 0,
    )


@contextmanager
def _stack() -> Iterator[Stack]:
    if pytest_plugin._engines is None:  # started by its import
        raise SystemExit("the engines did not start")
    with tempfile.TemporaryDirectory() as directory:
        stack = Stack(Path(directory))
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument("--sessions", type=int, default=100, help="at once (default: 100)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement (default: 30)")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])

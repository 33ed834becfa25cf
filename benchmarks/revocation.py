"""How long a session still lives after an administrator has taken it away: from the commit to the client's last byte.

python -m benchmarks.revocation [--json FILE] [--sessions N] [--rounds N] [--talking N]

Two server processes on engines of the benchmark's own. A lock on the role ends all sessions at once; Redis is up,
killed, or frozen by SIGSTOP, which is worse: it takes connections and never answers.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from benchmarks.report import Row, as_json, table
from embedded import pytest_plugin
from tests.blackbox import crowd
from tests.blackbox.crowd import Crowd
from tests.blackbox.harness import Server, Stack
from tests.blackbox.talker import Talker

_SETTLE_SECONDS = 6.0
_CONDITIONS = {"up": None, "killed": signal.SIGKILL, "frozen": signal.SIGSTOP}


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    rows = [_row(name, options) for name in options.redis or _CONDITIONS]
    sys.stdout.write(table(rows))
    if options.json:
        options.json.write_text(as_json({"Revocation": rows}))


def _row(condition: str, options: argparse.Namespace) -> Row:
    with _stack() as (stack, servers, valkey):
        taken = asyncio.run(_rounds(stack, servers, valkey, condition, options))
    return {
        "Redis": condition,
        "sessions": options.sessions,
        "rounds": options.rounds,
        "p50, ms": _ms(taken, 0.50),
        "p99, ms": _ms(taken, 0.99),
        "max, ms": _ms(taken, 1.0),
    }


@contextmanager
def _stack() -> Iterator[tuple[Stack, list[Server], Popen[bytes]]]:
    """A product with two servers, and a Valkey that nobody else needs."""
    engines = pytest_plugin._engines  # started by its import
    if engines is None:
        raise SystemExit("the engines did not start")
    url = engines.another_valkey(f"revocation-{len(engines.valkeys)}")
    valkey = engines.valkeys[-1].process
    with tempfile.TemporaryDirectory() as directory:
        stack = Stack(Path(directory), REDIS_URL=url)
        try:
            stack.start()
            yield stack, [stack.server, stack.serve()], valkey
        finally:
            valkey.send_signal(signal.SIGCONT)  # to a process that is gone it does nothing
            stack.stop()


async def _rounds(
    stack: Stack,
    servers: Sequence[Server],
    valkey: Popen[bytes],
    condition: str,
    options: argparse.Namespace,
) -> list[float]:
    """All delays, the shortest first. A Redis that was killed stays dead, a frozen one thaws in between."""
    sessions, taken = await asyncio.to_thread(Crowd(stack, "crowd", options.sessions).make), list[float]()
    for _ in range(options.rounds):
        async with sessions.talking(servers) as talkers:
            await asyncio.sleep(_SETTLE_SECONDS)  # each has had its first look at its policy
            if number := _CONDITIONS[condition]:
                valkey.send_signal(number)
            await _start_talking(talkers[: options.talking])
            since = await asyncio.to_thread(crowd.lock, stack, "role", "crowd")
            taken += await crowd.delays(talkers, since)
        valkey.send_signal(signal.SIGCONT)
        await asyncio.to_thread(crowd.lift_all, stack)
    return sorted(taken)


async def _start_talking(talkers: Sequence[Talker]) -> None:
    content = [{"type": "input_text", "text": "long 20000"}]
    item = {"type": "message", "role": "user", "content": content}
    for talker in talkers:
        await talker.send({"type": "conversation.item.create", "item": item}, {"type": "response.create"})


def _ms(taken: Sequence[float], share: float) -> int:
    return round(taken[min(int(len(taken) * share), len(taken) - 1)] * 1000)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.revocation", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument("--sessions", type=int, default=200, help="live at once (default: 200)")
    parser.add_argument("--rounds", type=int, default=3, help="for each state of Redis (default: 3)")
    parser.add_argument(
        "--talking", type=int, default=10, help="of them, with an answer under way (default: 10)"
    )
    parser.add_argument("--redis", choices=_CONDITIONS, action="append", help="only so (default: each)")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])

"""What a decision on a tool call costs: raw JSON arguments in, verdict out, schema included.

python -m benchmarks.decide [--json FILE] [--calls N] [--repeats N] [--quick]
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.deciders import Decider, deciders
from benchmarks.grants import Asked, asked
from benchmarks.report import Row, as_json, table

_GRANTS = (10, 100, 1_000)
_TURN = 100
_WARMING = 10


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    calls, repeats = (200, 1) if options.quick else (options.calls, options.repeats)
    rows = [
        row for ruled in (False, True) for tools in _GRANTS for row in _beside(tools, ruled, calls, repeats)
    ]
    sys.stdout.write(table(rows))
    if options.json:
        options.json.write_text(as_json({"decisions": rows}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.decide",
        description="Microseconds of processor time for each decision: least of its repeats, then every time.",
        epilog="Cedar and Rego take part if cedarpy and regopy can be imported.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument("--calls", type=int, default=1_000, help="different calls (default: 1000)")
    parser.add_argument("--repeats", type=int, default=5, help="how often each is decided (default: 5)")
    parser.add_argument("--quick", action="store_true", help="few calls, once: only to see that it runs")
    return parser


def _beside(tools: int, ruled: bool, calls: int, repeats: int) -> Iterator[Row]:
    questions = asked(calls, tools)
    contenders = list(deciders(tools, ruled=ruled))
    answers = [[contender.permits(question) for question in questions] for contender in contenders]
    for contender, taken, given in zip(
        contenders, _taken(contenders, questions, repeats), answers, strict=True
    ):
        # A neighbour who takes the processor away hits one decision in a hundred, but the same one seldom twice.
        least, every = sorted(map(min, taken)), sorted(time for times in taken for time in times)
        yield {
            "grants": tools,
            "each has": "rules, caps, condition" if ruled else "a schema",
            "who": contender.name,
            "p50 us": _share(least, 50),
            "p99 us": _share(least, 99),
            "p99 of every time us": _share(every, 99),
            "permitted %": round(100 * sum(given) / len(given)),
            "as Sallyport": "yes" if given == answers[0] else "no",
        }


def _share(ordered: Sequence[float], percent: int) -> float:
    return ordered[len(ordered) * percent // 100]


def _taken(
    contenders: Sequence[Decider], questions: Sequence[Asked], repeats: int
) -> list[list[list[float]]]:
    """Microseconds for each contender, call and repeat. Contenders take turns, so that a busy minute of the machine
    hits all of them."""
    taken: list[list[list[float]]] = [[[] for _ in questions] for _ in contenders]
    gc.collect()
    for _ in range(repeats):
        for start in range(0, len(questions), _TURN):
            for contender, times in zip(contenders, taken, strict=True):
                for question in questions[
                    :_WARMING
                ]:  # the processor's caches are full of the contender before
                    contender.permits(question)
                for number in range(start, min(start + _TURN, len(questions))):
                    times[number].append(_time(contender, questions[number]))
    return taken


def _time(contender: Decider, question: Asked) -> float:
    start = time.thread_time_ns()
    contender.permits(question)
    return (time.thread_time_ns() - start) / 1_000


if __name__ == "__main__":
    main(sys.argv[1:])

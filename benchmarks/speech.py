"""How much later the first sound of an answer is heard when it must wait for its transcript.

"adds" is relative to how long the provider takes to generate the answer.

python -m benchmarks.speech [--json FILE] [--repeats N] [--pace-ms N] [--word-ms N]

The provider is the sandbox, which writes each word only just before it speaks it: the worst case for ``hold``, since
real models write ahead of their voice. ``--pace-ms`` passes between two deltas, of text (a token) or sound (100 ms).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.report import Row, as_json, table
from benchmarks.voice import Heard, answer
from guard.core.policy import AudioPolicy
from guard.sandbox import running

_TEXT = (
    "The parcel left our warehouse this morning and should reach you before the weekend, as long as nobody "
    "at the border asks for more papers. If it is late, write to us and we will look where it went."
)
_LENGTHS = (5, 10, 20, 40, 80)
_POLICIES = (AudioPolicy.DELIVER, AudioPolicy.BOUNDED, AudioPolicy.HOLD)


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    rows = list(asyncio.run(_measured(options.repeats, options.pace_ms / 1000, options.word_ms)))
    sys.stdout.write(table(rows))
    if options.json:
        options.json.write_text(as_json({"First sound": rows}))


async def _measured(repeats: int, pace: float, word_ms: int) -> Iterator[Row]:
    """Policies take turns, so that a busy minute of the machine hits all of them."""
    async with running(word_ms=word_ms) as sandbox:
        sandbox.fail(delta_seconds=pace)
        found: dict[tuple[int, AudioPolicy], list[Heard]] = {}
        for _ in range(repeats):
            for length in _LENGTHS:
                for policy in _POLICIES:
                    heard = await answer(sandbox.url, policy, _text(length))
                    found.setdefault((length, policy), []).append(heard)
    return (_row(length, word_ms, found) for length in _LENGTHS)


def _text(length: int) -> str:
    return " ".join(islice(cycle(_TEXT.split()), length))


def _row(length: int, word_ms: int, found: dict[tuple[int, AudioPolicy], list[Heard]]) -> Row:
    deliver, bounded, hold = (_median_ms(found[length, policy]) for policy in _POLICIES)
    written = statistics.median(each.done for each in found[length, AudioPolicy.DELIVER]) * 1000
    slow = found[length, AudioPolicy.BOUNDED]
    return {
        "words": length,
        "speech, ms": length * word_ms,
        "generated in, ms": round(written),
        "deliver, ms": round(deliver),
        "bounded, ms": round(bounded),
        "hold, ms": round(hold),
        "bounded stalls, ms": round(statistics.median(each.stalled for each in slow) * 1000),
        "bounded adds": f"{(bounded - deliver) / written:.0%}",
        "hold adds": f"{(hold - deliver) / written:.0%}",
    }


def _median_ms(heard: Sequence[Heard]) -> float:
    return statistics.median(each.heard for each in heard) * 1000


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="answers for each length and policy")
    parser.add_argument("--pace-ms", type=float, default=20.0, help="pause behind each delta of the provider")
    parser.add_argument("--word-ms", type=int, default=350, help="how long a spoken word lasts")
    parser.add_argument("--json", type=Path, help="also write the table there")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])

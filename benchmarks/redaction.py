"""What redaction costs for each delta of a stream, and how much text it holds back.

python -m benchmarks.redaction [--json FILE] [--repeats N] [--characters N] [--quick]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.contenders import Contender, per_delta, re2_tail, sallyport
from benchmarks.deltas import paragraphs, pieces, tokens
from benchmarks.presidio import presidio
from benchmarks.prose import prose
from benchmarks.records import records
from benchmarks.report import Row, as_json, table
from benchmarks.rulesets import rulesets
from benchmarks.timing import Messages, cold, held, timed
from guard.core.redact import Rule

_LONG_DELTA = 15


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    # Seven times less text and one turn show whether it runs, not how fast.
    characters = 12_000 if options.quick else options.characters
    repeats = 1 if options.quick else options.repeats
    tables: dict[str, Sequence[Row]] = {
        "Sallyport alone": list(_alone(characters, repeats)),
        "Side by side, token-sized deltas": list(_beside(characters, repeats)),
    }
    for title, rows in tables.items():
        sys.stdout.write(f"{title}\n\n{table(rows)}\n")
    if options.json:
        options.json.write_text(as_json(tables))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.redaction",
        description="Microseconds of processor time for each delta, characters held back, values let through.",
        epilog="Presidio takes part if presidio-analyzer can be imported; benchmarks/README.md says how.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument("--repeats", type=int, default=5, help="turns of every contender (default: 5)")
    parser.add_argument("--characters", type=int, default=80_000, help="length of the prose (default: 80000)")
    parser.add_argument(
        "--quick", action="store_true", help="little text, one turn: only to see that it runs"
    )
    return parser


def _alone(characters: int, repeats: int) -> Iterator[Row]:
    """Every rule set, on prose: cold and warm, short and long deltas, hold-back."""
    text = prose(characters)
    short, long = _messages(text), _messages(text, _LONG_DELTA)
    for name, rules in rulesets().items():
        started = cold(rules, short)
        contender = sallyport(rules)
        token_sized, longer = (timed([contender], messages, repeats, ())[0] for messages in (short, long))
        back = held(rules, short)
        yield {
            "rules": name,
            "compile s": round(started.compile, 2),
            "cold us": started.first,
            "warm us (min)": token_sized.least,
            "warm us (median)": token_sized.median,
            f"{_LONG_DELTA} chars us (min)": longer.least,
            f"{_LONG_DELTA} chars us (median)": longer.median,
            "held mean": back.mean,
            "held p95": back.p95,
            "held p99": back.p99,
            "held max": back.most,
        }


def _beside(characters: int, repeats: int) -> Iterator[Row]:
    """The same rules in other hands, on prose and on text full of values."""
    full = records(characters // 4)
    texts: dict[str, tuple[Messages, tuple[str, ...]]] = {
        "prose": (_messages(prose(characters // 2)), ()),
        "records": (_messages(full.text), full.values),
    }
    for name, rules in rulesets().items():
        contenders = _contenders(rules, last=name.startswith("catalogue"))
        for text, (messages, values) in texts.items():
            for found in timed(contenders, messages, repeats, values):
                yield {
                    "rules": name,
                    "text": text,
                    "who": found.contender,
                    "us (min)": found.least,
                    "us (median)": found.median,
                    "rules refused": found.refused,
                    "values seen %": round(100 * found.seen) if values else "",
                }


def _contenders(rules: Sequence[Rule], *, last: bool) -> list[Contender]:
    """Presidio brings rules of its own, so it runs once."""
    ours = [sallyport(rules), per_delta(rules), re2_tail(rules)]
    return [*ours, *presidio()] if last else ours


def _messages(text: str, size: int = 0) -> Messages:
    """A stream for each paragraph, in deltas of ``size`` characters, or as long as tokens."""
    return [pieces(part, size) if size else tokens(part) for part in paragraphs(text)]


if __name__ == "__main__":
    main(sys.argv[1:])

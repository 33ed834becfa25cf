"""Processor time for each delta. Contenders take turns, so that a busy minute of the machine hits all of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.contenders import Contender
from guard.core.redact import Redactor, Rule
from guard.core.redact.compiled import compiled

Messages = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Timed:
    """Microseconds for each delta, over all repeats. ``seen``: share of the planted values that the reader sees."""

    contender: str
    refused: int
    least: float
    median: float
    seen: float


@dataclass(frozen=True, slots=True)
class Cold:
    """``compile``: seconds to make the rule set ready; ``first``: microseconds for each delta of the first text."""

    compile: float
    first: float


@dataclass(frozen=True, slots=True)
class Held:
    """Characters held back after each delta."""

    mean: float
    p95: int
    p99: int
    most: int

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def timed(
    contenders: Sequence[Contender], messages: Messages, repeats: int, values: Sequence[str]
) -> list[Timed]:
    shown = ["\n".join(map(contender.redact, messages)) for contender in contenders]  # fills every cache
    taken: list[list[float]] = [[] for _ in contenders]
    for _ in range(repeats):
        for number, contender in enumerate(contenders):
            taken[number].append(_per_delta(contender, messages))
    return [
        Timed(each.name, each.refused, min(times), statistics.median(times), _share_seen(text, values))
        for each, times, text in zip(contenders, taken, shown, strict=True)
    ]


def cold(rules: Sequence[Rule], messages: Messages) -> Cold:
    compiled.cache_clear()
    start = time.process_time()
    redactor = Redactor(rules)
    made = time.process_time()
    for message in messages:
        stream = redactor.stream()
        for delta in message:
            stream.push(delta)
        stream.finish()
    taken = time.process_time() - made
    return Cold(made - start, taken / _count(messages) * 1e6)


def held(rules: Sequence[Rule], messages: Messages) -> Held:
    redactor = Redactor(rules)
    lengths: list[int] = []
    for message in messages:
        stream = redactor.stream()
        for delta in message:
            stream.push(delta)
            lengths.append(stream.held)
    lengths.sort()
    p95, p99 = (lengths[len(lengths) * share // 100] for share in (95, 99))
    return Held(statistics.mean(lengths), p95, p99, lengths[-1])


def _per_delta(contender: Contender, messages: Messages) -> float:
    gc.collect()
    start = time.process_time()
    for message in messages:
        contender.redact(message)
    return (time.process_time() - start) / _count(messages) * 1e6


def _count(messages: Messages) -> int:
    return sum(map(len, messages))


def _share_seen(text: str, values: Sequence[str]) -> float:
    return sum(value in text for value in values) / len(values) if values else 0.0

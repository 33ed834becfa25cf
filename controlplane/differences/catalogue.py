"""Patterns and classifiers: what is looked for in a text, whose, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from controlplane.differences.sentence import (
    LOOSER,
    NEUTRAL,
    STRICTER,
    Difference,
    Said,
    Teller,
    amount,
    changed,
    collection,
    long_text,
    of_fields,
    ranked,
    scope,
    switch,
)

WAYS = {"to_client": "to the client", "to_model": "to the model", "both": "both ways"}


def _way(old: Any, new: Any) -> Iterator[Said]:
    effect = STRICTER if new == "both" else LOOSER if old == "both" else NEUTRAL
    yield f"{WAYS.get(old, old)} → {WAYS.get(new, new)}", effect


def _operator(old: Any, new: Any) -> Iterator[Said]:
    effect = LOOSER if new == "flag" else STRICTER if old == "flag" else NEUTRAL
    yield f"a find is {_OPERATORS.get(old, old)} → {_OPERATORS.get(new, new)}", effect


_OPERATORS = {
    "replace": "replaced",
    "mask": "masked",
    "hash": "hashed",
    "block": "cut with what follows",
    "flag": "only recorded",
}


def _validator(old: Any, new: Any) -> Iterator[Said]:
    """A check makes fewer finds; which of two checks makes fewer cannot be told."""
    effect = NEUTRAL if old and new else LOOSER if new else STRICTER
    yield f"check of a find {old or 'none'} → {new or 'none'}", effect


PATTERN: dict[str, Teller] = {
    "mode": ranked("", ("enforce", "shadow"), {"enforce": "enforced", "shadow": "only tried (SHADOW)"}),
    "direction": _way,
    "roles": scope,
    "pattern": long_text("expression"),
    "keywords": collection("hides the words:", "no longer hides the words:", STRICTER),
    "before": long_text("expression before"),
    "after": long_text("expression after"),
    "ignore_case": switch("ignores case", "no longer ignores case", STRICTER),
    "validator": _validator,
    "operator": _operator,
    "replacement": changed("replacement"),
    "keep_last": amount("characters of a masked find that stay visible", more=LOOSER),
    "priority": amount("priority"),
}


def _threshold(old: Any, new: Any) -> Iterator[Said]:
    known = old is not None and new is not None
    effect = (LOOSER if new > old else STRICTER) if known else NEUTRAL
    shown = ["what it flags itself" if score is None else f"{score:g}" for score in (old, new)]
    yield f"least score {shown[0]} → {shown[1]}", effect


def _on_finding(old: Any, new: Any) -> Iterator[Said]:
    effect = LOOSER if new == "flag" else STRICTER if old == "flag" else NEUTRAL
    yield f"on a finding {old} → {new}", effect


CLASSIFIER: dict[str, Teller] = {
    "url": changed("address"),
    "direction": _way,
    "roles": scope,
    "timing": ranked("words", ("held", "flowing"), {"held": "wait for it", "flowing": "go on meanwhile"}),
    "on_finding": _on_finding,
    "on_failure": ranked("on a failure", ("withhold", "pass")),
    "labels": collection("labels that count:", "no longer counts labels:", STRICTER, everything="all"),
    "threshold": _threshold,
    "deadline_ms": amount("deadline", "ms"),
    "shape": changed("shape"),
    "model_name": changed("model"),
}


def patterns(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    return _rows("pattern", _pairs(old, new, "rule"), PATTERN)


def classifiers(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    return _rows("classifier", _pairs(old, new, "ask"), CLASSIFIER)


Row = dict[str, Any]
Pair = tuple[str, Row | None, Row | None]


def _rows(kind: str, pairs: Iterator[Pair], tellers: Mapping[str, Teller]) -> Iterator[Difference]:
    for name, before, after in pairs:
        stops = any(row is not None and _stops(row) for row in (before, after))
        for found in _between(f"{kind} {name}", before, after, tellers):
            yield found if stops else replace(found, effect=NEUTRAL)


def _stops(row: Row) -> bool:
    """What is only tried, or only records, stops nothing, however it changes."""
    if "operator" in row:
        return bool(row["mode"] == "enforce" and row["operator"] != "flag")
    return bool(row["on_finding"] != "flag" or row["on_failure"] == "withhold")


def _pairs(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], body: str) -> Iterator[Pair]:
    """By name, the members of the body beside those of the row."""
    one, other = (
        {row[body]["name"]: {**row, **row[body], body: None} for row in rows} for rows in (old, new)
    )
    for name in sorted(one.keys() | other.keys()):
        yield name, one.get(name), other.get(name)


def _between(
    about: str, old: Row | None, new: Row | None, tellers: Mapping[str, Teller]
) -> Iterator[Difference]:
    if new is None:
        yield Difference(about, " retired", LOOSER)
    elif old is None:
        yield Difference(about, f" added, {WAYS.get(new['direction'], '')}{_mode(new)}", STRICTER)
    else:
        yield from of_fields(about, old, new, tellers)


def _mode(row: Mapping[str, Any]) -> str:
    return ", only tried (SHADOW)" if row.get("mode") == "shadow" else ""

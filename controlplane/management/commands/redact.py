"""``manage.py redact``: JSON lines through the streaming redactor, as a session's text would go."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from controlplane import compile
from guard.core.redact import CATALOGUE, PACKS, Direction, Redactor


class Command(BaseCommand):
    help = 'Reads {"id", "text"} lines, writes {"id", "text", "hits": [{"pattern", "start", "end"}]} lines.'

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        rules = parser.add_mutually_exclusive_group(required=True)
        rules.add_argument("--role", help="the patterns of this role, by the policy in force")
        rules.add_argument(
            "--catalogue", action="store_true", help="every shipped rule, country packs included"
        )
        directions = [direction.value for direction in Direction]
        parser.add_argument("--direction", choices=directions, default=Direction.TO_CLIENT.value)
        parser.add_argument(
            "--chunk", type=int, default=0, help="characters per delta (default: the whole text)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["chunk"] < 0:
            raise CommandError("--chunk: must not be negative")
        redactor = _redactor(options["role"], Direction(options["direction"]))
        for number, line in enumerate(sys.stdin, start=1):
            if line.strip():
                self.stdout.write(json.dumps(_redacted(redactor, _read(line, number), options["chunk"])))


def _redactor(role: str | None, direction: Direction) -> Redactor:
    if role is None:
        packs = [rule for pack in PACKS.values() for rule in pack]
        return Redactor(dict.fromkeys([*CATALOGUE, *packs]))
    try:
        snapshot = compile.in_force()
        snapshot.role(role)
        return compile.redactor(snapshot, role, direction)
    except compile.NotInForce as error:
        raise CommandError(f"--role: {error}") from error


def _read(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise CommandError(f"line {number}: is not JSON: {error}") from error
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        raise CommandError(f'line {number}: needs an object with "id" and a "text" that is a string')
    return row


def _redacted(redactor: Redactor, row: dict[str, Any], chunk: int) -> dict[str, Any]:
    stream = redactor.stream()
    shown = "".join(stream.push(delta) for delta in _cut(row["text"], chunk)) + stream.finish()
    hits = [{"pattern": hit.rule, "start": hit.start, "end": hit.end} for hit in stream.hits]
    return {"id": row["id"], "text": shown, "hits": hits}


def _cut(text: str, chunk: int) -> Iterator[str]:
    size = chunk or len(text) or 1
    return (text[at : at + size] for at in range(0, len(text), size))

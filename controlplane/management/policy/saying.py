"""What a command prints about a policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.management.base import OutputWrapper

from controlplane.differences import Difference, Effect
from controlplane.operations.drafts import Applied

NO_DIFFERENCE = "No difference."


def differences(found: Sequence[Difference], stdout: OutputWrapper) -> None:
    for difference in found:
        stdout.write(_line(difference))
        for line in difference.lines():
            stdout.write(f"    {line}")
    if not found:
        stdout.write(NO_DIFFERENCE)


def applied(done: Applied, warnings: Iterable[str], is_dry_run: bool, stdout: OutputWrapper) -> None:
    differences(done.differences, stdout)
    for sentence in warnings:
        stdout.write(f"Is this what you want? {sentence}.")
    for sentence in done.notes:
        stdout.write(f"To do: {sentence}.")
    stdout.write(_outcome(done, is_dry_run))


def _outcome(done: Applied, is_dry_run: bool) -> str:
    if not done.is_new:
        return f"Policy {done.number} stays in force ({done.digest[:12]})."
    if is_dry_run:
        return f"It would be policy {done.number} ({done.digest[:12]}). Nothing was changed."
    return f"Policy {done.number} is in force ({done.digest[:12]})."


def _line(difference: Difference) -> str:
    mark = "" if difference.effect is Effect.NEUTRAL else f" [{difference.effect}]"
    return f"{difference.sentence}{mark}"

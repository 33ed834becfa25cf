"""What a person at the terminal reads."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

COLOURS = {"web": 36, "worker": 32, "beat": 33, "sandbox": 34, "migrate": 35, "seed": 35, "embedded": 37}


class Cancelled(Exception):
    """The person asked for the end (Ctrl-C, SIGTERM, a closed terminal): nothing is wrong."""


class Failed(Exception):
    """The command cannot go on. The text is what the person reads: what is wrong, and what to do about it."""


def write(text: str) -> None:
    """To the terminal. A terminal that has gone away must not keep the stack from being stopped in order."""
    with suppress(OSError, ValueError):
        sys.stdout.write(text)
        sys.stdout.flush()


def say(text: str, name: str = "embedded") -> None:
    """One line: time, who speaks, what."""
    label = f"{time.strftime('%H:%M:%S')} {name:<9}| "
    if sys.stdout.isatty():
        label = f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m"
    write(f"{label}{text}\n")

"""Free ports on the loopback address. Engines remember theirs, so that an open psql stays connected."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from embedded.console import Failed
from embedded.paths import write_private

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections in TIME_WAIT of the previous run do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free(preferred: int | None = None) -> int:
    """``preferred`` if it is free, else one that the kernel picks."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def next_free(wanted: int) -> int:
    """``wanted``, or the next free port above it. Raises ``Failed`` if there is none up to 65535."""
    for port in range(wanted, 65536):
        if is_free(port):
            return port
    raise Failed(f"no free port from {wanted} on: set PORT to another one")


def wanted(text: str) -> int:
    """The value of ``PORT``; raises ``Failed``."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Failed(f"PORT must be a number from 1 to 65535, not {text!r}")
    return int(text)


def remembered(state: Path, name: str) -> int | None:
    port = _all(state).get(name)
    return port if isinstance(port, int) and 0 < port < 65536 else None


def remember(state: Path, name: str, port: int) -> None:
    write_private(state / "ports.json", json.dumps({**_all(state), name: port}))


def _all(state: Path) -> dict[str, object]:
    try:
        known = json.loads((state / "ports.json").read_text())
    except (OSError, ValueError):
        return {}  # the first start, or half a file after a crash: a port is a convenience, any other will do
    return known if isinstance(known, dict) else {}

"""The demo's service key: made once for each database, printed at every start."""

from __future__ import annotations

import hashlib
import http.client
import secrets
from collections.abc import Callable
from pathlib import Path

from embedded.console import say
from embedded.keys import kept
from embedded.paths import write_private
from embedded.ports import LOOPBACK


def key_for(state: Path, database: str, create: Callable[[str], str]) -> str:
    """The kept key of ``database``: the caller's URL, "" for the embedded one. ``create`` takes a name."""
    return kept(state, _file(database), lambda: create(_name()))


def renewed_key(state: Path, database: str, port: int, key: str, create: Callable[[str], str]) -> str:
    """``key``, or a new one if the server does not know it: somebody's database may have been made anew."""
    if not _is_refused(port, key):
        return key
    say("the kept service key is no longer valid, making a new one")
    fresh = create(_name())
    write_private(state / _file(database), fresh)
    return fresh


def _file(database: str) -> str:
    """One file for the embedded database, whatever its port, and one for each other URL."""
    return f"service-key-{hashlib.sha256(database.encode()).hexdigest()[:10]}" if database else "service-key"


def _name() -> str:
    """Names are unique in the database, and the database may remember those of other installations."""
    return f"dev-{secrets.token_hex(3)}"


def _is_refused(port: int, key: str) -> bool:
    """Asks for a ticket for nobody: with a good key the complaint is about the user (and nothing is made)."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/realtime/client_secrets", body="{}", headers=headers)
        return connection.getresponse().status == 401
    finally:
        connection.close()

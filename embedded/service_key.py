"""The demo's service key: made once for each database, printed at every start."""

from __future__ import annotations

import hashlib
import http.client
import secrets
from collections.abc import Callable
from pathlib import Path

from embedded.paths import write_private
from embedded.ports import LOOPBACK


def kept_key(state: Path, database: str) -> str | None:
    """The key of ``database`` (the caller's URL, "" for the embedded one) that an earlier start made."""
    path = state / _file(database)
    return path.read_text().strip() if path.exists() else None


def new_key(state: Path, database: str, create: Callable[[str], str]) -> str:
    """A key for ``database``, kept for the next start; ``create`` makes one of a given name."""
    key = create(f"dev-{secrets.token_hex(3)}")  # names are unique, and the database may know those of others
    write_private(state / _file(database), key)
    return key


def is_refused(port: int, key: str) -> bool:
    """Whether the server does not know the key: somebody's database may have been made anew.

    Asks for a ticket for nobody: with a good key the complaint is about the user, and nothing is made.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/realtime/client_secrets", body="{}", headers=headers)
        return connection.getresponse().status == 401
    finally:
        connection.close()


def _file(database: str) -> str:
    """One file for the embedded database, whatever its port, and one for each other URL."""
    return f"service-key-{hashlib.sha256(database.encode()).hexdigest()[:10]}" if database else "service-key"

"""Secrets of one installation: made once, kept in files of mode 0600, forgotten by `reset`."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from embedded.paths import write_private


def kept(state: Path, name: str, make: Callable[[], str]) -> str:
    """The secret of that name; ``make`` is asked the first time."""
    path = state / name
    if not path.exists():
        write_private(path, make())
    return path.read_text().strip()


def password() -> str:
    """Short enough to type, random enough for a service that only this machine reaches (about 71 bits)."""
    return secrets.token_hex(9)


def secret_key() -> str:
    return secrets.token_urlsafe(48)


def encryption_key() -> str:
    """32 random bytes in urlsafe base64: a Fernet key (``cryptography`` may not be installed yet)."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()

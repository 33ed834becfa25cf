"""Names for advisory locks: Postgres knows them by a number, which two names must not share."""

from __future__ import annotations

import hashlib


def number_of(name: str) -> int:
    """64 bits, signed, as ``pg_advisory_lock`` takes them."""
    return int.from_bytes(hashlib.sha256(f"sallyport place {name}".encode()).digest()[:8], signed=True)

"""Secrets that Sallyport hands out once and keeps only as a digest. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets

TICKET_PREFIX = "ek_"
"""Browser SDKs accept only keys that begin like this."""
SERVICE_KEY_PREFIX = "sp_"


def new_ticket() -> str:
    return TICKET_PREFIX + secrets.token_urlsafe(32)


def new_service_key() -> str:
    return SERVICE_KEY_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """SHA-256. No salt and no stretching: 256 random bits cannot be guessed, and a look-up needs one value.

    Looking up by digest also leaves nothing to time: an attacker controls no prefix of what is compared.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def peer_of(address: str) -> str:
    """Whom to count at ``address``: with IPv6 one peer has a whole network."""
    return network_of(address) if ":" in address else address


def network_of(address: str) -> str:
    """The /24 (IPv4) or /64 (IPv6) that ``address`` is in; "" when it is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))

"""Addresses that an administrator types in: what is sent there must not travel in the clear."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def problem_with(url: str, what: str = "what was said") -> str:
    """Why ``what`` may not be sent to ``url`` over HTTP; "" if it may."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "must be an http:// or https:// address"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        return "must be an http:// or https:// address"
    if parts.username or parts.password:
        return "must not hold a key; enter the key in its own field"
    if parts.scheme == "http" and not is_near(parts.hostname):
        return f"must be https://: {what} would travel in the clear"
    return ""


def is_near(host: str) -> bool:
    """Whether ``host`` is this machine, a private address or a bare name of a container network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(".localhost")
    return address.is_loopback or address.is_private

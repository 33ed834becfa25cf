"""Addresses of machines."""

from __future__ import annotations

import ipaddress


def ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text.split("%")[0])
    except ValueError:
        return False
    # "::" alone is an operator in many languages before it is an address.
    return sum(char in "0123456789abcdefABCDEF" for char in text) >= 2

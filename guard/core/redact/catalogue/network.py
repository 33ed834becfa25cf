"""Addresses of machines, and credentials inside addresses."""

from __future__ import annotations

from guard.core.redact.rule import Rule

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# A full stop may end a sentence behind the address, but must not lead to a fifth number, as in a version.
_NO_FIFTH = r"(?![\w.])|\.(?!\w)|\.\Z"

NETWORK = (
    Rule(
        "ip_address",
        rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?:/\d{{1,2}})?",
        after=_NO_FIFTH,
        priority=20,
    ),
    Rule(
        "ip_address_v6",
        r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})(?:%\w{1,16})?(?:/\d{1,3})?(?![\w:])",
        ignore_case=True,
        validator="ipv6",
        priority=21,
    ),
    Rule(
        "mac_address",
        r"(?<![\w:-])[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})(?![\w:-])",
        ignore_case=True,
        priority=22,
    ),
    Rule(
        "mac_address_dotted",
        r"(?<![\w.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.])",
        ignore_case=True,
        priority=22,
    ),
    Rule(
        "url_credentials",
        r"[^\s/@:]{0,64}:[^\s/@]{1,120}",
        before="://",
        after="@",
        priority=35,
    ),
)

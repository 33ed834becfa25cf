"""Addresses of machines, and credentials inside addresses."""

from __future__ import annotations

from guard.core.redact.catalogue.notation import not_behind
from guard.core.redact.rule import Rule

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# A full stop may end a sentence behind the address, but must not lead to a fifth number, as in a version.
_NO_FIFTH = r"(?![A-Za-z0-9_.])|\.(?![A-Za-z0-9_])|\.\Z"
# No address: version 1.2.3.4, Version="1.2.3.4", package==1.2.3.4, package>=1.2.3.4.
_VERSIONS = "version release build firmware revision section chapter §"
_SIGNS = r""" :('"\\<>~!"""
_NO_VERSION = f"{not_behind(_VERSIONS, _SIGNS + '=')}(?:[{_SIGNS}=]*[{_SIGNS}]|=)?"

NETWORK = (
    Rule(
        "ip_address",
        rf"(?<![A-Za-z0-9_.])(?:{_OCTET}\.){{3}}{_OCTET}(?:/\d{{1,2}})?",
        before=_NO_VERSION,
        after=_NO_FIFTH,
        priority=20,
    ),
    Rule(
        "ip_address_v6",
        r"(?<![A-Za-z0-9_.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})(?:%\w{1,16})?(?:/\d{1,3})?",
        before=r"\A|[^:]|[^0-9a-fA-F:]:",
        after=r"(?![A-Za-z0-9_:])|:(?![A-Za-z0-9_:])|:\Z",
        ignore_case=True,
        validator="ipv6",
        priority=21,
    ),
    Rule(
        "mac_address",
        r"(?<![A-Za-z0-9_-])[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})|[0-9a-f]{6}-[0-9a-f]{6}",
        before=r"\A|[^:]|[^0-9a-fA-F]:|(?:mac|MAC|Mac):",
        after=r"(?![A-Za-z0-9_:-])|[:-](?![A-Za-z0-9_:-])|[:-]\Z",
        ignore_case=True,
        priority=22,
    ),
    Rule(
        "mac_address_dotted",
        r"(?<![A-Za-z0-9_.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}",
        after=_NO_FIFTH,
        ignore_case=True,
        validator="mac_dotted",
        priority=22,
    ),
    Rule(
        "mac_address_named",
        r"[0-9a-f]{12}(?![A-Za-z0-9_-])",
        before=r"\b(?:mac|hwaddr|ether|bssid|physical|hardware)(?:[ _-]?addr(?:ess)?)?(?: is)?[^\w;.]+",
        ignore_case=True,
        priority=22,
    ),
    Rule(
        "url_credentials",
        r"""[^\s/@:"'<>]{0,64}:[^\s/"'<>]{1,120}""",
        before="://",
        after="@",
        validator="login_pair",
        priority=35,
    ),
)

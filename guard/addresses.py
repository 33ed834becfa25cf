"""Which addresses the guard may send a call to: public ones, and the private hosts that an administrator names.

A tool's address is a way into the network that Sallyport runs in: a name may resolve to the database, to the loopback,
to the place that hands out a cloud machine's credentials. So a literal is judged when it is saved, and every address
that a name resolves to is judged again when it is connected to (``guard.dial``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import httpx

# Our own table: what `ipaddress` calls global has changed between patch releases of Python, and it holds neither the
# places of metadata nor an address within an address against anybody. The first network that holds an address names it.
_RULES_V4: list[tuple[str, str]] = [
    ("169.254.169.254/32", "metadata"),  # AWS, Azure, Google, Oracle, DigitalOcean
    ("169.254.170.2/32", "metadata"),  # credentials of AWS containers
    ("168.63.129.16/32", "metadata"),  # Azure's, with a public number
    ("100.100.100.200/32", "metadata"),  # Alibaba
    ("192.0.0.192/32", "metadata"),  # Oracle, older
    ("0.0.0.0/8", "unspecified"),
    ("127.0.0.0/8", "loopback"),
    ("10.0.0.0/8", "private"),
    ("172.16.0.0/12", "private"),
    ("192.168.0.0/16", "private"),
    ("100.64.0.0/10", "shared"),  # carrier-grade NAT, and overlay networks
    ("169.254.0.0/16", "link_local"),
    ("224.0.0.0/4", "multicast"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "reserved"),
    ("192.88.99.0/24", "reserved"),
    ("198.18.0.0/15", "reserved"),
    ("198.51.100.0/24", "reserved"),
    ("203.0.113.0/24", "reserved"),
    ("240.0.0.0/4", "reserved"),
]
_RULES_V6: list[tuple[str, str]] = [
    ("fd00:ec2::254/128", "metadata"),
    ("fd20:ce::254/128", "metadata"),  # Google
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "embedded"),  # IPv4-compatible
    ("::ffff:0:0/96", "embedded"),  # IPv4-mapped
    ("::ffff:0:0:0/96", "embedded"),  # IPv4-translated
    ("64:ff9b::/96", "embedded"),  # NAT64
    ("64:ff9b:1::/48", "embedded"),  # NAT64, local use
    ("2001::/32", "embedded"),  # Teredo
    ("2002::/16", "embedded"),  # 6to4
    ("fc00::/7", "private"),
    ("fec0::/10", "private"),  # site-local, deprecated
    ("fe80::/10", "link_local"),
    ("ff00::/8", "multicast"),
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "reserved"),
    ("3fff::/20", "reserved"),
]
_PUBLIC_V6 = IPv6Network("2000::/3")
"""The only part of IPv6 that is given out."""

Network = IPv4Network | IPv6Network
_NETWORKS: list[tuple[Network, str]] = [(ip_network(text), rule) for text, rule in _RULES_V4 + _RULES_V6]
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_UNCLEAN = re.compile(r"[\x00-\x20\x7f\\]")

_SENTENCES = {
    "malformed": "This is no address that can be called.",
    "scheme": "Only addresses with http:// or https:// can be called.",
    "user_info": "The address must not hold a user name or a password.",
    "fragment": "The address must not have a fragment: it would never be sent.",
    "port": "The address has a port that nobody can listen on.",
    "spelling": "The host is an IPv4 address in an unusual spelling. Write it as four decimal numbers.",
    "plain_http": "A host that is not listed as private must be called with https://.",
}


class BlockedAddress(Exception):
    """Nothing is sent there. ``rule`` says why and names no address: that of an internal host is nobody's business."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def fault_in(url: str, private_hosts: Collection[str] = ()) -> str:
    """A sentence why nothing may ever be sent to ``url``, "" when something may. A name is not resolved for this: what
    it resolves to is judged whenever it is connected to. ``private_hosts``: names in lower case, as ``host_of``."""
    rule = rule_against_url(url, private_hosts)
    if not rule:
        return ""
    return _SENTENCES.get(rule) or (
        f"The host is not public ({rule.replace('_', ' ')}) and not listed as private."
    )


def rule_against_url(url: str, private_hosts: Collection[str] = ()) -> str:
    """The rule that forbids ``url``, "" when there is none."""
    try:
        # The parser of the client that will connect. Parsers disagree about hosts, and an attacker knows how.
        parsed, authority = httpx.URL(url), urlsplit(url).netloc
    except (httpx.InvalidURL, ValueError):
        return "malformed"
    if rule := _rule_against_form(url, parsed, authority):
        return rule
    host = host_of(url)
    if host in private_hosts:
        return ""
    return rule_against_host(host) or ("plain_http" if parsed.scheme == "http" else "")


def _rule_against_form(url: str, parsed: httpx.URL, authority: str) -> str:
    if parsed.scheme not in ("http", "https"):
        return "scheme"
    if parsed.userinfo or "@" in authority:
        return "user_info"
    # A backslash ends the host for some parsers; a percent sign in it is another spelling, or an IPv6 zone.
    if not parsed.raw_host or _UNCLEAN.search(url) or b"%" in parsed.raw_host:
        return "malformed"
    if "#" in url:
        return "fragment"
    return "" if parsed.port is None or 0 < parsed.port < 65536 else "port"


def host_of(url: str) -> str:
    """The name by which a host is listed as private: in lower case, ASCII, without a dot at its end or brackets."""
    return httpx.URL(url).raw_host.decode("ascii").lower().removesuffix(".")


def rule_against_host(host: str) -> str:
    """The rule that forbids a host whatever it resolves to, "" when there is none."""
    if host == "localhost" or host.endswith(".localhost"):
        return "loopback"
    try:
        return rule_against(ip_address(host))
    except ValueError:
        # Resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as addresses; a name never ends in a number.
        return "spelling" if _NUMBER.fullmatch(host.rpartition(".")[2]) else ""


def rule_against(address: IPv4Address | IPv6Address) -> str:
    """The rule that forbids an address, "" for a public one."""
    for network, rule in _NETWORKS:
        if address in network:
            return rule
    return "reserved" if address.version == 6 and address not in _PUBLIC_V6 else ""

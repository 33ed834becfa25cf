"""Labelled e-mail and machine addresses in all the forms that their standards allow and people use."""
# ruff: noqa: E501  (tables of templates: one entry, one line)

from __future__ import annotations

import ipaddress
from random import Random

Made = tuple[str, str]

_LOCALS = [
    "jane", "jane.roe", "JANE.ROE", "j.r.roe", "jane+news", "jane+a.b-c", "o'brien", "first_last", "x", "1234567890", "_______", "jane-roe", "user.name+tag+sorting", "jürgen", "josé.garcía", "用户", "иван.петров", "jane!roe", "#jane", "jane*roe", "jane~",
    "very.common", "disposable.style.email.with+symbol", "example-indeed", "user%example.com", "mailhost!username", "$A12345", "admin", "no-reply", "jane.roe.1985", "JaneRoe",
]  # fmt: skip
# Allowed by RFC 5321, and what addresses are glued to in code: hidden whole only where nothing else can be meant.
_RARE_LOCALS = ["jane=roe", "jane&john", "{jane}", "jane/roe", "customer/department=shipping"]
_HOSTS = [
    "example.com", "example.org", "mail.example.co.uk", "sub.sub2.example.com", "example.museum", "example.photography", "s.example", "xn--bcher-kva.example", "xn--80ak6aa92e.com", "bücher.example", "例え.jp", "пример.рф", "münchen.de", "EXAMPLE.COM", "exam-ple.io", "123.com", "gmail.com", "a.b.c.d.example.net",
    "[192.168.2.1]", "[IPv6:2001:db8::1]", "example.xn--p1ai", "mail.example.travel", "example.app", "company.corp.example.com", "uni-köln.de",
]  # fmt: skip
_TEXTS = [
    "{}", "Write to {}.", "<{}>", "Jane Roe <{}>", '"Roe, Jane" <{}>', "mailto:{}", '<a href="mailto:{}">mail</a>', "mailto:{}?subject=hi", "email={}&x=1", "email: {}", '"email": "{}"', "{'email': '{}'}", "To: {}, bob", "Is it {}?", "({})", "[{}]", "e-mail:{};", "contact|{}|end", "a,{},b", "My address is {}!", "{} is mine", "From: {}\nTo: x",
    "user {} logged in", "'{}'", "`{}`", "INSERT INTO u VALUES (1, '{}')", "<email>{}</email>", "{}\n", "\t{}\t", "**{}**", "_{}_", "Reply to {} or call", "Email:{}", "E-Mail-Adresse: {}", "correo: {}", "courriel : {}", "https://x.example/?user={}", "author = {}", "Signed-off-by: Jane <{}>", "{}:", "…{}…", "mail→{}", "{}/inbox", "cc:{}", "邮箱：{}。", "メール：{}です",
]  # fmt: skip


def email(chance: Random) -> Made:
    if chance.random() < 0.08:
        return chance.choice(_DISGUISED), chance.choice([*_TEXTS[:2], "reach me: {}", "mail: {}"])
    if chance.random() < 0.05:
        return (
            f'"{chance.choice(["jane roe", "very.unusual.@.unusual.com", "jane..roe"])}"@{chance.choice(_HOSTS[:6])}',
            chance.choice(["{}", "mail {} now", "<{}>"]),
        )
    if chance.random() < 0.04:
        return f"{chance.choice(_LOCALS[:8])}%40{chance.choice(_HOSTS[:4])}", chance.choice(
            ["?email={}&x=1", "user={}"]
        )
    if chance.random() < 0.02:
        return f"{chance.choice(_RARE_LOCALS)}@{chance.choice(_HOSTS[:6])}", chance.choice(
            ["<{}>", "mailto:{}", '"{}"', "{} wrote"]
        )
    return f"{chance.choice(_LOCALS)}@{chance.choice(_HOSTS)}", chance.choice(_TEXTS)


_DISGUISED = [
    "jane (at) example (dot) com", "jane [at] example [dot] org", "jane at example dot com", "jane.roe at example dot com", "jane dot roe at example dot co dot uk", "jane AT example DOT com", "jane[at]example.com", "jane(at)example.com", "jane_at_example_dot_com", "jane <at> example <dot> com", "jane {at} example {dot} com", "jane @ example.com", "jane @ example . com",
]  # fmt: skip

_IP_TEXTS = [
    "{}", "ping {}", "Server at {} is down.", "host={}:8080", "from {} port 22", "http://{}/index.html", "[{}]", "ip: {}, mask", '"ip": "{}"', "{'client': '{}'}", '{} - - [10/Oct/2023:13:55:36] "GET / HTTP/1.1" 200', "<{}>", "ssh root@{}", "src={} dst=x", "{}/24 is the subnet", "IP={}", "ip-{} up", "remote_addr:{};", "allow {};", "Failed password for root from {} port 4711 ssh2",
    "X-Forwarded-For: {}, 10.0.0.x", "({})", "nameserver {}", "listen {}:443;", "bind({})", "{},GET,200", "via {}.", "Is {} yours?", "`{}`", "DNS is {}!", "tcp://{}:2375", "{}\tlocalhost", "address {} netmask", "client {}#53: query", "{}: unreachable", "addr={}\n", "peer {}|up", "-h {} -p 22", "{}:8080", "A record → {}", "IPは{}です",
]  # fmt: skip
_IP6_TEXTS = [
    "{}",
    "ping6 {}",
    "host {} is up",
    "http://[{}]:8080/x",
    "[{}]:443",
    '"ip": "{}"',
    "from {} port 22",
    "{}/64 is ours",
    "inet6 {} prefixlen 64",
    "AAAA {}",
    "({})",
    "server: {}.",
    "address={}",
    "nameserver {}",
    "<{}>",
    "'{}'",
    "via {},",
    "DNS={};",
    "{} - - [10/Oct/2023] GET /",
    "{}\tlocalhost",
    "ip:{}",
    "addr is {}!",
]


def ip_address(chance: Random) -> Made:
    if chance.random() < 0.6:
        return ipv4(chance), chance.choice(_IP_TEXTS)
    return ipv6(chance), chance.choice(_IP6_TEXTS)


def ipv4(chance: Random) -> str:
    return chance.choice(
        [
            str(ipaddress.IPv4Address(chance.getrandbits(32))),
            f"192.168.{chance.randrange(256)}.{chance.randrange(256)}",
            f"10.0.0.{chance.randrange(256)}",
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "8.8.8.8",
        ]
    )


def ipv6(chance: Random) -> str:
    address = ipaddress.IPv6Address(
        chance.getrandbits(128) & chance.choice([2**128 - 1, ~(2**80 - 2**16), ~(2**112 - 2**48)])
    )
    local = f"fe80::{chance.randrange(1, 65536):x}:{chance.randrange(65536):x}"
    forms = [
        address.compressed,
        address.exploded,
        address.compressed.upper(),
        local,
        local + "%eth0",
        f"::ffff:{ipv4(chance)}",
        f"64:ff9b::{ipv4(chance)}",
        f"::{chance.randrange(1, 65536):x}",
        "2001:db8::",
        "::1",
        "fe80::1",
        "ff02::1",
        f"2001:db8::{chance.randrange(1, 65536):x}",
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    ]
    return chance.choice(forms)


def mac_address(chance: Random) -> Made:
    pairs = [f"{chance.randrange(256):02x}" for _ in range(6)]
    joined = "".join(pairs)
    written = chance.choice(
        [
            ":".join(pairs),
            "-".join(pairs),
            ":".join(pairs).upper(),
            "-".join(pairs).upper(),
            ".".join(joined[at : at + 4] for at in (0, 4, 8)),
            "-".join(joined[at : at + 6] for at in (0, 6)).upper(),
        ]
    )
    if chance.random() < 0.1:
        return joined, chance.choice(["MAC address: {}", "mac={}", '"mac": "{}"'])
    return written, chance.choice(
        [
            "{}",
            "MAC {}",
            "eth0 has {}, and is up",
            "device={};",
            "HWaddr {} inet",
            "link/ether {} brd ff",
            "mac:{}.",
            "[{}]",
            '"mac": "{}"',
            "{} is unknown",
            "<{}>",
            "BSSID={}",
            "from {}:",
        ]
    )

"""Labelled contact details: e-mail addresses, telephone numbers, network addresses."""

from __future__ import annotations

import ipaddress
from random import Random

import phonenumbers
from labelled_numbers import Made, unbraced
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_NAMES = [
    "anna",
    "j.doe",
    "Max.Mustermann",
    "o'neil",
    "first_last+news",
    "info",
    "sales-eu",
    "x9",
    "maria.garcia",
    "LI.WEI",
    "b%c",
]
_HOSTS = [
    "example.com",
    "mail.example.co.uk",
    "sub.domain.example.org",
    "firma-beispiel.de",
    "example.museum",
    "x.io",
    "exa-mple.fr",
]
_EMAIL_TEXTS = [
    "{}",
    "Write to {}.",
    "<{}>",
    "mailto:{}?subject=hi",
    "email={},phone=",
    "My address is {}, thanks!",
    '{{"to":["{}"]}}',
]


def email(chance: Random) -> Made:
    return f"{chance.choice(_NAMES)}@{chance.choice(_HOSTS)}", unbraced(chance.choice(_EMAIL_TEXTS))


_PHONE_REGIONS = [
    "US",
    "US",
    "US",
    "GB",
    "GB",
    "FR",
    "DE",
    "ES",
    "IT",
    "NL",
    "IN",
    "AU",
    "BR",
    "JP",
    "CN",
    "MX",
    "PL",
    "SE",
    "CH",
    "ZA",
]
_PHONE_TEXTS = [
    *(
        "{}",
        "Call me at {}.",
        "Tel: {}",
        "phone={}",
        "My number is {}, any time after six.",
        "You can reach us on {} (office)",
    ),
    *(
        "Contact: Jane, {}",
        "fax {}",
        "text {} to confirm",
        "I tried {} but nobody picked up",
        "WhatsApp {}",
        "{} is my mobile",
    ),
]
_PHONE_KINDS = [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE]


def phone(chance: Random) -> Made:
    region = chance.choice(_PHONE_REGIONS)
    example = phonenumbers.example_number_for_type(region, chance.choice(_PHONE_KINDS))
    number = varied(chance, example)
    layout = chance.choice(
        [
            PhoneNumberFormat.NATIONAL,
            PhoneNumberFormat.NATIONAL,
            PhoneNumberFormat.INTERNATIONAL,
            PhoneNumberFormat.E164,
        ]
    )
    written = phonenumbers.format_number(number, layout)
    if region == "US" and layout == PhoneNumberFormat.NATIONAL:
        written = chance.choice(
            [
                written,
                written.replace("(", "").replace(") ", "-"),
                written.replace("(", "").replace(") ", ".").replace("-", "."),
            ]
        )
    return written, chance.choice(_PHONE_TEXTS)


def varied(chance: Random, example: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """The example with its last digits changed: still a number of the same kind."""
    while True:
        number = phonenumbers.PhoneNumber(
            country_code=example.country_code, italian_leading_zero=example.italian_leading_zero
        )
        number.national_number = example.national_number // 10**4 * 10**4 + chance.randrange(10**4)
        if phonenumbers.is_valid_number(number):
            return number


_IP_TEXTS = [
    "{}",
    "ping {}",
    "Server at {} is down.",
    "host={}:8080",
    "from {} port 22",
    "http://{}/index.html",
    "[{}]",
    "ip: {}, mask /24",
]


def ip_address(chance: Random) -> Made:
    if chance.random() < 0.65:
        return str(ipaddress.IPv4Address(chance.getrandbits(32))), chance.choice(_IP_TEXTS)
    address = ipaddress.IPv6Address(chance.getrandbits(128) & chance.choice([2**128 - 1, ~(2**80 - 2**16)]))
    return chance.choice([address.compressed, address.exploded, address.compressed.upper()]), chance.choice(
        _IP_TEXTS[:3] + _IP_TEXTS[6:]
    )


def mac_address(chance: Random) -> Made:
    pairs = [f"{chance.randrange(256):02x}" for _ in range(6)]
    written = chance.choice(
        [
            ":".join(pairs),
            "-".join(pairs),
            ":".join(pairs).upper(),
            ".".join("".join(pairs)[i : i + 4] for i in (0, 4, 8)),
        ]
    )
    return written, chance.choice(["{}", "MAC {}", "eth0 has {}, and is up", "device={};"])


# (module, shape, groups, separator, words): d and C are digits, ? letters, YY MM DD a day.

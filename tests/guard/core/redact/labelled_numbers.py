"""Labelled cards, accounts and identity numbers, valid by construction."""
# ruff: noqa: E501  (tables of templates: one entry, one line)

from __future__ import annotations

from importlib import import_module
from random import Random

Made = tuple[str, str]

_CARDS = [
    ("4", 16),
    ("4", 13),
    ("51", 16),
    ("55", 16),
    ("2223", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("65", 16),
]
_CARDS += [("36", 14), ("3530", 16), ("6304", 16), ("6212", 19), ("5018", 16), ("4", 19)]
_CARD_TEXTS = [
    *(
        "{}",
        "My card is {}.",
        "card number: {}",
        "Please charge {} for the tickets",
        "cc={}&exp=12/29",
        "CC# {} exp 09/27",
    ),
    *(
        '{{"card": "{}", "cvv": "***"}}',
        "I read it back to you: {}, is that right?",
        "Visa {} (expires 11/28)",
    ),
    *("customer gave {} over the phone", "Ma carte est {} et elle expire bientôt", "pan:{}", "| card | {} |"),
]


def digits(chance: Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def luhn_check(body: str) -> str:
    total = 0
    for place, char in enumerate(reversed(body)):
        doubled = int(char) * (1 if place % 2 else 2)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


def grouped(number: str, groups: tuple[int, ...], separator: str) -> str:
    parts, at = [], 0
    for size in groups:
        parts.append(number[at : at + size])
        at += size
    return separator.join(part for part in [*parts, number[at:]] if part)


def card_number(chance: Random) -> str:
    prefix, length = chance.choice(_CARDS)
    body = prefix + digits(chance, length - len(prefix) - 1)
    return body + luhn_check(body)


def card(chance: Random) -> Made:
    number = card_number(chance)
    groups = {15: (4, 6), 14: (4, 6), 13: (4, 4, 4), 19: (4, 4, 4, 4)}.get(len(number), (4, 4, 4))
    styles = [
        number,
        grouped(number, groups, " "),
        grouped(number, groups, "-"),
        grouped(number, groups, "."),
        " ".join(number),
    ]
    return chance.choice([*styles[:3], *styles]), unbraced(chance.choice(_CARD_TEXTS))


def unbraced(text: str) -> str:
    """Templates double their literal braces; only ``{}`` is a place."""
    return text.replace("{{", "{").replace("}}", "}") if "{{" in text else text


_IBANS = {
    "DE": (18, "n"),
    "GB": (18, "a4"),
    "FR": (23, "n"),
    "NL": (14, "a4"),
    "ES": (20, "n"),
    "IT": (23, "n"),
    "AT": (16, "n"),
}
_IBANS |= {"CH": (17, "n"), "BE": (12, "n"), "PL": (24, "n"), "SE": (20, "n"), "IE": (18, "a4")}
_IBAN_TEXTS = [
    "{}",
    "IBAN: {}",
    "Please transfer it to {} today",
    "account {}, thank you",
    "konto={};",
    "Mon IBAN est {}.",
]


def iban(chance: Random) -> Made:
    module = import_module("stdnum.iban")
    while True:
        country = chance.choice(list(_IBANS))
        length, shape = _IBANS[country]
        letters = "".join(chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=4)) if shape == "a4" else ""
        body = letters + digits(chance, length - len(letters))
        number = country + f"{98 - int(to_number(body + country + '00')) % 97:02d}" + body
        if module.is_valid(number, check_country=False):
            break
    written = chance.choice(
        [number, grouped(number, (4,) * 7, " "), number.lower(), grouped(number, (4,) * 7, "-")]
    )
    return written, chance.choice(_IBAN_TEXTS)


def to_number(text: str) -> str:
    return "".join(str(int(char, 36)) for char in text)


_SSN_TEXTS = [
    "{}",
    "My social is {}",
    "SSN: {}",
    "ssn={}",
    "Her social security number is {}, please note it.",
    "Employee {} started",
]


def ssn(chance: Random) -> Made:
    area = chance.choice([*range(1, 666), *range(667, 900)])
    number = f"{area:03d}{chance.randint(1, 99):02d}{chance.randint(1, 9999):04d}"
    separator = chance.choice(["-", "-", "-", " ", ".", ""])
    text = chance.choice(_SSN_TEXTS[1:5] if not separator else _SSN_TEXTS)
    return grouped(number, (3, 2), separator), text


_IDS = [
    ("gb.nhs", "dddddddddd", (3, 3), " ", "NHS number"), ("es.dni", "dddddddd?", (), "", "DNI"), ("es.nie", "Xddddddd?", (), "", "NIE"),
    ("it.codicefiscale", "??????YY?DD?ddd?", (), "", "codice fiscale"), ("fr.nir", "1ddMMddddddddCC", (1, 2, 2, 2, 3, 3), " ", "numéro de sécu"),
    ("de.idnr", "1dddddddddC", (2, 3, 3), " ", "Steuer-ID"), ("nl.bsn", "ddddddddd", (), "", "BSN"), ("be.nn", "YYMMDDdddCC", (2, 2, 2, 3), ".", "national number"),
    ("pl.pesel", "YYMMDDddddC", (), "", "PESEL"), ("se.personnummer", "YYMMDDdddC", (6,), "-", "personnummer"), ("no.fodselsnummer", "DDMMYYdddCC", (), "", "fødselsnummer"),
    ("fi.hetu", "DDMMYY-ddd?", (), "", "henkilötunnus"), ("dk.cpr", "DDMMYYdddC", (6,), "-", "CPR"), ("ch.ssn", "756dddddddddC", (3, 4, 4), ".", "AHV"),
    ("pt.nif", "2dddddddC", (), "", "NIF"), ("ro.cnp", "1YYMMDD12dddC", (), "", "CNP"), ("bg.egn", "YYMMDDdddC", (), "", "EGN"),
    ("br.cpf", "dddddddddCC", (), "", "CPF"), ("br.cnpj", "dddddddd0001CC", (), "", "CNPJ"), ("mx.curp", "G?PRYYMMDDHDFRRN0C", (), "", "CURP"), ("ca.sin", "4dddddddC", (3, 3), " ", "SIN"),
    ("ar.cuit", "20ddddddddC", (2, 8), "-", "CUIT"), ("cl.rut", "1dddddddC", (), "", "RUT"), ("in_.aadhaar", "4ddddddddddC", (4, 4), " ", "Aadhaar"),
    ("in_.pan", "???P?dddd?", (), "", "PAN"), ("cn.ric", "110101YYYYMMDDdddC", (), "", "resident identity"), ("kr.rrn", "YYMMDD1dddddC", (6,), "-", "RRN"),
    ("th.pin", "1dddddddddddC", (1, 4, 5, 2), "-", "citizen id"), ("au.tfn", "1dddddddd", (3, 3), " ", "TFN"), ("au.abn", "5ddddddddCC", (2, 3, 3), " ", "ABN"),
    ("za.idnr", "YYMMDD5ddd08C", (), "", "id number"), ("tr.tckimlik", "1ddddddddCC", (), "", "TC kimlik"), ("il.idnr", "dddddddC", (), "", "teudat zehut"),
    ("ie.pps", "ddddddd?", (), "", "PPS"), ("us.itin", "9dd7ddddd", (3, 2), "-", "ITIN"),
]  # fmt: skip
_ID_TEXTS = [
    "My {words} is {{}}.",
    "{words}: {{}}",
    "{words} {{}}",
    "the {words} on file is {{}}, please check",
    "{{}}",
]
_WEAK = {"nl.bsn", "gb.nhs", "pt.nif", "cl.rut", "il.idnr", "au.tfn"}
"""A tenth of all numbers pass for these: without their name, only separators tell them."""


def national_id(chance: Random) -> Made:
    module, shape, groups, separator, words = chance.choice(_IDS)
    number = valid_number(chance, module, shape)
    written = grouped(number, groups, separator) if groups and chance.random() < 0.7 else number
    texts = _ID_TEXTS[:4] if module in _WEAK else _ID_TEXTS
    return written, chance.choice(texts).format(words=words)


def valid_number(chance: Random, module: str, shape: str) -> str:
    is_valid = import_module(f"stdnum.{module}").is_valid
    while True:
        number = filled(chance, shape)
        if is_valid(number):
            return number


def filled(chance: Random, shape: str) -> str:
    year, month, day = chance.randint(1950, 1999), chance.randint(1, 12), chance.randint(1, 28)
    shape = (
        shape.replace("YYYY", str(year))
        .replace("YY", str(year)[2:])
        .replace("MM", f"{month:02d}")
        .replace("DD", f"{day:02d}")
    )
    kinds = {"?": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "d": "0123456789", "C": "0123456789"}
    return "".join(chance.choice(kinds[char]) if char in kinds else char for char in shape)

"""Labelled cards, accounts and social security numbers in the many ways that they are printed, typed and said."""
# ruff: noqa: E501  (tables: one entry, one line)

from __future__ import annotations

import re
from random import Random

from labelled_numbers import Made, digits, grouped, luhn_check, to_number
from stdnum import numdb

_NETWORKS = [
    ("4", 16), ("4", 16), ("4", 13), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15), ("300", 14), ("36", 14), ("38", 14),
    ("6011", 16), ("65", 16), ("644", 16), ("3528", 16), ("3589", 16), ("2131", 15), ("1800", 15), ("62", 16), ("62", 19), ("5018", 16), ("5020", 13), ("5038", 18),
    ("6304", 19), ("6759", 16), ("6761", 12), ("5893", 12), ("2200", 16), ("8171", 16), ("9792", 16), ("5067", 16),
]  # fmt: skip
_CARD_GROUPS = {12: (4, 4), 13: (4, 3, 3), 14: (4, 6), 15: (4, 6), 18: (4, 4, 4, 4), 19: (4, 4, 4, 4)}
_CARD_GAPS = [
    " ",
    " ",
    "-",
    "-",
    ".",
    "_",
    "\u00a0",
    "  ",
    " - ",
    "\u2011",
    "\u2013",
    "\t",
    "/",
    "\u2009",
    ", ",
]
_CARD_TEXTS = [
    "{}", "card#{}", "PAN:{}", "My credit card is {}. Thanks", "{} exp 09/27 cvv 123", "{} 09/27 123", "{}|12|2027|123", "%B{}^DOE/JOHN^29121010000000000000?",
    ";{}=29121011234567800000?", '{"cardNumber":"{}","exp":"12/29"}', '{"number": {}, "cvc": 314}', "<pan>{}</pan>", "INSERT INTO cards VALUES (12, '{}', 'VISA');",
    "2024-01-02 10:11:12 INFO charge pan={} amount=12.50", "Zahlung mit Karte {} am 12.03.2024", "La tarjeta {} vence en 2027", "Numéro de carte : {}", "номер карты {}",
    "Cardholder: J. Doe\nCard: {}\nExpires: 12/30", "卡号{}", "カード番号は{}です", "I'll pay with Amex {}.", "“{}”", "`{}`", "1. {}\n2. none",
]  # fmt: skip
_CARD_ANNOUNCED = [
    "card number is {}", "My credit card number is {}", "credit card no. {}", "debit card no. {}", "Card Number: {}", "Kreditkarte Nr. {}", "número de tarjeta: {}",
]  # fmt: skip


def card(chance: Random) -> Made:
    prefix, length = chance.choice(_NETWORKS)
    body = prefix + digits(chance, length - len(prefix) - 1)
    return _written(chance, body + luhn_check(body)), chance.choice(_CARD_TEXTS)


def card_mistyped(chance: Random) -> Made:
    """Its check digit is wrong, as speech recognition leaves it; what it is called tells."""
    body = chance.choice(["4", "51", "6011"]) + digits(chance, 11)
    body += digits(chance, 15 - len(body))
    wrong = str((int(luhn_check(body)) + chance.randint(1, 9)) % 10)
    return _written(chance, body + wrong), chance.choice(_CARD_ANNOUNCED)


def _written(chance: Random, number: str) -> str:
    if chance.random() < 0.4:
        return number
    return grouped(number, _CARD_GROUPS.get(len(number), (4, 4, 4)), chance.choice(_CARD_GAPS))


_SAID = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def card_spoken(chance: Random) -> Made:
    body = chance.choice(["4", "51", "37", "6011"])
    body += digits(chance, (14 if body == "37" else 15) - len(body))
    words, number = [], body + luhn_check(body)
    for digit in number:
        if words and words[-1] == _SAID[int(digit)] and chance.random() < 0.5:
            words[-1] = "double " + words[-1]
        else:
            words.append("oh" if digit == "0" and chance.random() < 0.4 else _SAID[int(digit)])
    return chance.choice([" ", ", ", "-", "... ", ". "]).join(words), chance.choice(
        ["{}", "my card is {}", "it's {} and it expires in May", "sure: {}. got it?"]
    )


_IBAN_TEXTS = [
    "{}", "IBAN: {}", "IBAN{}", "iban={};", "My IBAN is {}.", "Please transfer to {} by Friday", "(IBAN {})", '{"iban":"{}"}', "<IBAN>{}</IBAN>", ":50K:/{}\nJOHN DOE",
    "Bank: N26\nIBAN: {}\nBIC: NTSBDEB1", "Mi número de cuenta es {}", "L'IBAN è {} grazie", "IBAN-Nr.: {}", "{} is my IBAN", "счет {}",
]  # fmt: skip


def iban(chance: Random) -> Made:
    number = iban_number(chance, chance.choice(_countries()))
    fours = grouped(number, (4,) * 8, " ")
    styles = [number, number.lower(), fours, fours, fours.lower(), fours.replace(" ", "-"), fours.replace(" ", "."), f"{number[:2]} {number[2:4]} {number[4:]}"]  # fmt: skip
    return chance.choice(styles), chance.choice(_IBAN_TEXTS)


def _countries() -> list[str]:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [a + b for a in letters for b in letters if _shape(a + b)]


def _shape(country: str) -> str:
    return numdb.get("iban").info(country)[0][1].get("bban", "")


def iban_number(chance: Random, country: str) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    kinds = {"n": "0123456789", "a": letters, "c": "0123456789" * 3 + letters}
    parts = re.findall(r"(\d+)!([nac])", _shape(country))
    body = "".join("".join(chance.choices(kinds[kind], k=int(count))) for count, kind in parts)
    return country + f"{98 - int(to_number(body + country + '00')) % 97:02d}" + body


_SSN_TEXTS = [
    "My SSN is {}", "SSN:{}", "SSN{}", "ssn={}", '{"ssn":"{}"}', "Social Security Number: {}", "{} is my social security number", "The number {} is the SSN on file",
    "social security number of John Smith is {}", "SS# {}", "socialSecurityNumber: {}", "employee_ssn={}", "SSN/TIN {}", "<ssn>{}</ssn>",
]  # fmt: skip


def ssn(chance: Random) -> Made:
    area = chance.choice([*range(1, 666), *range(667, 900)])
    number = f"{area:03d}{chance.randint(1, 99):02d}{chance.randint(1, 9999):04d}"
    gap = chance.choice(["-", "-", " ", ".", "", "\u2013", "\u2011", "\u00a0"])
    return grouped(number, (3, 2), gap), chance.choice(_SSN_TEXTS)

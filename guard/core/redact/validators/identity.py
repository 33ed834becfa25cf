"""Check digits of identity numbers that ``python-stdnum`` does not know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from stdnum.eu import vat as stdnum_vat

from guard.core.redact.validators.digits import digits_of, luhn

_SEVEN_THREE_ONE = (7, 3, 1)


_MOMENT = re.compile(
    r"\d{1,2}([-/.])\d{1,2}\1(?:\d{2}|(?:19|20)\d\d)(?: .*)?|(?:19|20)\d\d([-/.])\d{1,2}\2\d{1,2}(?:[ T].*)?|"
    r"(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d"
)
_FRACTION = re.compile(r"\d+\.\d+|\d{1,3}(?:\.\d{3})+[.,]\d\d?")
_VERSION = re.compile(r"(?:.*[ /])?\d{1,2}(?:\.\d{1,2}){2}")
_NUMBER_AND_YEAR = re.compile(r"(?:19|20)\d\d [\d.]+")
_NO_IDENTIFIERS = (_MOMENT, _FRACTION, _VERSION, _NUMBER_AND_YEAR)


def identifier(text: str) -> bool:
    """For what is called an identity number: a row of digits, perhaps with letters; no date, no fraction, no words."""
    text = text.strip()
    count, size = len(digits_of(text)), sum(map(str.isalnum, text))
    if size < 6 or count < (5 if size < 8 else 3) or any(kind.fullmatch(text) for kind in _NO_IDENTIFIERS):
        return False
    parts = re.split(r"[ ./-]", text)[1:]
    return all(len(part) < 3 or not part.isalpha() for part in parts)


def eu_vat(text: str) -> bool:
    """With the prefix of its country; Greece is EL there, and often GR."""
    number = re.sub(r"[ .-]", "", text.upper())
    return bool(stdnum_vat.is_valid("EL" + number[2:] if number.startswith("GR") else number))


def gb_nino(text: str) -> bool:
    """National Insurance number: some pairs of letters were never issued."""
    return text[:2].upper() not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def us_npi(text: str) -> bool:
    """National Provider Identifier: Luhn behind the prefix of the United States' health cards."""
    digits = digits_of(text)
    return len(digits) == 10 and digits[0] in "12" and luhn("80840" + digits)


def us_dea(text: str) -> bool:
    """Prescriber's number: two letters, six digits, and the last digit of a weighted sum."""
    digits = [int(digit) for digit in digits_of(text)]
    return len(digits) == 7 and (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def au_medicare(text: str) -> bool:
    digits = [int(digit) for digit in digits_of(text)]
    if len(digits) not in (10, 11) or not 2 <= digits[0] <= 6:
        return False
    return _weighted(digits[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == digits[8]


def sg_nric(text: str) -> bool:
    """S, T for citizens, F, G, M for others: seven digits and a letter that depends on the series."""
    text = text.upper()
    if not re.fullmatch(r"[STFGM]\d{7}[A-Z]", text):
        return False
    total = _weighted([int(digit) for digit in text[1:8]], (2, 7, 6, 5, 4, 3, 2)) + {
        "T": 4,
        "G": 4,
        "M": 3,
    }.get(text[0], 0)
    letters = {"S": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "M": "KLJNPQRTUWX"}
    series = {"T": "S", "G": "F"}.get(text[0], text[0])
    place = 10 - total % 11 if series == "M" else total % 11
    return letters[series][place] == text[8]


def hk_id(text: str) -> bool:
    """One or two letters, six digits, a check digit that may be A."""
    found = re.fullmatch(r"([A-Z]{1,2})(\d{6})\(?([\dA])\)?", text.upper())
    if not found:
        return False
    prefix = [ord(letter) - 55 for letter in found[1].rjust(2, "[")]
    values = [36 if value == 36 else value for value in prefix] + [int(digit) for digit in found[2]]
    check = 10 if found[3] == "A" else int(found[3])
    return (_weighted(values, (9, 8, 7, 6, 5, 4, 3, 2)) + check) % 11 == 0


def tw_id(text: str) -> bool:
    """A letter for the place, 1 or 2 (8, 9 for residents), and a sum that ends in nought."""
    text = text.upper()
    if not re.fullmatch(r"[A-Z][1289]\d{8}", text):
        return False
    place = 10 + "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0])
    values = [place // 10, place % 10, *map(int, text[1:])]
    return _weighted(values, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def ru_snils(text: str) -> bool:
    digits = [int(digit) for digit in digits_of(text)]
    if len(digits) != 11 or len(set(digits)) < 3:
        return False
    return _weighted(digits[:9], range(9, 0, -1)) % 101 % 100 == digits[9] * 10 + digits[10]


def de_id_card(text: str) -> bool:
    """Identity cards and passports: letters count from 10, weights 7, 3, 1, the last digit is the check."""
    text = text.upper()
    if not re.fullmatch(r"[CFGHJKLMNPRTVWXYZ0-9]{9}\d", text):
        return False
    return _seven_three_one(text[:9]) == int(text[9])


def de_rvnr(text: str) -> bool:
    """Pension insurance: area, date of birth, letter of the name, serial number, check digit."""
    text = re.sub(r"\s", "", text.upper())
    if not re.fullmatch(r"\d{8}[A-Z]\d{3}", text) or not _is_day(text[2:4], text[4:6]):
        return False
    letter = ord(text[8]) - 64
    values = [*map(int, text[:8]), letter // 10, letter % 10, *map(int, text[9:11])]
    doubled = [
        value * weight for value, weight in zip(values, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)
    ]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == int(text[11])


def de_kvnr(text: str) -> bool:
    """Health insurance: a letter and nine digits; the letter counts as two digits of a Luhn-like sum."""
    text = text.upper()
    if not re.fullmatch(r"[A-Z]\d{9}", text):
        return False
    letter = ord(text[0]) - 64
    values = [letter // 10, letter % 10, *map(int, text[1:9])]
    products = [value * (2 if place % 2 else 1) for place, value in enumerate(values)]
    return sum(value // 10 + value % 10 for value in products) % 10 == int(text[9])


def machine_readable(text: str) -> bool:
    """Nine characters and a check digit of a machine-readable travel document (ICAO 9303)."""
    text = text.upper()
    return bool(re.fullmatch(r"[A-Z0-9<]{9}\d", text)) and _seven_three_one(
        text[:9].replace("<", "0")
    ) == int(text[9])


def _is_day(day: str, month: str) -> bool:
    try:
        date(2000, int(month), int(day))
    except ValueError:
        return False
    return True


def _seven_three_one(text: str) -> int:
    values = [int(char, 36) for char in text]
    return _weighted(values, (_SEVEN_THREE_ONE * 3)[: len(values)]) % 10


def _weighted(values: Sequence[int], weights: Sequence[int]) -> int:
    return sum(value * weight for value, weight in zip(values, weights, strict=True))

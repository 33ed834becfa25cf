"""Numbers known by their check digits, written or spoken."""

from __future__ import annotations

import re

from stdnum import iban as stdnum_iban
from stdnum import luhn as stdnum_luhn
from stdnum.us import ssn as stdnum_ssn

_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "niner": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_SPOKEN = re.compile("|".join([r"\d", *sorted([*_WORDS, *_TIMES], key=len, reverse=True)]))
# What issuers' ranges (ISO/IEC 7812) begin with, and how long their numbers are. One run of digits in ten has a right
# Luhn digit; this leaves one in forty.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720|20[0-4])\d{12}|3[47]\d{13}|"
    r"3(?:0[0-5]|[689]\d)\d{11}(?:\d\d)?|35\d{14}|(?:1\d|21)\d{13}|(?:6011|64[4-9]\d|65\d\d|62\d\d)\d{12,15}|"
    r"(?:50|5[6-8]|6\d)\d{11,17}|(?:81|82|97)\d{14}"
)


def digits_of(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def luhn(text: str) -> bool:
    """Any number of digits with a right check digit; one digit repeated is filler, not a number."""
    digits = digits_of(text)
    return len(set(digits)) > 1 and stdnum_luhn.is_valid(digits)


def card(text: str) -> bool:
    digits = digits_of(text)
    return bool(_ISSUERS.fullmatch(digits)) and luhn(digits)


def iban(text: str) -> bool:
    """Format of its country and check digits. Not the check digits that a bank of some countries adds inside."""
    return bool(stdnum_iban.is_valid(text, check_country=False))


def us_ssn(text: str) -> bool:
    """Nine digits in ranges that were ever issued."""
    digits = digits_of(text)
    return len(digits) == 9 and stdnum_ssn.is_valid(digits)


def spoken_digits(text: str) -> str:
    """``"double four one oh"`` is ``"4410"``; digits stay, other words are skipped."""
    digits, times = "", 1
    for word in _SPOKEN.findall(text.lower()):
        if word in _TIMES:
            times = _TIMES[word]
        else:
            digits += _WORDS.get(word, word) * times
            times = 1
    return digits


def card_spoken(text: str) -> bool:
    return _has_words(text) and card(spoken_digits(text))


def us_ssn_spoken(text: str) -> bool:
    return _has_words(text) and us_ssn(spoken_digits(text))


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text))

"""Numbers known by their check digits, written or spoken."""

from __future__ import annotations

import re

from stdnum import iban as stdnum_iban
from stdnum import luhn as stdnum_luhn
from stdnum.iso7064 import mod_97_10
from stdnum.us import ssn as stdnum_ssn

_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "niner": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_SPOKEN = re.compile("|".join([r"\d", *sorted([*_WORDS, *_TIMES], key=len, reverse=True)]))
# What issuers' ranges (ISO/IEC 7812) begin with, and how long their numbers are. One run of digits in ten has a right
# Luhn digit; this leaves one in forty, and of the lengths that bar codes have, less.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720|20[0-4])\d{12}|3[47]\d{13}|"
    r"3(?:0[0-5]|[689]\d)\d{11}(?:\d\d)?|35\d{14}|(?:1800|2131)\d{11}|(?:6011|64[4-9]\d|65\d\d|62\d\d)\d{12,15}|"
    r"(?:50|5[6-8]|6\d)\d{13,17}|(?:50(?:18|20|38)|5612|5893|6304|6390|6759|676[1-3])\d{8,10}|(?:81|82|97)\d{14}"
)
_ISO_LENGTHS = re.compile(r"\d{12,19}")
# IBANs used by countries that are not in the registry.
_UNREGISTERED = re.compile(r"AO|BF|BJ|C[FGIMV]|DZ|G[AQW]|IR|KM|M[AGLZ]|NE|SN|T[DG]")
_ANY_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_IBAN_GAPS = re.compile(r"[ .\-_]")


def digits_of(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def luhn(text: str) -> bool:
    """Any number of digits with a right check digit; one digit repeated is filler, not a number."""
    digits = digits_of(text)
    return len(set(digits)) > 1 and stdnum_luhn.is_valid(digits)


def card(text: str) -> bool:
    digits = digits_of(text)
    return bool(_ISSUERS.fullmatch(digits)) and luhn(digits)


def card_sized(text: str) -> bool:
    """For a number that is called a card number: speech recognition and typing errors break check digits."""
    digits = digits_of(text)
    return digits[:1] in set("3456") and bool(_ISO_LENGTHS.fullmatch(digits)) and len(set(digits)) > 1


def iban(text: str) -> bool:
    """Format of its country and check digits. Not the check digits that a bank of some countries adds inside."""
    number = _IBAN_GAPS.sub("", text).upper()
    if _UNREGISTERED.match(number):
        return bool(_ANY_IBAN.fullmatch(number)) and mod_97_10.is_valid(number[4:] + number[:4])
    return bool(stdnum_iban.is_valid(number, check_country=False))


def us_ssn(text: str) -> bool:
    """Nine digits in ranges that were ever issued."""
    digits = digits_of(text)
    return len(digits) == 9 and stdnum_ssn.is_valid(digits)


def us_ssn_spaced(text: str) -> bool:
    """Digit by digit, where counting up or down is no number."""
    digits = digits_of(text)
    return us_ssn(text) and len(set(digits)) > 3 and digits not in "0123456789 9876543210"


def us_ssn_sized(text: str) -> bool:
    """For what is called a social security number: any but those with a part of noughts, which never was one."""
    digits = digits_of(text)
    parts = (digits[:3], digits[3:5], digits[5:])
    return len(set(digits)) > 1 and all(part.strip("0") for part in parts) and parts[0] != "666"


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


def spoken(text: str) -> bool:
    """Digits of which some are said as words, and not all the same."""
    return _has_words(text) and len(set(spoken_digits(text))) > 1


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text))

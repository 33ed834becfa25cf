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
_CARD_LENGTHS = range(13, 20)
# First digits of the ranges that cards are issued from (ISO/IEC 7812); 0 and 7 to 9 are not for payment cards.
_CARD_FIRST = "123456"


def digits_of(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def luhn(text: str) -> bool:
    """Any number of digits with a right check digit; one digit repeated is filler, not a number."""
    digits = digits_of(text)
    return len(set(digits)) > 1 and stdnum_luhn.is_valid(digits)


def card(text: str) -> bool:
    digits = digits_of(text)
    return len(digits) in _CARD_LENGTHS and digits[0] in _CARD_FIRST and luhn(digits)


def iban(text: str) -> bool:
    return stdnum_iban.is_valid(text)


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
    return card(spoken_digits(text))


def us_ssn_spoken(text: str) -> bool:
    return us_ssn(spoken_digits(text))

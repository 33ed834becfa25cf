"""What telephone numbers look like, and what numbers look like that are none, whatever the numbering plans say."""

from __future__ import annotations

import re

_EXTENSION = re.compile(
    r"[\s,;-]*\(?(?:xt?|ext(?:ensio)?n?|#|durchwahl|poste|anexo)\W{0,2}\d+\)?$", re.IGNORECASE
)
_DATE = re.compile(
    r"(?<!\d)(?<!\d[-/.])(?:\d{1,2}([-/.])\d{1,2}\1(?:\d{2}|(?:19|20)\d\d)|(?:19|20)\d\d([-/.])\d{1,2}\2\d{1,2})"
    r"(?!\d|[-/.]\d)"
)
_OTHERS = (
    r"\d+\.\d+",  # a decimal fraction
    r"\d{3}\.\d{3}-\d{4}",  # a clause of an acquisition regulation
    r"[1-9]\d{0,2}(?:\.\d{1,5}){3}",  # a version
    r"\d{5}-\d{4}",  # a postal code of the United States
    r"\d{3}\D\d\d\D\d{4}",  # a social security number
    r"\d{3}\D\d{4}\D\d\d|[1-9]\d{4}-\d{3}-\d\d|\d{3}-\d\d-\d{5}|\d{4}-\d\d-\d{4}",  # a part, an invoice
    r"[1-9]\d(?:[ .-]\d\d){3,5}|0\d(?:[ .-]\d\d){5}",  # a list
    r"(?!08)\d{4}\D\d{4}\D\d{4}|[1-9]\d(?:\D\d{3}){3}|\d{3}(?:\D\d{3}){2}\D\d\d\d?",  # identity numbers, amounts
    # Three groups of three are as often an amount or a company: a mobile prefix must speak for a telephone.
    r"(?!5[0137]|[67]|9[1236]|0[34][01]|051|06[4589]|07[01])\d{3}\D\d{3}\D\d{3}",
    r"(?![059])\d{3}\D\d{3}\D\d\d\D\d\d",
)
_OTHER = re.compile("|".join(_OTHERS))
# Behind a word such as "call" much more is a telephone number, but not years, versions and fractions.
_OTHER_NEARBY = re.compile(
    r"(?:19|20)\d\d\D{1,3}(?:19|20)\d\d|(?:19|20)\d\d-\d+|\d(?:\.\d{1,3}){2,3}|\d{1,2}\.\d+"
)
_SINGLY = re.compile(r"(?:\d\D)+\d")
_REPEATED_SEPARATOR = re.compile(r"([ .\-/])[ .\-/]+")
# A trunk prefix, then groups; a last group of two only behind a short one.
_TRUNK = re.compile(
    r"\(?0[1-9]?\d{0,3}\)?(?:\D{1,3}\d{2,8}){0,4}(?:\D{1,3}\d{3,8}|(?<!\d{4})\D{1,3}\d\d)|"
    r"0\d{1,3}\D{1,2}\d{3,4}\D\d{4}"
)
_AREA_IN_BRACKETS = re.compile(
    r"\((?!(?:19|20)\d\d\))\d{2,5}\)\D{0,2}(?:\d{6,8}|\d{3,5}\D\d{3,5}|\d{2,4}(?:\D\d{2,4}){2,3})|"
    r"\(\d\) ?\d{3}[ -]\d{4}"
)
_TRUNK_MOBILE = re.compile(r"0[5679]\d{8}|04\d{8}|01[567]\d{8,9}|010\d{8}|0[3789]\d{9}|05\d{9}")
# China, India, Russia.
_MOBILE = re.compile(r"1[3-9]\d{9}|9\d{9}|[78]9\d{9}")


def digits_in(text: str) -> str:
    return re.sub(r"\D", "", text)


def without_extension(text: str) -> str:
    return _EXTENSION.sub("", text.strip())


def has_date(text: str) -> bool:
    return bool(_DATE.search(text))


def is_other(text: str) -> bool:
    """Grouped as something else is."""
    return bool(_OTHER.fullmatch(_REPEATED_SEPARATOR.sub(r"\1", text)))


def is_other_nearby(text: str) -> bool:
    """Something else even if a word announces a telephone number; counting from one to nine is not one either."""
    counted = bool(_SINGLY.fullmatch(text)) and digits_in(text) in "0123456789"
    return counted or has_date(text) or bool(_OTHER_NEARBY.fullmatch(text))


def has_area(text: str) -> bool:
    """Written as area codes are, whether or not the code is in use."""
    count = len(digits_in(text))
    if text.isdecimal():
        return is_trunk_mobile(text)
    if _AREA_IN_BRACKETS.fullmatch(text):
        return count <= 12
    return 9 <= count <= 12 and bool(_TRUNK.fullmatch(text)) and not is_other(text)


def is_trunk_mobile(digits: str) -> bool:
    """Without any separators, a number must begin as mobile ones do to be told from an account or an article."""
    return bool(_TRUNK_MOBILE.fullmatch(digits))


def is_mobile(digits: str) -> bool:
    return is_trunk_mobile(digits) or bool(_MOBILE.fullmatch(digits))

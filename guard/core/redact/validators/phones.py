"""Telephone numbers, by the numbering plans of ``phonenumbers``.

A number in international form names its plan. A local one is accepted if it is valid in one of ``REGIONS`` *and* is
written in the groups that this region writes: thirty plans together find a "valid" reading for most runs of digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

REGIONS = (
    "US", "GB", "FR", "DE", "ES", "IT", "NL", "BE", "CH", "AT", "PT", "IE", "SE", "NO", "DK", "FI", "PL", "CZ", "GR",
    "RO", "HU", "TR", "RU", "UA", "IL", "IN", "CN", "JP", "KR", "SG", "HK", "MY", "TH", "PH", "ID", "AU", "NZ", "ZA",
    "BR", "MX", "AR", "CL", "CO",
)  # fmt: skip
# Without any separators, a number must begin as mobile ones do to be told from an account or an article.
_TRUNK_MOBILE = re.compile(r"0[5679]\d{8}|04[0-9]\d{7}|01[567]\d{8,9}|010\d{8}|0[3789]\d{9}|05\d{9}")
# China, India, Russia.
_MOBILE_ALONE = re.compile(r"1[3-9]\d{9}|9\d{9}|[78]9\d{9}")
_GROUP_LENGTH = re.compile(r"\(\\d(?:\{(\d+)(?:,(\d+))?\})?\)")
_DATE = re.compile(
    r"(?<!\d)(?<!\d[-/.])(?:\d{1,2}([-/.])\d{1,2}\1(?:\d{2}|(?:19|20)\d\d)|(?:19|20)\d\d([-/.])\d{1,2}\2\d{1,2})"
    r"(?!\d|[-/.]\d)"
)
# Decimal fractions, versions, postal codes and social security numbers of the United States, lists of small numbers.
_NOT_A_PHONE = re.compile(
    r"\d+\.\d+|\d{3}\.\d{3}-\d{4}|\d{3}(?:\D\d{3}){2}\D\d\d\d?|[1-9]\d{0,2}(?:\.\d{1,5}){3}|\d{5}-\d{4}|\d{3}\D\d\d\D\d{4}|\d{3}\D\d{4}\D\d\d|"
    r"[1-9]\d(?:[ .-]\d\d){3,5}|0\d(?:[ .-]\d\d){5}|(?!08)\d{4}\D\d{4}\D\d{4}|[1-9]\d(?:\D\d{3}){3}"
)
# Years, numbers that begin with one, versions, fractions; digits that are counted.
_NOT_NEARBY = re.compile(
    r"(?:19|20)\d\d\D{1,3}(?:19|20)\d\d|(?:19|20)\d\d-\d+|\d(?:\.\d{1,3}){2,3}|\d{1,2}\.\d+"
)
_SINGLY = re.compile(r"(?:\d\D)+\d")
_SEVERAL = re.compile(r"([ .\-/])[ .\-/]+")
# Three groups of three are as often an amount or a company's number: a mobile prefix must speak for a telephone.
_THREES = re.compile(
    r"(?!5[0137]|[67]|9[1236]|0[34][01]|051|06[4589]|07[01])\d{3}\D\d{3}\D\d{3}|(?![059])\d{3}\D\d{3}\D\d\d\D\d\d"
)
_EXTENSION = re.compile(
    r"[\s,;-]*\(?(?:xt?|ext(?:ensio)?n?|#|durchwahl|poste|anexo)\W{0,2}\d+\)?$", re.IGNORECASE
)
# A trunk prefix, then groups; the last group of two only behind short ones.
_TRUNK = re.compile(
    r"\(?0[1-9]?\d{0,3}\)?(?:\D{1,3}\d{2,8}){0,4}(?:\D{1,3}\d{3,8}|(?<!\d{4})\D{1,3}\d\d)|0\d{1,3}\D{1,2}\d{3,4}\D\d{4}"
)
_AREA_IN_BRACKETS = re.compile(
    r"\((?!(?:19|20)\d\d\))\d{2,5}\)\D{0,2}(?:\d{6,8}|\d{3,5}\D\d{3,5}|\d{2,4}(?:\D\d{2,4}){2,3})|"
    r"\(\d\) ?\d{3}[ -]\d{4}"
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """``groups``: pairs of a pattern of leading digits and the (shortest, longest) lengths of the groups."""

    prefix: str
    number: re.Pattern[str]
    mobile: re.Pattern[str]
    groups: tuple[tuple[re.Pattern[str], tuple[tuple[int, int], ...]], ...]


def phone(text: str) -> bool:
    """A number that may stand anywhere: international, with a trunk prefix or an area code in brackets, or in the
    groups of its region."""
    bare = _EXTENSION.sub("", text.strip())
    if bare.startswith(("+", "00", "011 ", "011-")):
        return _is_international(bare)
    count = sum(map(str.isdecimal, bare))
    if _DATE.search(bare) or not 8 <= count <= 12 or len(set(bare)) < 4:
        return False
    if _has_area(bare, count) or (bare != text.strip() and count >= 9):
        return True
    return not _is_other(bare) and count >= 9 and any(_is_grouped(bare, region) for region in REGIONS)


def phone_nearby(text: str) -> bool:
    """A number that is announced by a word such as "call": any plausible number of digits, not a date or an amount."""
    bare = _EXTENSION.sub("", text)
    digits = re.sub(r"\D", "", bare)
    if (
        _DATE.search(bare)
        or _NOT_NEARBY.fullmatch(bare)
        or (_SINGLY.fullmatch(bare) and digits in "0123456789")
    ):
        return False
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2


def phone_alone(text: str) -> bool:
    """A number without any separators that begins as mobile ones do, or with an area code of North America."""
    digits = re.sub(r"\D", "", text)
    if _TRUNK_MOBILE.fullmatch(digits) or _MOBILE_ALONE.fullmatch(digits):
        return True
    return len(digits) == 10 and _national(digits, _plan("US")) is not None


def in_region(region: str) -> Callable[[str], bool]:
    """Valid in this region, written as anybody likes."""

    def valid(text: str) -> bool:
        text = _EXTENSION.sub("", text.strip())
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
        except phonenumbers.NumberParseException:
            return False

    return valid


def _is_other(text: str) -> bool:
    text = _SEVERAL.sub(r"\1", text)
    return bool(_NOT_A_PHONE.fullmatch(text) or _THREES.fullmatch(text))


def _has_area(text: str, count: int) -> bool:
    """Written as area codes are, whether or not the code is in use."""
    if _AREA_IN_BRACKETS.fullmatch(text):
        return count <= 12
    if text.isdecimal():
        return bool(_TRUNK_MOBILE.fullmatch(text))
    return 9 <= count <= 12 and bool(_TRUNK.fullmatch(text)) and not _is_other(text)


@lru_cache(maxsize=4096)
def _is_international(text: str) -> bool:
    """Behind a plus any country code will do. Two noughts may also begin a code or an amount."""
    digits = re.sub(r"\D", "", text)
    if text.startswith("+") and 9 <= len(digits) <= 15:
        return len(set(digits)) > 2
    try:
        number = phonenumbers.parse("+" + re.sub("^(?:011|00)", "", digits))
    except phonenumbers.NumberParseException:
        return False
    if text.isdecimal():
        return phonenumbers.is_valid_number(number)
    country = re.match(r"00(\d*)\D", text)
    known = (
        country is None
        or int(country[1] or 0) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        or len(country[1]) > 3
    )
    return known and phonenumbers.is_possible_number(number)


@lru_cache(maxsize=8192)
def _is_grouped(text: str, region: str) -> bool:
    plan = _plan(region)
    groups = re.findall(r"\d+", text)
    national = _national("".join(groups), plan)
    if national is None or len(groups) < 2:
        return False
    written = _boundaries(groups, len("".join(groups)) - len(national))
    for leading, lengths in plan.groups:
        if leading.match(national) and _agrees(written, _expected(lengths, len(national))):
            return True
    return False


def _national(digits: str, plan: _Plan) -> str | None:
    """The number without its trunk prefix, None if it is not valid. Only mobile numbers may go without the prefix."""
    national = digits.removeprefix(plan.prefix)
    if national != digits and plan.number.fullmatch(national):
        return national
    bare = plan.number if plan.prefix in ("", "1") else plan.mobile
    return digits if bare.fullmatch(digits) else None


def _boundaries(groups: list[str], trunk: int) -> frozenset[int]:
    """Where the number is separated, counted in digits behind the trunk prefix."""
    places, at = set(), -trunk
    for group in groups[:-1]:
        at += len(group)
        if at > 0:
            places.add(at)
    return frozenset(places)


def _expected(lengths: tuple[tuple[int, int], ...], total: int) -> frozenset[int]:
    spare = total - sum(shortest for shortest, _ in lengths)
    places, at = set(), 0
    for shortest, longest in lengths:
        taken = min(spare, longest - shortest)
        spare -= taken
        at += shortest + taken
        places.add(at)
    return frozenset(places - {total})


def _agrees(written: frozenset[int], expected: frozenset[int]) -> bool:
    """The same groups, or the same with some joined or some split further."""
    return bool(written) and (written <= expected or written >= expected)


@lru_cache(maxsize=256)
def _plan(region: str) -> _Plan:
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise LookupError(f"no numbering plan for {region}")
    kinds = (
        metadata.fixed_line,
        metadata.mobile,
        metadata.toll_free,
        metadata.personal_number,
        metadata.voip,
    )
    patterns = [(kind and kind.national_number_pattern) or "(?!)" for kind in kinds]
    groups = tuple(
        (
            re.compile(layout.leading_digits_pattern[-1] if layout.leading_digits_pattern else ""),
            _lengths(layout.pattern),
        )
        for layout in metadata.number_format
        if layout.pattern
    )
    return _Plan(
        metadata.national_prefix or "", re.compile("|".join(patterns)), re.compile(patterns[1]), groups
    )


def _lengths(pattern: str) -> tuple[tuple[int, int], ...]:
    found = _GROUP_LENGTH.findall(pattern)
    return tuple((int(low or 1), int(high or low or 1)) for low, high in found)

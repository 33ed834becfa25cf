"""Telephone numbers, by the numbering plans of ``phonenumbers``.

A number in international form names its plan. A local one is accepted if its shape can be nothing else, or if it is
valid in one of ``REGIONS`` *and* is written in the groups that this region writes: thirty plans together find a "valid"
reading for most runs of digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata

from guard.core.redact.validators.phone_shapes import (
    digits_in,
    has_area,
    has_date,
    is_mobile,
    is_other,
    is_other_nearby,
    without_extension,
)

REGIONS = (
    "US", "GB", "FR", "DE", "ES", "IT", "NL", "BE", "CH", "AT", "PT", "IE", "SE", "NO", "DK", "FI", "PL", "CZ", "GR",
    "RO", "HU", "TR", "RU", "UA", "IL", "IN", "CN", "JP", "KR", "SG", "HK", "MY", "TH", "PH", "ID", "AU", "NZ", "ZA",
    "BR", "MX", "AR", "CL", "CO",
)  # fmt: skip
_GROUP_LENGTH = re.compile(r"\(\\d(?:\{(\d+)(?:,(\d+))?\})?\)")
_FEWEST, _MOST = 8, 12
_PLUS_FEWEST, _PLUS_MOST = 9, 15


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
    bare = without_extension(text)
    if bare.startswith(("+", "00", "011 ", "011-")):
        return _is_international(bare)
    count = len(digits_in(bare))
    if has_date(bare) or not _FEWEST <= count <= _MOST or len(set(bare)) < 4:
        return False
    if has_area(bare):
        return True
    if count == _FEWEST:
        return False
    return bare != text.strip() or (
        not is_other(bare) and any(_is_grouped(bare, region) for region in REGIONS)
    )


def phone_nearby(text: str) -> bool:
    """A number that is announced by a word such as "call": any plausible number of digits, not a date or an amount."""
    bare = without_extension(text)
    digits = digits_in(bare)
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and not is_other_nearby(bare)


def phone_alone(text: str) -> bool:
    """A number without any separators that begins as mobile ones do, or with an area code of North America."""
    digits = digits_in(text)
    return is_mobile(digits) or (len(digits) == 10 and _national(digits, _plan("US")) is not None)


def in_region(region: str) -> Callable[[str], bool]:
    """Valid in this region, written as anybody likes."""

    def valid(text: str) -> bool:
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(without_extension(text), region))
        except phonenumbers.NumberParseException:
            return False

    return valid


@lru_cache(maxsize=4096)
def _is_international(text: str) -> bool:
    """Behind a plus any country code will do. Two noughts may also begin a code or an amount."""
    digits = digits_in(text)
    if text.startswith("+") and _PLUS_FEWEST <= len(digits) <= _PLUS_MOST:
        return len(set(digits)) > 2
    try:
        number = phonenumbers.parse("+" + re.sub(r"^(?:011|00)", "", digits))
    except phonenumbers.NumberParseException:
        return False
    if text.isdecimal():
        return phonenumbers.is_valid_number(number)
    return _has_country(text) and phonenumbers.is_possible_number(number)


def _has_country(text: str) -> bool:
    """If the first group behind two noughts can be a country's code by its length, it is one."""
    group = re.match(r"00\D{0,2}(\d{1,3})\D", text)
    return group is None or int(group[1]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE


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

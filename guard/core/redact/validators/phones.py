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
_GROUP_LENGTH = re.compile(r"\(\\d(?:\{(\d+)(?:,(\d+))?\})?\)")
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2})(?!\d)")
# Dates, decimal fractions, postal codes of the United States, and groups of two digits that are a list.
_NOT_A_PHONE = re.compile(rf"{_DATE.pattern}|^\d+\.\d+$|^\d{{5}}-\d{{4}}$|^[1-9]\d(?:[ .]\d\d){{5}}$")
_EXTENSION = re.compile(r"\s*(?:x|ext|extension|#)\W{0,2}\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Plan:
    """``groups``: pairs of a pattern of leading digits and the (shortest, longest) lengths of the groups."""

    prefix: str
    number: re.Pattern[str]
    mobile: re.Pattern[str]
    groups: tuple[tuple[re.Pattern[str], tuple[tuple[int, int], ...]], ...]


def phone(text: str) -> bool:
    """A number that may stand anywhere: international, or local and in the groups of its region."""
    text = _EXTENSION.sub("", text.strip())
    if text.startswith(("+", "00")):
        return _is_international(text)
    if _NOT_A_PHONE.search(text) or not 9 <= sum(map(str.isdecimal, text)) <= 12:
        return False
    return any(_is_grouped(text, region) for region in REGIONS)


def phone_nearby(text: str) -> bool:
    """A number that is announced by a word such as "call": any plausible number of digits, not a date or an amount."""
    digits = re.sub(r"\D", "", _EXTENSION.sub("", text))
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2 and not _DATE.search(text)


def phone_alone(text: str) -> bool:
    """A number without any separators: valid as a mobile or fixed line in one of the regions."""
    digits = re.sub(r"\D", "", text)
    return any(_national(digits, plan) is not None for plan in map(_plan, REGIONS))


def in_region(region: str) -> Callable[[str], bool]:
    """Valid in this region, written as anybody likes."""

    def valid(text: str) -> bool:
        text = _EXTENSION.sub("", text.strip())
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
        except phonenumbers.NumberParseException:
            return False

    return valid


@lru_cache(maxsize=4096)
def _is_international(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    try:
        number = phonenumbers.parse("+" + digits.removeprefix("00"))
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


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

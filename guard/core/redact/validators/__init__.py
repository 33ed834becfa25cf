"""Judges of a match: functions from the folded text to whether it is the real thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from guard.core.redact.validators.digits import card, card_spoken, iban, luhn, us_ssn, us_ssn_spoken

VALIDATORS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "luhn": luhn,
        "card": card,
        "card_spoken": card_spoken,
        "iban": iban,
        "us_ssn": us_ssn,
        "us_ssn_spoken": us_ssn_spoken,
    }
)

"""Payment cards and bank accounts."""

from __future__ import annotations

from guard.core.redact.catalogue.words import after_words
from guard.core.redact.rule import Operator, Rule

# One or two separators, the same few that people and models put between groups of digits.
_GAP = r"[ .,\-_/*]{1,2}"
_SAID = r"(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|niner?)"
_SAID_TIMES = rf"(?:(?:double|triple)[ -])?{_SAID}"

_CARD_SHAPES = "|".join(
    (
        r"\d{13,19}",
        rf"\d{{4}}(?:{_GAP}\d{{4}}){{2}}{_GAP}\d{{1,4}}(?:{_GAP}\d{{1,3}})?",
        rf"\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{4,5}}",
        rf"\d{{5,6}}{_GAP}\d{{4,13}}(?:{_GAP}\d{{1,5}})?",
        rf"\d{{2}}(?:{_GAP}\d{{2}}){{5,8}}(?:{_GAP}\d)?",
        rf"\d(?:{_GAP}\d){{12,18}}",
    )
)

PAYMENT = (
    Rule(
        "payment_card",
        rf"(?<!\d)(?:{_CARD_SHAPES})(?!\d)",
        validator="card",
        operator=Operator.MASK,
        priority=50,
    ),
    Rule(
        "payment_card_spoken",
        rf"\b{_SAID_TIMES}(?:[ ,.\-\n]{{0,2}}{_SAID_TIMES}){{8,15}}\b",
        ignore_case=True,
        validator="card_spoken",
        priority=45,
    ),
    Rule(
        "iban",
        r"(?<![A-Za-z0-9])[A-Z]{2}[ -]?\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Za-z0-9])",
        ignore_case=True,
        validator="iban",
        operator=Operator.MASK,
        priority=60,
    ),
    Rule(
        "card_security_code",
        r"\d{3,4}(?!\d)",
        before=after_words(r"cvv2?|cvc2?|cid|security code|card verification (?:code|value|number)"),
    ),
    Rule(
        "bank_routing_number",
        r"(?<!\d)\d{9}(?!\d)",
        before=after_words(r"routing|aba|rtn|transit|rout(?:ing)? ?(?:no|num)"),
        validator="us_rtn",
    ),
    Rule(
        "bank_account_number",
        r"(?<![\dA-Za-z-])\d(?:[ -]?\d){5,16}(?![\d-])",
        before=after_words(
            r"(?:bank|checking|savings|current|debit|deposit) (?:account|acct)|account (?:number|no|num)|acct|acc no|"
            r"a/c|kontonummer|n[uú]mero de cuenta|compte bancaire"
        ),
    ),
    Rule(
        "swift_code",
        r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])",
        before=after_words(r"swift|bic"),
    ),
)

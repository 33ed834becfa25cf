"""Payment cards and bank accounts."""

from __future__ import annotations

from guard.core.redact.catalogue.context import LIST_ENDS, NOT_LISTED, announced_by, labelled_by
from guard.core.redact.rule import Operator, Rule

# One to three separators, the same few that people and models put between groups of digits.
_GAP = r"[\s.\-_/*]{1,3}"
_WIDE_GAP = r"[\s.,\-_/*]{1,3}"
# Each group set apart by itself, as models write what they want to stand out, tables and tags.
_MARKS = r"(?:[\s*_`|~.\-]|</?[a-z]{1,6}>){1,7}"
_SAID = r"(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|niner?)"
_PAUSE = r"[ ,.\-\n]{0,4}"
_SAID_TIMES = rf"(?:(?:double|triple)[ -])?{_SAID}"


def _card_shapes(gap: str) -> str:
    return "|".join(
        (
            r"\d{12,19}",
            rf"\d{{4}}(?:{gap}\d{{4}}){{2}}(?:{gap}\d{{1,4}}(?:{gap}\d{{1,3}})?)?",
            rf"\d{{4}}{gap}\d{{6}}{gap}\d{{4,5}}",
            rf"\d{{4}}(?:{gap}\d{{3}}){{3}}",
            rf"\d{{5,6}}{gap}\d{{4,13}}(?:{gap}\d{{1,5}})?",
            rf"\d{{2}}(?:{gap}\d{{2}}){{5,8}}(?:{gap}\d)?",
            rf"\d(?:{gap}\d){{11,18}}",
        )
    )


_CARD_NAMES = (
    r"(?:credit |debit |payment |bank |charge |gift )?cards?|cc|pan|visa|master ?card|amex|american express|"
    r"kredit ?karten?|(?:bank|giro|ec)? ?karten?|tarjeta(?: de (?:cr[eé]dito|d[eé]bito))?|"
    r"carte(?: (?:bancaire|bleue|de cr[eé]dit))?|carta(?: di credito)?|cart[aã]o(?: de cr[eé]dito)?|"
    r"credit ?kaart|karta|карт[аыу]|卡号|カード番号|카드번호"
)
# A card whose check digit fails is hidden only where somebody gives its number: behind "card" alone stand codes too.
_CARD_NUMBER_NAMES = (
    rf"(?:{_CARD_NAMES}) (?:numbers?|num|no|nr|nummer)|n[uú]mero de (?:la |mi )?tarjeta|"
    r"num[eé]ro de (?:la |ma )?carte|"
    r"numero (?:di|della) carta|n[uú]mero do (?:meu )?cart[aã]o|kaartnummer|卡号|カード番号|카드번호"
)
# Upper case may be spaced anywhere. In lower case a letter and a digit must touch: "in 2024 there were ..." is prose.
_IBAN_GAP = r"[ .\-_]{0,2}"
_IBAN = (
    rf"[A-Z]{{2}}[ .\-_]\d{{2}}(?:{_IBAN_GAP}[A-Z0-9]){{11,30}}|"
    rf"[A-Za-z]{{2}}\d{{2}}(?:{_IBAN_GAP}[A-Za-z0-9]){{11,30}}"
)

PAYMENT = (
    Rule(
        "payment_card",
        rf"(?<!\d)(?:{_card_shapes(_GAP)})(?!\d)",
        validator="card",
        operator=Operator.MASK,
        priority=50,
    ),
    Rule(
        "payment_card_marked",
        rf"(?<!\d)(?:\d{{4}}(?:{_MARKS}\d{{4}}){{3}}|\d{{4}}{_MARKS}\d{{6}}{_MARKS}\d{{4,5}})(?!\d)",
        validator="card",
        operator=Operator.MASK,
        priority=47,
    ),
    Rule(
        "payment_card_listed",
        _card_shapes(", ?"),
        before=NOT_LISTED,
        after=LIST_ENDS,
        validator="card",
        operator=Operator.MASK,
        priority=48,
    ),
    Rule(
        "payment_card_announced",
        rf"(?:{_card_shapes(_WIDE_GAP)})(?!\d)",
        before=labelled_by(_CARD_NUMBER_NAMES),
        validator="card_sized",
        operator=Operator.MASK,
        priority=49,
    ),
    Rule(
        "payment_card_spoken",
        rf"\b(?:{_SAID_TIMES}(?:{_PAUSE}{_SAID_TIMES}){{8,15}}|{_SAID}(?:{_PAUSE}{_SAID}){{11,18}})\b",
        ignore_case=True,
        validator="card_spoken",
        priority=45,
    ),
    Rule(
        "iban",
        rf"(?<![A-Za-z0-9])(?:{_IBAN})(?![A-Za-z0-9])",
        validator="iban",
        operator=Operator.MASK,
        priority=60,
    ),
    Rule(
        "iban_announced",
        rf"(?:{_IBAN})(?![A-Za-z0-9])",
        before=rf"{announced_by('iban')}|(?i:iban)",
        validator="iban",
        operator=Operator.MASK,
        priority=59,
    ),
    Rule(
        "card_security_code",
        r"\d{3,4}(?!\d)",
        before=announced_by(r"cvv2?|cvc2?|cid|security code|card verification (?:code|value|number)"),
    ),
    Rule(
        "bank_routing_number",
        r"(?<!\d)\d{9}(?!\d)",
        before=announced_by(r"routing|aba|rtn|transit|rout(?:ing)? ?(?:no|num)"),
        validator="us_rtn",
    ),
    Rule(
        "bank_account_number",
        r"(?<![\dA-Za-z-])\d(?:[ -]?\d){5,16}(?![\d-])",
        before=announced_by(
            r"(?:bank|checking|savings|current|debit|deposit) (?:account|acct)|account (?:number|no|num)|acct|acc no|"
            r"a/c|kontonummer|n[uú]mero de cuenta|compte bancaire"
        ),
    ),
    Rule(
        "swift_code",
        r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])",
        before=announced_by(r"swift|bic"),
    ),
)

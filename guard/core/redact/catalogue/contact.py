"""Ways to reach a person: e-mail addresses and telephone numbers."""

from __future__ import annotations

from guard.core.redact.catalogue.context import NOT_IN_A_ROW, ROW_ENDS, announced_by, called, labelled_by
from guard.core.redact.rule import Rule

# RFC 5321 allows more signs. They glue code and addresses together, and every character here is held back for longer.
_LOCAL_SIGNS = "A-Za-z0-9_.%+'-"
# Other scripts are written without spaces, so only a short run of them belongs to the address.
_LETTERS_ABROAD = r"\u0370-\u1fff\u3040-\ud7ff"
_LOCAL_PART = rf"(?:[$#{_LOCAL_SIGNS}][!#*~{_LOCAL_SIGNS}]{{0,63}}|[A-Za-z.{_LETTERS_ABROAD}]{{1,20}})"
_ANY_LOCAL_PART = r"[A-Za-z0-9_.%+'!#$&*=/?^{|}~-]{1,64}"
_HOST = r"(?:(?:[\w-]{1,63}\.){1,2}|(?:[\w-]{1,30}\.){3,5})"
_TOP_LEVEL = rf"(?:[A-Za-z{_LETTERS_ABROAD}]{{2,24}}|xn--[A-Za-z0-9-]{{2,24}})"
_NUMBERED_HOST = r"\[(?:IPv6:)?[0-9A-Fa-f:.]{3,40}\]"
# Without those that are words: "look at the dot in the middle" is no address.
_TOP_LEVELS = "com|org|net|edu|gov|mil|info|biz|io|co|dev|app|uk|ca|au|de|fr|es|nl|eu|ch|jp|br"
_EXTENSION = r"(?:[ ,;\-]{0,3}\(?(?:xt?|ext(?:ensio)?n?|#|durchwahl|poste|anexo)[ .:=]{0,2}\d{1,7}\)?)?"
_SEPARATED = r"[ .\-/()]{0,3}"
_GROUPS = rf"\(?\d{{1,5}}\)?(?:[ .\-/()]{{1,3}}\d{{2,8}}){{1,6}}{_EXTENSION}"
# What announces a number even when other words stand between.
_CALL = (
    r"(?:tele)?phone|tel|call(?:ed)?(?: (?:me|us|him|her|them))?|mobile|cell(?:phone)?|fax|contact|sms|"
    r"whats ?app|text(?: (?:me|us))?|dial|hotline|land ?line|ring|reach(?: (?:me|us))?|handy|mobil|mob|pager|viber|"
    r"telegram|"
    r"tel[eé]fono|m[oó]vil|celular|ll[aá]mame|llamar?(?: al)?|ligue|telem[oó]vel|telefone|"
    r"t[eé]l[eé]phone|t[eé]l|portable|appele[zr]|appelle[- ]moi|joindre|telefax|"
    r"telefon\w*|telepon|tel kom|tfno|tlf|tfn|tlph|ruf ?nummer|durchwahl|festnetz|cellulare|"
    r"chiama\w*|telefoon\w*|puhelin|puh|kom[oó]rk\w*|kontakt\w*|"
    r"тел|телефон\w*|моб|звоните|τηλ|τηλεφωνο|κινητο|טלפון|טל|נייד|هاتف|الهاتف|جوال|موبايل|фон|"
    r"फोन|मोबाइल|โทร|โทรศัพท์|điện thoại|電話\w*|电话|手机号?|手機|携帯|전화\w*|휴대폰|연락처"
)
# What announces one only when it stands right in front.
_LABELS = (
    rf"{_CALL}|ph|hp|wa|"
    r"(?:phone|contact|mobile|cell|callback|work|home|office|emergency|my|his|her|their|your|our) numbers?|numero"
)
_INITIAL = r"(?<![A-Za-z0-9])[TMPFOCtmpfoc][.:] ?"
_SAID = r"(?:(?:double|triple)[ -])?(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|niner?)"
_CALLED = (
    r"(?:cell|mobile|phone|tele ?phone|fax|land ?line|office|home|work|cell ?phone|whats ?app|direct line|hotline|"
    r"handy|m[oó]vil|celular|portable|number|mob|tel)"
)

CONTACT = (
    Rule(
        "email",
        rf"(?<![{_LOCAL_SIGNS}]){_LOCAL_PART}(?:@|%40)(?:{_HOST}{_TOP_LEVEL}(?![A-Za-z0-9-])|{_NUMBERED_HOST})",
        validator="email",
        priority=40,
    ),
    # With every sign that RFC 5321 allows, where the address stands alone.
    Rule(
        "email_with_signs",
        rf"{_ANY_LOCAL_PART}@(?:{_HOST}{_TOP_LEVEL}(?![A-Za-z0-9-])|{_NUMBERED_HOST})",
        before=r"""(?:mailto:|[<"'`])""",
        validator="email",
        priority=40,
    ),
    Rule(
        "email_quoted",
        rf'"[^"\s]{{1,40}}(?: [^"\s]{{1,40}})?"@{_HOST}{_TOP_LEVEL}(?![A-Za-z0-9-])',
        before=r"\A|[^\w=:]",
        priority=40,
    ),
    Rule(
        "email_obfuscated",
        r"(?<![\w.'-])[\w.+'-]{1,40} ?[\[({<] ?(?:at|@) ?[\])}>] ?[\w-]{1,40}"
        r"(?: ?(?:\.|[\[({<] ?(?:dot|\.) ?[\])}>]) ?[\w-]{1,30}){1,6}(?![\w-])",
        ignore_case=True,
        priority=38,
    ),
    Rule(
        "email_spoken",
        r"(?<![\w.'-])[\w.'-]{1,30}(?: (?:dot|underscore|dash) [\w-]{1,20}){0,3} at [\w-]{1,30}"
        rf"(?: dot [\w-]{{1,16}}){{0,4}} dot (?:{_TOP_LEVELS})(?![\w-])",
        ignore_case=True,
        validator="spoken_email",
        priority=38,
    ),
    Rule(
        "email_spaced",
        r"(?<![\w.-])(?:[\w.+-]{1,40} @ [\w-]{1,40}(?: ?\. ?[\w-]{1,30}){0,2} ?\. ?|\w{1,40}_at_\w{1,40}_dot_)"
        rf"(?:{_TOP_LEVELS})(?![\w-])",
        ignore_case=True,
        priority=38,
    ),
    Rule(
        "phone_international",
        r"(?:(?<![A-Za-z0-9+])\+|(?<![A-Za-z0-9+.,\-/])(?:00|011[ -]))"
        rf"[ (]{{0,2}}\d(?:{_SEPARATED}\d){{6,14}}{_EXTENSION}(?!\d)",
        validator="phone",
        priority=30,
    ),
    Rule(
        "phone_north_american",
        r"(?<![\w.-])(?:\+?1[ .-]{1,3})?"
        r"(?:\(\d{3}\)[ .-]{0,3}\d{3}[ .-]?\d{4}|"
        r"[2-9]\d{2}(?:[ -][2-9]\d{2}[ -]?|\.[2-9]\d{2}\.?|/[2-9]\d{2}-)\d{4}|[1-9]\d{2}(?:-\d{3}-|\.\d{3}\.)\d{4}|"
        r"\d{3}[ .-]\d{3}[ .-]\d{4}x\d{1,6})"
        rf"{_EXTENSION}(?![\w-])",
        priority=29,
    ),
    Rule(
        "phone_local",
        rf"{_GROUPS}|0[1-9]\d{{8,9}}",
        before=NOT_IN_A_ROW,
        after=ROW_ENDS,
        validator="phone",
        priority=28,
    ),
    Rule(
        "phone_announced",
        rf"[+(]{{0,2}}{_GROUPS}(?![A-Za-z0-9])",
        before=rf"{announced_by(_CALL)}|{_INITIAL}",
        validator="phone_nearby",
        priority=27,
    ),
    Rule(
        "phone_labelled",
        rf"[+(]{{0,2}}\d(?:{_SEPARATED}\d){{6,14}}{_EXTENSION}(?![A-Za-z0-9])",
        before=labelled_by(_LABELS),
        validator="phone_nearby",
        priority=27,
    ),
    Rule(
        "phone_spoken",
        rf"{_SAID}(?:[ ,.\-]{{0,4}}{_SAID}){{6,14}}\b",
        before=announced_by(f"{_CALL}|(?:my|his|her|their|your|our) numbers?"),
        ignore_case=True,
        validator="spoken",
        priority=27,
    ),
    Rule(
        "phone_called",
        rf"(?<![A-Za-z0-9.+])[+(]{{0,2}}\d(?:{_SEPARATED}\d){{6,14}}{_EXTENSION}",
        after=called(_CALLED),
        validator="phone_nearby",
        priority=27,
    ),
    Rule(
        "phone_alone",
        r"\d{10,11}",
        before=r"\A\s{0,3}",
        after=r"[\s.]{0,3}\Z",
        validator="phone_alone",
        priority=26,
    ),
)

"""Ways to reach a person: e-mail addresses and telephone numbers."""

from __future__ import annotations

from guard.core.redact.catalogue.words import NO_DIGITS_AFTER, NO_DIGITS_BEFORE, after_words
from guard.core.redact.rule import Rule

# RFC 5321 allows more signs. They glue code and addresses together, and every character here is held back for longer.
_LOCAL_PART = r"[A-Za-z0-9_.%+'-]{1,64}"
# Without those that are words: "look at the dot in the middle" is no address.
_TOP_LEVELS = "com|org|net|edu|gov|mil|info|biz|io|co|dev|app|uk|ca|au|de|fr|es|nl|eu|ch|jp|br"
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#)[ .]?\d{1,6})?"
_CALL = (
    r"phone|tel|telephone|call(?:ed)?(?: (?:me|us|him|her|them))?|mobile|cell(?:phone)?|fax|contact|whatsapp|sms|"
    r"text(?: me)?|dial|hotline|landline|ring|reach(?: (?:me|us))?|handy|tel[eé]fono|m[oó]vil|t[eé]l[eé]phone|"
    r"telefon|telefono|pager|viber|telegram|"
    r"(?:phone|contact|mobile|cell|callback|work|home|my|his|her|their|your) ?(?:number|no|num|#)"
)

CONTACT = (
    Rule(
        "email",
        rf"(?<![A-Za-z0-9_.%+-]){_LOCAL_PART}@(?:[\w-]{{1,63}}\.){{1,5}}(?:[A-Za-z]{{2,24}}|xn--[\w-]{{2,40}})(?![\w-])",
        priority=40,
    ),
    Rule(
        "email_quoted",
        r'"[^"\s@]{1,64}"@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])',
        priority=40,
    ),
    Rule(
        "email_obfuscated",
        r"(?<![\w.-])[\w.+-]{1,40} ?[\[({] ?at ?[\])}] ?[\w-]{1,40}"
        r"(?: ?(?:\.|[\[({] ?dot ?[\])}]) ?[\w-]{1,30}){1,3}(?![\w-])",
        ignore_case=True,
        priority=38,
    ),
    Rule(
        "email_spoken",
        r"(?<![\w.-])[\w-]{1,30}(?: (?:dot|underscore|dash) [\w-]{1,20}){0,3} at [\w-]{1,30}"
        rf"(?: dot [\w-]{{1,20}}){{0,2}} dot (?:{_TOP_LEVELS})(?![\w-])",
        ignore_case=True,
        priority=38,
    ),
    Rule(
        "phone_international",
        rf"(?<![\w+])(?:\+|00)[ (]{{0,2}}\d(?:[ .\-/()]{{0,3}}\d){{6,14}}{_EXTENSION}(?!\d)",
        validator="phone",
        priority=30,
    ),
    Rule(
        "phone_north_american",
        r"(?<![\w.-])(?:\+?1[ .-]{1,3})?"
        r"(?:\(\d{3}\)[ .-]{0,3}\d{3}[ .-]?\d{4}|"
        r"[2-9]\d{2}[ .-][2-9]\d{2}[ .-]?\d{4}|\d{3}[ .-]\d{3}[ .-]\d{4}x\d{1,6})"
        rf"{_EXTENSION}(?![\w-])",
        priority=29,
    ),
    Rule(
        "phone_local",
        rf"\(?\d{{1,5}}\)?(?:[ .\-/()]{{1,2}}\d{{2,8}}){{1,5}}{_EXTENSION}",
        before=NO_DIGITS_BEFORE,
        after=NO_DIGITS_AFTER,
        validator="phone",
        priority=28,
    ),
    Rule(
        "phone_announced",
        rf"(?<![\w.])[+(]{{0,2}}\d(?:[ .\-/()]{{0,3}}\d){{6,14}}{_EXTENSION}(?![\w-])",
        before=after_words(_CALL),
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

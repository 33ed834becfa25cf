"""Context: names that announce a number, in prose, in forms, in code, before it or behind it.

Names are written in a shorthand: a space in them stands for a space, ``_``, ``-`` or nothing, so that "tax id" is also
``tax_id``, ``taxId`` and ``TAX-ID``.
"""

from __future__ import annotations

_LABELLED = r"(?:[ _\-]?(?:numbers?|num|no|nr|n|id|code|nummer))?"
_NO_DIGITS = r"[^\d\n.!?;]*"
_NO_WORDS = r"[^A-Za-z0-9\n]*"
_IN_SENTENCE = rf"{_NO_DIGITS}(?:[.\n]{_NO_DIGITS})?(?<![A-Za-z0-9])"
_ROW_BREAK = r"\n(?![\r\n])"
_CELL_ENDS = rf"""["'` ]*(?:[,;|\t)\]]|\r?{_ROW_BREAK})"""
_CELL_BEGINS = r"""[,;|\t(\[\n][ "'`]*"""
_LINKS = (
    r"is|was|are|no|nos?|nr|num|number|code|id|the|my|at|on|to|for|and|it's|its|ist|lautet|es|est|e|en|er|sind|als|as|"
    r"est[aá]|jest|value|of|us|me|him|her|them|under|via|al|le|la|el|au|de|del|string|int|varchar|null|default|"
    r"home|work|office|mobile|cell|which|now|back|file|please|again|int'l|number's"
)


def named(names: str) -> str:
    """One of ``names``, standing for itself or as a part of an identifier (``customerPhone``, ``home_phone_no``)."""
    spaced = names.replace(" ", r"[ _\-]?")
    start = r"(?:(?<![A-Za-z0-9])|(?-i:(?<=[a-z])(?=[A-Z])))"
    return rf"{start}(?i:(?:{spaced})s?{_LABELLED})(?![A-Za-z])"


def announced_by(names: str) -> str:
    """For ``before``: one of ``names``, then text without digits to the end of the sentence, or of the next one
    ("Passport No. A1", a title and its value on two lines), or nothing at all ("IBANDE89...").

    The names stay visible and cost nothing: a ``before`` is followed as text passes and holds nothing back. It has no
    counted repeat on purpose: each count would be a state of its own beside those of all other rules.
    """
    return rf"{named(names)}(?:{_IN_SENTENCE})?"


def heading(names: str) -> str:
    """For ``before``: like ``announced_by``, and every cell below or behind a heading that is one of ``names``, up to
    an empty line: CSV, a table, the columns of an INSERT. For numbers with check digits: other columns hold others."""
    return rf"{named(names)}(?:{_IN_SENTENCE}|{_CELL_ENDS}(?:[^\n]|{_ROW_BREAK})*{_CELL_BEGINS})?"


def labelled_by(names: str) -> str:
    """For ``before``: one of ``names`` right in front, with nothing in between but signs and the few words that link a
    name to its value ("my number is", "call me at"). For what is hidden without any check of its own."""
    return rf"{named(names)}(?:{_NO_WORDS}(?i:{_LINKS})(?![A-Za-z]))*{_NO_WORDS}(?<![A-Za-z0-9])"


def called(names: str) -> str:
    """For ``after``: "… is my ``names``", "… as ``names``", "… (``names``)"."""
    spaced = names.replace(" ", r"[ _\-]?")
    verb = r"(?:is|was|are|ist|es|est|[eè])"
    whose = r"(?:my|his|her|their|our|your|the|mein|mi|mon|il mio|meu)"
    linked = rf",? {verb} {whose} (?:[A-Za-z']{{2,12}} ){{0,2}}"
    given = rf" (?:as|als|como|comme) (?:(?:{whose}|an?|ein|un) )?(?:[A-Za-z']{{2,12}} )?"
    return rf"(?i:(?:{linked}|{given}|[\"']? ?[(\[] ?(?:[A-Za-z]{{2,9}}[ _])?)(?:{spaced}))(?![A-Za-z])"


SEPARATORS = r" .\-/()"
NOT_IN_A_ROW = rf"(?:\A|[^A-Za-z0-9_\\{SEPARATORS}]|[A-Za-z]\.?[ (])[{SEPARATORS}]*"
ROW_ENDS = rf"(?![A-Za-z0-9_])[{SEPARATORS}]*(?:(?![\d{SEPARATORS}:])|:(?!\d))"
"""For ``before`` and ``after`` of a number that must not be a part of a longer row of groups of digits, nor of a code
such as INV-2024-00123."""
NOT_LISTED = r"(?:\A|[^\d,.\s\[(])\s?"
LIST_ENDS = r"(?!\d)[,.]?\s?(?:[^\d,.\s]|\Z)"
"""Not one of several numbers with commas or stops between them."""

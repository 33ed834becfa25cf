from __future__ import annotations

import sys
import unicodedata

import pytest

from guard.core.redact.fold import fold, fold_char


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("\uff14\uff11\uff11\uff11", "4111"),  # full width
        ("\u0664\u0661\u06f1\u0967", "4111"),  # Arabic-Indic, Persian, Devanagari
        ("\U0001d7d2\U0001d7f7\u2460\u00b9", "4111"),  # mathematical, circled, superscript
        ("4\ufe0f\u20e31\u200b\u00ad1", "411"),  # keycap, zero-width space, soft hyphen
        ("\u0430\u03b1\uff41\U0001d41a", "aaaa"),  # Cyrillic, Greek, full width, mathematical
        ("\u0405\u0405N \u2113", "SSN l"),
        ("\ufb01le", "file"),
        ("e\u0301\u00e9", "ee"),
        ("a\u00a0b\u2003c\u3000d", "a b c d"),
        ("1\u20102\u20113\u20134\u22125", "1-2-3-4-5"),
        ("bob\uff20ex\u3002com", "bob@ex.com"),
        ("\U0001f1e6\U0001f170", "AA"),  # flags and squared letters
        ("\u00df\u00e6", "ssae"),
        ("4\U000e00411\x00\x1f\x7f", "41"),  # tag characters and controls
        ("\u0253\u0188\u0111\u0247\u0192\u0142\u00f8\u0167", "bcdeflot"),  # hooks and strokes
        ("\u1d00\u0299\ua7af\ua731\u028f", "abqsy"),  # small capitals
        ("\u03a1\u0391\u03bf\u03f2 \u0421\u0415\u0432\u043d\u0433", "PAoc CEbhr"),  # Greek, Cyrillic
        ("\u13d4\u13e2\uab75 \ua4d0\ua4f3", "WPi BO"),  # Cherokee, Lisu
        ("\u054d\u0578 \u2c9f\u2ca3 \U0001042c\U00010448", "Un op os"),  # Armenian, Coptic, Deseret
        ("\U0001d400\U0001d4b7\U0001d522\U0001d7d8 \u210a\u212b", "Abe0 gA"),  # mathematical, letterlike
        ("a\u058ab\u2500c\u2581d\u2216e\u2502f", "a-b-c_d\\e|f"),  # hyphens, boxes, slashes
        ("\u05d5\u05e1 \u30ce", "\u05d5\u05e1 \u30ce"),  # right-to-left and Japanese letters stay
        ("\ud55c\uae00", "\ud55c\uae00"),  # Hangul stays as it is
        ("tab\tnew\nline", "tab\tnew\nline"),
    ],
)
def test_text_is_matched_as_what_it_looks_like(written, seen):
    assert fold(written) == seen


EMPTY_PLANES = range(0x40000, 0xE0000)
"""Ten planes without a single character: what is true of one of their code points is true of all."""


def test_folding_twice_is_folding_once_for_every_character():
    for code in [*range(0x40000), *EMPTY_PLANES[::97], *range(0xE0000, sys.maxunicode + 1)]:
        char = chr(code)
        once = fold_char(char)
        assert once == char or fold(once) == once, hex(code)


def test_every_decimal_digit_of_unicode_is_a_digit():
    for code in range(sys.maxunicode + 1):
        value = unicodedata.decimal(chr(code), None)
        if value is not None:
            assert fold_char(chr(code)) == str(value), hex(code)


def test_printable_ascii_is_left_alone():
    text = "".join(map(chr, range(32, 127)))
    assert fold(text) == text

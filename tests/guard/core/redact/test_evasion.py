"""T72: ways to write a card number past a filter. All of the list is caught; what is not caught is listed too."""

from __future__ import annotations

import pytest

from guard.core.redact import CATALOGUE, Redactor

REDACTOR = Redactor(CATALOGUE)
CARD = "4111 1111 1111 1111"
CAUGHT = {
    "plain": CARD,
    "dashes": "4111-1111-1111-1111",
    "no separators": "4111111111111111",
    "dots": "4111.1111.1111.1111",
    "underscores": "4111_1111_1111_1111",
    "slashes": "4111/1111/1111/1111",
    "double spaces": "4111  1111  1111  1111",
    "one by one": " ".join("4111111111111111"),
    "one by one, dashes": "-".join("4111111111111111"),
    "one by one, commas": ", ".join("4111111111111111"),
    "in pairs": "41 11 11 11 11 11 11 11",
    "zero-width spaces": "\u200b".join("4111111111111111"),
    "zero-width joiners": "\u200d".join(CARD),
    "soft hyphens": "4111\u00ad1111\u00ad1111\u00ad1111",
    "word joiners and marks": "4\u20601\u034f1\ufe0f1111111111111",
    "no-break spaces": CARD.replace(" ", "\u00a0"),
    "no-break hyphens": CARD.replace(" ", "\u2011"),
    "full width": "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in CARD),
    "Arabic digits": "".join(chr(ord(char) - 48 + 0x660) if char.isdigit() else char for char in CARD),
    "Devanagari digits": "".join(chr(ord(char) - 48 + 0x966) if char.isdigit() else char for char in CARD),
    "mathematical digits": "".join(
        chr(ord(char) - 48 + 0x1D7CE) if char.isdigit() else char for char in CARD
    ),
    "keycaps": "".join(char + "\ufe0f\u20e3" if char.isdigit() else char for char in CARD),
    "circled": CARD.replace("4", "\u2463").replace("1", "\u2460"),
    "superscript": CARD.replace("4", "\u2074").replace("1", "\u00b9"),
    "combining marks": "4\u0301" + CARD[1:],
    "markdown bold": "**4111**-**1111**-**1111**-**1111**".replace("**-**", "-"),
    "words": "four one one one, one one one one, one one one one, one one one one",
    "words with oh and double": "four double one one, triple one one, double one double one, one one one one",
    "capital words": "FOUR ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE",
    "words and digits": "four 1 1 1 one 1 1 1 one 1 1 1 one 1 1 one",
    "bidirectional controls": "\u202e4111\u202c 1111 1111 1111",
    "lone halves": "4111\ud800 1111 1111 1111",
    "control characters": "4111\x00 1111\x07 1111 1111",
}
NOT_CAUGHT = {
    "numbers as words in tens": "forty-one eleven, eleven eleven, eleven eleven, eleven eleven",
    "digits between prose": "4111 then 1111 and after that 1111 and at last 1111",
    "base64": "NDExMTExMTExMTExMTExMQ==",
    "reversed": "1111 1111 1111 1114",
}
"""Not regular, or not worth the harm to other text: stated in the documentation."""


def visible_digits(shown: str) -> int:
    return sum(char.isdecimal() for char in shown.replace("****1111", ""))


@pytest.mark.parametrize("way", CAUGHT)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_card_is_caught_however_it_is_written_and_cut(way, size):
    text = f"it is {CAUGHT[way]} thanks"
    stream = REDACTOR.stream()
    shown = "".join(stream.push(text[at : at + size]) for at in range(0, len(text), size)) + stream.finish()
    assert visible_digits(shown) == 0, shown
    assert "one" not in shown.lower()
    assert any(hit.rule.startswith("payment_card") for hit in stream.hits)


@pytest.mark.parametrize("way", NOT_CAUGHT)
def test_what_is_documented_as_not_caught_is_still_not_caught(way):
    """Turns red when it is caught one day, so that the documentation follows."""
    hits = REDACTOR.whole(NOT_CAUGHT[way]).hits
    assert not any(hit.rule.startswith("payment_card") for hit in hits)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("bob\uff20example\u3002com", "email"),
        ("b\u043eb@\u0435xample.com", "email"),
        ("bob at example dot com", "email_spoken"),
        ("bob [at] example [dot] com", "email_obfuscated"),
        ("o'neill [at] mail [dot] dept [dot] example [dot] co [dot] uk", "email_obfuscated"),
        ("o'neill at mail dot dept dot example dot co dot uk", "email_spoken"),
        ("o'neill@example.com", "email"),
        ("\u0455k-pr\u043ej-abcdefghijklmnop1234567890", "openai_key"),
        ("5 1 7 - 4 5 - 6 0 8 9", "us_ssn_spaced"),
        ("one two three four five six seven eight nine", "us_ssn_spoken"),
        ("\uff11\uff12\uff13-\uff14\uff15-\uff16\uff17\uff18\uff19", "us_ssn"),
        ("GB82\u200bWEST\u200b1234\u200b5698\u200b7654\u200b32", "iban"),
        ("192\uff0e168\uff0e0\uff0e1", "ip_address"),
        ("internal\u00ad_code", "internal_keywords"),
    ],
)
def test_other_values_are_caught_as_well(text, rule):
    assert rule in {hit.rule for hit in REDACTOR.whole(f"so {text} ok").hits}

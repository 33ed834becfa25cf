"""Telephone numbers: shapes that speak for themselves, words that announce them, numbers that are something else."""

from __future__ import annotations

import pytest

from guard.core.redact import VALIDATORS, Redactor
from guard.core.redact.catalogue.contact import CONTACT

REDACTOR = Redactor(rule for rule in CONTACT if rule.name.startswith("phone"))


def hidden(text: str) -> list[str]:
    """What is not shown, overlapping matches as one."""
    covered = {place for hit in REDACTOR.whole(text).hits for place in range(hit.start, hit.end)}
    shown = "".join(char if place in covered else "\0" for place, char in enumerate(text))
    return [part.strip() for part in shown.split("\0") if part.strip()]


@pytest.mark.parametrize(
    "number",
    [
        "+44 20 7946 0958",
        "+13 43 6435-1234",
        "0049 (0)30 901820",
        "00 49 30 1234567",
        "011 44 20 7946 0958",
        "(11) 91234-5678",
        "089 / 92 33 46-25",
        "001-915-654-9254",
        "06.58.57.10.64",
        "07520393763",
        "0475/46.04.10",
        "(555) 555-0199 ext. 12",
        "+1-816-555-1212;ext=456",
        "8 (912) 345-67-89",
    ],
)
def test_a_number_whose_shape_is_a_telephone_numbers_needs_no_word(number):
    assert hidden(f"The form says {number} in the second line") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "Please call {}",
        '{"phoneNumber": "{}"}',
        "customerPhone: {}",
        "Телефон: {}",
        "手机号{}",
        "{} is my mobile",
        "wir sind unter Telefon {} erreichbar",
    ],
)
def test_eight_digits_are_a_telephone_number_where_a_word_says_so(text):
    assert hidden(text.replace("{}", "5270 1448")) == ["5270 1448"]
    assert hidden("The form says 5270 1448 in the second line") == []


def test_a_spoken_number_is_hidden_behind_a_word_that_announces_it():
    said = "five five five, one two three, four five six seven"
    assert hidden(f"my number is {said}") == [said]
    assert hidden(f"they counted {said}") == []


@pytest.mark.parametrize(
    "text",
    [
        "Please call before 12.05.2024",
        "from mobile 2017-2022",
        "call me about order 64043586",
        "invoice INV-1998-80967",
        "CVE-1994-55510",
        "clause 252.227-7013",
        "part no. 937-2017-58",
        "version 8.68.2878.367",
        "WhatsApp 2.23.20.79",
        "1 2 3 4 5 6 7 8 9 10",
        "008 529 072 054 bytes",
        "82 54 95 72 67",
        "zip 94105-1234",
    ],
)
def test_dates_orders_versions_and_lists_are_no_telephone_numbers(text):
    assert hidden(text) == []


def test_behind_two_noughts_stands_a_country():
    assert VALIDATORS["phone"]("0044 20 7946 0958")
    assert not VALIDATORS["phone"]("0083 20 7946 0958")


def test_a_year_in_brackets_is_no_area_code():
    assert VALIDATORS["phone"]("(0341) 123 456")
    assert not VALIDATORS["phone"]("(2019) 123 456")


@pytest.mark.parametrize("text", ["SKU 87689-968-20", "Part no. 960-27-38646", "Invoice 4178-54-9611"])
def test_the_groups_of_parts_and_invoices_are_no_telephone_number(text):
    assert not hidden(text)

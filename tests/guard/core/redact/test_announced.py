"""Numbers that are known by what they are called."""

from __future__ import annotations

import pytest

from guard.core.redact import CATALOGUE, VALIDATORS, Redactor

REDACTOR = Redactor(
    rule
    for rule in CATALOGUE
    if rule.name.startswith(
        ("identity_number", "payment_card", "iban", "us_ssn", "eu_vat", "nl_bsn", "kr_resident")
    )
)


def rules_on(text: str) -> set[str]:
    return {hit.rule for hit in REDACTOR.whole(text).hits}


def test_a_card_number_with_a_wrong_check_digit_is_hidden_if_it_is_called_one():
    assert rules_on("my card number is 4111 1111 1111 1112") == {"payment_card_announced"}
    assert not rules_on("the code on the box is 4111 1111 1111 1112")
    assert not rules_on("Card: 4111 1111 1111 1112")


def test_an_iban_with_wrong_check_digits_is_none_whatever_it_is_called():
    assert not rules_on("IBAN: DE11 3704 0044 0532 0130 00")
    assert not rules_on("reference DE11 3704 0044 0532 0130 00 is closed")


def test_words_behind_an_iban_stay():
    shown = REDACTOR.whole("IBAN DE89 3704 0044 0532 0130 00 is my account").text
    assert shown.endswith(" is my account")


def test_a_list_of_numbers_with_commas_is_no_card():
    assert rules_on("my numbers: 5075, 5076, 5077, 5078") == {"payment_card_listed"}
    assert not rules_on("5074, 5075, 5076, 5077, 5078, 5079")


def test_nine_digits_are_a_social_security_number_only_if_they_are_called_one():
    assert rules_on("219456788 is my SSN") == {"us_ssn_called"}
    assert rules_on("employeeSsn=219456788") == {"us_ssn_announced"}
    assert not rules_on("item 219456788 is sold")


def test_a_social_security_number_with_a_part_of_noughts_never_was_one():
    assert not rules_on("SSN 219-00-6788")


@pytest.mark.parametrize(
    "text",
    [
        "My passport number is {}",
        '{"taxId": "{}"}',
        "national_id={}",
        "ИНН: {}",
        "numéro fiscal {}",
        "{} is her NHS number",
        "{} (PESEL)",
        "身份证号{}",
    ],
)
def test_what_is_called_an_identity_number_is_hidden_whatever_its_check_digits(text):
    assert "1795433777" not in REDACTOR.whole(text.replace("{}", "1795433777")).text


@pytest.mark.parametrize(
    "text",
    [
        "passport control opens on 12.05.2024",
        "VAT rate 20 % on 1500.00",
        "tax of 12 345.67",
        "driver 31.0.15.3623",
        "identity in 1850-1900",
        "national insurance rose by 15000",
    ],
)
def test_dates_amounts_and_versions_behind_such_a_name_stay(text):
    assert REDACTOR.whole(text).text == text


def test_a_vat_number_needs_the_prefix_of_its_country_and_its_check_digits():
    assert VALIDATORS["eu_vat"]("ATU13585627")
    assert not VALIDATORS["eu_vat"]("ATU13585628")
    assert not VALIDATORS["eu_vat"]("U13585627")


@pytest.mark.parametrize(
    "text", ["he gave {} as SSN", "use {} as my social", "{} is my social", "put {} as an SSN"]
)
@pytest.mark.parametrize("number", ["078-05-1120", "078051120"])
def test_a_social_security_number_may_be_called_one_behind_it(text, number):
    assert rules_on(text.replace("{}", number)) == {"us_ssn_called"}


@pytest.mark.parametrize("text", ["gave {} as BSN", "gaf {} als BSN", "dio {} como NIF", "{} as her tax id"])
def test_an_identity_number_may_be_called_one_behind_it(text):
    assert rules_on(text.replace("{}", "123456782")) == {"identity_number_called"}
    assert not rules_on("counted 123456782 as usual, as BSN is closed")


@pytest.mark.parametrize(
    "table",
    [
        "name,bsn\nJan,{}\nPiet,{}\n",
        "name;bsn;city\r\nJan;{};Delft\r\nPiet;{};Gouda",
        "name\tBSN\nJan\t{}\nPiet\t{}",
        "| name | BSN |\n|---|---|\n| Jan | {} |\n| Piet | {} |",
        "INSERT INTO people (name, customer_bsn) VALUES ('Jan', '{}'), ('Piet', {});",
        '{"columns": ["name", "bsn"], "rows": [["Jan", "{}"], ["Piet", {}]]}',
    ],
)
def test_a_number_is_announced_by_the_heading_of_its_column(table):
    first, second, other = "123456782", "111222333", "123456783"
    text = table.replace("{}", first, 1).replace("{}", second, 1)
    assert rules_on(text) == {"nl_bsn_announced"}
    shown = REDACTOR.whole(text).text
    assert first not in shown and second not in shown
    assert not rules_on(text.replace(first, other).replace(second, other))


def test_a_heading_ends_with_its_table_and_is_a_cell_of_its_own():
    assert rules_on("name,ssn\nBob,219456788") == {"us_ssn_announced"}
    assert not rules_on("name,ssn\n\nsold 12,219456788,7")
    assert not rules_on("ssn-less name,city\nBob,12,219456788")


def test_a_korean_number_needs_its_check_digit_or_its_name():
    assert rules_on("the paper 971013-1019901 is here") == {"kr_resident_registration"}
    assert not rules_on("batch 971013-1019902 is here")
    assert "kr_resident_registration_announced" in rules_on("RRN 971013-1019902")

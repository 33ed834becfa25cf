"""One value of each kind that the catalogue hides, in a sentence. Made up; none belongs to anybody."""

from __future__ import annotations

CANARIES: dict[str, tuple[str, str]] = {
    "payment_card": ("4242 4242 4242 4242", "My card is {}."),
    "payment_card_spoken": (
        "five five five five, five five five five, five five five five, four four four four",
        "It is {}, yes",
    ),
    "iban": ("DE89 3704 0044 0532 0130 00", "Please send it to {} today"),
    "us_ssn": ("219-45-6788", "my social is {} ok"),
    "email": ("jane.roe@example.org", "write to {}, please"),
    "phone_north_american": ("(425) 555-0182", "call {} now"),
    "phone_international": ("+44 20 7946 0958", "ring {} tonight"),
    "ip_address": ("203.0.113.77", "host {} is up"),
    "ip_address_v6": ("2001:db8:0:7::25", "host {} is up"),
    "mac_address": ("00:1b:44:11:3a:b7", "eth0 is {} here"),
    "crypto_wallet": ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "pay {} soon"),
    "crypto_wallet_bech32": ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "pay {} soon"),
    "crypto_wallet_ethereum": ("0x52908400098527886E0F7030069857D2E4169EE7", "pay {} soon"),
    "url_credentials": ("admin:hunter2", "postgres://{}@db/main"),
    "password_assigned": ("hunter2!x", "password={} and"),
    "private_key": (
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEA==\n-----END PRIVATE KEY-----",
        "here: {} done",
    ),
    "json_web_token": (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "jwt {} ok",
    ),
    "openai_key": ("sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8t", "key {} ok"),
    "aws_access_key": ("AKIAQ3EGUHXO7LPMK2ZW", "id {} ok"),
    "github_token": ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "token {} ok"),
    "slack_token": ("xoxb-263594206564-2343594206564-FGqddMF8t08v8N7Oq4i57vs1", "bot {} ok"),
    "stripe_key": ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "pay {} ok"),
    "gb_nhs": ("943 476 5919", "the record {} is here"),
    "es_nie": ("X1234567L", "the paper {} is here"),
    "it_fiscal_code": ("RSSMRA85T10A562S", "the paper {} is here"),
    "br_cpf": ("390.533.447-05", "the paper {} is here"),
    "in_pan": ("ABCPE1234F", "the paper {} is here"),
    "sg_nric": ("S1234567D", "the paper {} is here"),
    "kr_resident_registration": ("971013-1019901", "the paper {} is here"),
    "us_passport": ("C01234567", "passport number {} is valid"),
    "internal_keywords": ("internal_code", "the {} is here"),
}

"""Judges of a match: functions from the folded text to whether it is the real thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from guard.core.redact.validators import digits, identity, network, phones, secrets, wallets
from guard.core.redact.validators.national import MODULES, national, validator_name

VALIDATORS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "luhn": digits.luhn,
        "card": digits.card,
        "card_sized": digits.card_sized,
        "card_spoken": digits.card_spoken,
        "spoken": digits.spoken,
        "iban": digits.iban,
        "us_ssn": digits.us_ssn,
        "us_ssn_spaced": digits.us_ssn_spaced,
        "us_ssn_sized": digits.us_ssn_sized,
        "us_ssn_spoken": digits.us_ssn_spoken,
        "ipv6": network.ipv6,
        "mac_dotted": network.mac_dotted,
        "email": network.email,
        "spoken_email": network.spoken_email,
        "base58check": wallets.base58check,
        "bech32": wallets.bech32,
        "cash": wallets.cash,
        "ripple": wallets.ripple,
        "secret": secrets.secret,
        "random_secret": secrets.random_secret,
        "token": secrets.token,
        "password": secrets.password,
        "bare_password": secrets.bare_password,
        "said_password": secrets.said_password,
        "login_pair": secrets.login_pair,
        "phone": phones.phone,
        "phone_nearby": phones.phone_nearby,
        "phone_alone": phones.phone_alone,
        **{f"phone_{region.lower()}": phones.in_region(region) for region in phones.REGIONS},
        "identifier": identity.identifier,
        "eu_vat": identity.eu_vat,
        "gb_nino": identity.gb_nino,
        "us_npi": identity.us_npi,
        "us_dea": identity.us_dea,
        "au_medicare": identity.au_medicare,
        "sg_nric": identity.sg_nric,
        "hk_id": identity.hk_id,
        "tw_id": identity.tw_id,
        "ru_snils": identity.ru_snils,
        "de_id_card": identity.de_id_card,
        "de_rvnr": identity.de_rvnr,
        "de_kvnr": identity.de_kvnr,
        "machine_readable": identity.machine_readable,
        **{validator_name(module): national(module) for module in MODULES},
    }
)
"""By the name that a rule's ``validator`` field holds. All are pure and take at most a fraction of a millisecond."""

"""The rules that Sallyport ships, in packs that an administrator turns on.

Names of people, postal addresses and dates of birth are not here: no pattern knows them, that is a classifier's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from guard.core.redact.catalogue import (
    americas,
    asia_pacific_africa,
    contact,
    europe_north_east,
    europe_west,
    identity_any,
    identity_us,
    key_files,
    keywords,
    logins,
    network,
    passwords,
    payment,
    secrets_cloud,
    secrets_code,
    secrets_models,
    secrets_named,
    secrets_services,
    wallets,
)
from guard.core.redact.rule import Rule

PACKS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "payment": payment.PAYMENT,
        "contact": contact.CONTACT,
        "network": network.NETWORK,
        "wallets": wallets.WALLETS,
        "passwords": (*passwords.PASSWORDS, *logins.LOGINS, *key_files.KEY_FILES),
        "secrets_models": secrets_models.MODEL_SECRETS,
        "secrets_cloud": secrets_cloud.CLOUD_SECRETS,
        "secrets_code": secrets_code.CODE_SECRETS,
        "secrets_services": secrets_services.SERVICE_SECRETS,
        "secrets_named": secrets_named.NAMED_SECRETS,
        "keywords": keywords.KEYWORDS,
        "national_any": identity_any.ANY_COUNTRY,
        "national_us": identity_us.UNITED_STATES,
        "national_canada": americas.CANADA,
        "national_mexico": americas.MEXICO,
        "national_brazil": americas.BRAZIL,
        "national_south_america": americas.SOUTH_AMERICA,
        "national_britain": europe_west.BRITAIN,
        "national_ireland": europe_west.IRELAND,
        "national_france": europe_west.FRANCE,
        "national_germany": europe_west.GERMANY,
        "national_italy": europe_west.ITALY,
        "national_spain": europe_west.SPAIN,
        "national_portugal": europe_west.PORTUGAL,
        "national_low_countries": europe_west.LOW_COUNTRIES,
        "national_alps": europe_west.ALPS,
        "national_nordic": europe_north_east.NORDIC,
        "national_baltic": europe_north_east.BALTIC,
        "national_poland": europe_north_east.POLAND,
        "national_central_europe": europe_north_east.CENTRAL_EUROPE,
        "national_russia_ukraine": europe_north_east.RUSSIA_UKRAINE,
        "national_turkey_israel": europe_north_east.TURKEY_ISRAEL,
        "national_india": asia_pacific_africa.INDIA,
        "national_east_asia": asia_pacific_africa.EAST_ASIA,
        "national_south_east_asia": asia_pacific_africa.SOUTH_EAST_ASIA,
        "national_oceania": asia_pacific_africa.OCEANIA,
        "national_africa": asia_pacific_africa.AFRICA,
    }
)

CATALOGUE: tuple[Rule, ...] = tuple(rule for pack in PACKS.values() for rule in pack)
"""Every shipped rule, country packs included."""

"""A labelled set made from the standards: texts, and which stretch of each must be hidden; look-alikes, in which nothing must.

Numbers are made here with their check digits (or by trial against ``python-stdnum``), put into the ways people write them,
and the sentences, forms, logs and code they turn up in. Seeded: the same set every time.
"""
# ruff: noqa: E501  (tables of templates: one entry, one line)

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import labelled_addresses
import labelled_contacts
import labelled_credentials
import labelled_lookalikes
import labelled_numbers
import labelled_secrets
import labelled_shams
import labelled_wallets


@dataclass(frozen=True, slots=True)
class Case:
    """``start`` and ``end`` mark what must be hidden; both 0 in a look-alike."""

    kind: str
    text: str
    start: int = 0
    end: int = 0

    @property
    def is_lookalike(self) -> bool:
        return self.end == 0


Maker = Callable[[Random], tuple[str, str]]
"""Makes (value, text with ``{}`` in its place)."""

COUNTS: dict[str, tuple[Maker, int]] = {
    "card": (labelled_numbers.card, 200),
    "iban": (labelled_numbers.iban, 120),
    "ssn": (labelled_numbers.ssn, 120),
    "email": (labelled_contacts.email, 150),
    "phone": (labelled_contacts.phone, 300),
    "ip": (labelled_contacts.ip_address, 120),
    "mac": (labelled_contacts.mac_address, 40),
    "wallet": (labelled_secrets.wallet, 120),
    "national id": (labelled_numbers.national_id, 400),
    "secret": (labelled_secrets.secret, 350),
    "password": (labelled_secrets.password, 120),
    "secret by format": (labelled_credentials.format_of_its_own, 250),
    "secret by owner": (labelled_credentials.named_for_its_owner, 120),
    "secret by use": (labelled_credentials.named_for_its_use, 150),
    "secret carried": (labelled_credentials.carried, 120),
    "password written": (labelled_credentials.password, 200),
    "any wallet": (labelled_wallets.wallet, 120),
    "any email": (labelled_addresses.email, 200),
    "any ip": (labelled_addresses.ip_address, 120),
    "any mac": (labelled_addresses.mac_address, 60),
}
LOOKALIKES: tuple[tuple[Callable[[Random], tuple[str, str]], int], ...] = (
    (labelled_lookalikes.lookalike, 500),
    (labelled_shams.sham, 700),
)


def cases(seed: int = 20) -> Iterator[Case]:
    chance = Random(seed)
    for kind, (maker, count) in COUNTS.items():
        for _ in range(count):
            value, text = maker(chance)
            start = text.index("{}")
            yield Case(kind, text.replace("{}", value), start, start + len(value))
    for look_alike, count in LOOKALIKES:
        for _ in range(count):
            yield Case(*look_alike(chance))

"""Text full of values that must not be seen: what a support bot would read out of a customer's file."""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random

from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from benchmarks.prose import SEED
from benchmarks.vocabulary import WORDS

_SENTENCES = [
    "The card on file is {card}, and {email} gets the receipt. ",
    "Sure! Your IBAN is {iban}. ",
    "I see the SSN {ssn} for {name}, reachable at {email}. ",
    "The request came from {ip} with the key {key}. ",
    "Please call {name} about card {card} before {small} o'clock. ",
    "For the {thing}, use {key}; the {adjective} one no longer works. ",
]


@dataclass(frozen=True, slots=True)
class Records:
    """``values`` are all that a reader must not find in ``text``."""

    text: str
    values: tuple[str, ...]


def records(characters: int, seed: int = SEED) -> Records:
    chance = Random(seed)  # noqa: S311  (repeatable, not secret)
    parts: list[str] = []
    values: list[str] = []
    size = 0
    while size < characters:
        slots = _slots(chance)
        template = chance.choice(_SENTENCES)
        values += [slots[kind] for kind in _VALUES if f"{{{kind}}}" in template]
        parts.append(template.format(**slots) + "\n\n" * (chance.random() < 0.3))
        size += len(parts[-1])
    return Records("".join(parts), tuple(values))


def _slots(chance: Random) -> dict[str, str]:
    words = {kind: chance.choice(WORDS[kind]) for kind in ("name", "thing", "adjective")}
    return (
        words | {"small": str(chance.randint(1, 12))} | {kind: make(chance) for kind, make in _VALUES.items()}
    )


def _digits(chance: Random, count: int) -> str:
    return "".join(chance.choices(string.digits, k=count))


def _card(chance: Random) -> str:
    number = chance.choice(["4", "51", "55"]) + _digits(chance, 14)
    number = number[:15] + luhn.calc_check_digit(number[:15])
    mark = chance.choice(["", " ", "-"])
    return mark.join(number[at : at + 4] for at in range(0, len(number), 4))


def _iban(chance: Random) -> str:
    account = _digits(chance, 18)
    return "DE" + mod_97_10.calc_check_digits(account + "DE") + account


def _ssn(chance: Random) -> str:
    return f"{chance.randint(100, 665)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}"


def _email(chance: Random) -> str:
    first, last = chance.choice(WORDS["name"]).lower().split()
    return f"{first}.{last}{chance.randint(1, 99)}@{chance.choice(WORDS['things'])}.example.com"


def _ip(chance: Random) -> str:
    return "203." + ".".join(str(chance.randint(1, 250)) for _ in range(3))


def _key(chance: Random) -> str:
    return "sk-proj-" + "".join(chance.choices(string.ascii_letters + string.digits, k=32))


_VALUES = {"card": _card, "iban": _iban, "ssn": _ssn, "email": _email, "ip": _ip, "key": _key}

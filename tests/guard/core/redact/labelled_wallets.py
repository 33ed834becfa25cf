"""Labelled wallets: addresses and keys of many chains, with the checksums of each."""

from __future__ import annotations

import hashlib
from random import Random

from labelled_secrets import Made, polymod, some

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_HEX = "0123456789abcdef"
# Version bytes: P2PKH and P2SH of Bitcoin, its test network, Litecoin, Dogecoin, Dash, Zcash, Tron.
_VERSIONS = [
    b"\0",
    b"\5",
    b"\x6f",
    b"\xc4",
    b"\x30",
    b"\x32",
    b"\x1e",
    b"\x16",
    b"\x4c",
    b"\x1c\xb8",
    b"\x41",
]
_TEXTS = [
    "{}",
    "Send it to {}",
    "my wallet is {}, thanks",
    "donate={}&x=1",
    '{"address": "{}"}',
    "bitcoin:{}?amount=0.1",
    "({})",
    "to: {}.",
    "https://explorer.example/address/{}",
    "wallet={}",
    "<b>{}</b>",
    "'{}'",
    "pay {} now",
]
_SOLANA_TEXTS = ["Solana wallet {}", "SOL address: {}", '"solana_address": "{}"', "my phantom wallet is {}"]
_SEED_TEXTS = [
    "seed phrase: {}",
    "my recovery phrase is {}",
    'mnemonic = "{}"',
    "MNEMONIC={}",
    "wallet seed: {}",
]
# Some of BIP 39's 2,048.
_WORDS = [
    "abandon",
    "ability",
    "able",
    "about",
    "above",
    "absent",
    "absorb",
    "abstract",
    "absurd",
    "abuse",
    "access",
    "accident",
    "zebra",
    "zero",
    "zone",
    "zoo",
    "legal",
    "winner",
    "thank",
    "year",
    "wave",
    "sausage",
    "worth",
    "useful",
    "letter",
    "advice",
    "cage",
    "canal",
    "lunar",
    "orbit",
    "river",
    "stone",
    "tackle",
    "urban",
    "vivid",
    "wagon",
]


def wallet(chance: Random) -> Made:
    if chance.random() < 0.06:
        return solana(chance), chance.choice(_SOLANA_TEXTS)
    if chance.random() < 0.06:
        return " ".join(chance.choices(_WORDS, k=chance.choice([12, 24]))), chance.choice(_SEED_TEXTS)
    makers = [
        base58,
        base58,
        base58,
        segwit,
        segwit,
        ethereum,
        ethereum,
        ripple,
        monero,
        cardano,
        cash,
        private_key,
        extended_key,
        stellar,
        cosmos,
    ]
    return chance.choice(makers)(chance), chance.choice(_TEXTS)


def checked(payload: bytes, alphabet: str = _BASE58) -> str:
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, made = int.from_bytes(payload, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        made = alphabet[rest] + made
    return alphabet[0] * (len(payload) - len(payload.lstrip(b"\0"))) + made


def base58(chance: Random) -> str:
    return checked(chance.choice(_VERSIONS) + chance.randbytes(20))


def ripple(chance: Random) -> str:
    return checked(b"\0" + chance.randbytes(20), _RIPPLE)


def private_key(chance: Random) -> str:
    """Wallet import format, for compressed and uncompressed keys."""
    return checked(b"\x80" + chance.randbytes(32) + chance.choice([b"", b"\1"]))


def extended_key(chance: Random) -> str:
    version = chance.choice(["0488b21e", "0488ade4", "049d7cb2", "04b24746"])
    return checked(bytes.fromhex(version) + chance.randbytes(74))


def segwit(chance: Random) -> str:
    """BIP 173 (version 0: a key or a script) and BIP 350 (version 1: taproot)."""
    version, size, constant = chance.choice([(0, 32, 1), (0, 52, 1), (1, 52, 0x2BC830A3)])
    made = bech32(
        chance.choice(["bc", "tb", "ltc"]), [version, *(chance.randrange(32) for _ in range(size))], constant
    )
    return chance.choice([made, made, made.upper()])


def cosmos(chance: Random) -> str:
    return bech32(chance.choice(["cosmos", "osmo"]), [chance.randrange(32) for _ in range(32)], 1)


def cardano(chance: Random) -> str:
    return bech32("addr", [chance.randrange(32) for _ in range(92)], 1)


def bech32(prefix: str, values: list[int], constant: int) -> str:
    spread = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    checksum = polymod([*spread, *values, 0, 0, 0, 0, 0, 0]) ^ constant
    values = values + [checksum >> 5 * (5 - place) & 31 for place in range(6)]
    return prefix + "1" + "".join(_BECH32[value] for value in values)


def cash(chance: Random) -> str:
    """Version byte and twenty bytes in groups of five bits, then forty bits of checksum."""
    kind = chance.choice([0, 8])
    number = int.from_bytes(bytes([kind]) + chance.randbytes(20), "big") << 2
    values = [number >> 5 * place & 31 for place in range(33, -1, -1)]
    checksum = _cash_sum([*(ord(char) & 31 for char in "bitcoincash"), 0, *values, *[0] * 8]) ^ 1
    values += [checksum >> 5 * place & 31 for place in range(7, -1, -1)]
    return chance.choice(["bitcoincash:", "bitcoincash:", ""]) + "".join(_BECH32[value] for value in values)


def _cash_sum(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top, checksum = checksum >> 35, (checksum & 0x07FFFFFFFF) << 5 ^ value
        for place, generator in enumerate(
            (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
        ):
            checksum ^= generator * (top >> place & 1)
    return checksum


def ethereum(chance: Random) -> str:
    return "0x" + some(chance, chance.choice([_HEX, _HEX + "ABCDEF", _HEX.upper()]), 40)


def monero(chance: Random) -> str:
    return chance.choice(["4", "8"]) + chance.choice("0123456789AB") + some(chance, _BASE58, 93)


def stellar(chance: Random) -> str:
    return "G" + some(chance, _BASE32, 55)


def solana(chance: Random) -> str:
    return some(chance, _BASE58, 44)

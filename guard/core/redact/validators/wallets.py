"""Addresses of crypto currencies, by their checksums."""

from __future__ import annotations

import hashlib

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_SUM, _BECH32M_SUM = 1, 0x2BC830A3
_SHORTEST_BASE58 = 25
_CASH_GENERATORS = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)


def base58check(text: str) -> bool:
    """Addresses and keys of Bitcoin and its relatives: version, content, checksum of 4 bytes."""
    return _base58check(text.removeprefix("bitcoincash:"), _BASE58)


def ripple(text: str) -> bool:
    return _base58check(text, _RIPPLE)


def bech32(text: str) -> bool:
    """Bitcoin's newer addresses (BIP 173 and 350); either all small or all capital letters."""
    if text not in (text.lower(), text.upper()):
        return False
    prefix, _, body = text.lower().rpartition("1")
    values = [_BECH32.find(char) for char in body]
    if not prefix or len(values) < 6 or -1 in values:
        return False
    spread = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    return _polymod(spread + values) in (_BECH32_SUM, _BECH32M_SUM)


def cash(text: str) -> bool:
    """Bitcoin Cash: a checksum of 40 bits over prefix and content."""
    prefix, _, body = text.lower().rpartition(":")
    values = [ord(char) & 31 for char in prefix or "bitcoincash"] + [0]
    checksum = 1
    for value in values + [_BECH32.find(char) for char in body]:
        top = checksum >> 35
        checksum = (checksum & 0x07FFFFFFFF) << 5 ^ value
        for place, generator in enumerate(_CASH_GENERATORS):
            checksum ^= generator * (top >> place & 1)
    return checksum == 1


def _base58check(text: str, alphabet: str) -> bool:
    number = 0
    for char in text:
        place = alphabet.find(char)
        if place < 0:
            return False
        number = number * 58 + place
    decoded = number.to_bytes((number.bit_length() + 7) // 8, "big")
    decoded = bytes(len(text) - len(text.lstrip(alphabet[0]))) + decoded
    return (
        len(decoded) >= _SHORTEST_BASE58
        and hashlib.sha256(hashlib.sha256(decoded[:-4]).digest()).digest()[:4] == decoded[-4:]
    )


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            if top >> place & 1:
                checksum ^= generator
    return checksum

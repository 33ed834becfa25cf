"""Addresses of crypto currencies."""

from __future__ import annotations

from guard.core.redact.catalogue.words import after_words
from guard.core.redact.rule import Rule

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_BECH32 = "[02-9ac-hj-np-z]"
_ALONE = "(?![A-Za-z0-9])"
_FREE = "(?<![A-Za-z0-9])"

WALLETS = (
    # 1 and 3 are Bitcoin's, m, n, 2 its test network's, L, M Litecoin's, D and A Dogecoin's, X Dash's, t Zcash's, T
    # Tron's.
    Rule(
        "crypto_wallet",
        rf"{_FREE}(?:bitcoincash:)?[123mnLMDAXtT]{_BASE58}{{25,34}}{_ALONE}",
        validator="base58check",
        priority=46,
    ),
    Rule(
        "crypto_wallet_bech32",
        rf"{_FREE}(?i:(?:bc|tb|ltc|bcrt|vtc|dgb|cosmos|osmo)1{_BECH32}{{11,90}}){_ALONE}",
        validator="bech32",
        priority=46,
    ),
    Rule("crypto_wallet_cash", rf"{_FREE}(?i:bitcoincash:[qp]{_BECH32}{{41}}){_ALONE}", priority=46),
    Rule("crypto_wallet_ethereum", rf"{_FREE}0x[0-9a-fA-F]{{40}}{_ALONE}", priority=46),
    Rule(
        "crypto_wallet_ripple",
        rf"{_FREE}r[1-9A-HJ-NP-Za-km-z]{{24,34}}{_ALONE}",
        validator="ripple",
        priority=46,
    ),
    Rule(
        "crypto_wallet_monero", rf"{_FREE}[48][0-9AB]{_BASE58}{{93}}(?:{_BASE58}{{11}})?{_ALONE}", priority=46
    ),
    Rule("crypto_wallet_cardano", rf"{_FREE}(?:addr|stake)1{_BECH32}{{50,110}}{_ALONE}", priority=46),
    Rule("crypto_wallet_stellar", rf"{_FREE}G[A-Z2-7]{{55}}{_ALONE}", validator="token", priority=46),
    Rule(
        "crypto_wallet_solana",
        rf"{_FREE}{_BASE58}{{32,44}}{_ALONE}",
        before=after_words("sol|solana|phantom|wallet|polkadot|dot|address"),
        validator="token",
        priority=44,
    ),
)

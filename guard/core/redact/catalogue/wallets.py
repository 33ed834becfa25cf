"""Addresses of crypto currencies."""

from __future__ import annotations

from guard.core.redact.catalogue.words import after_words
from guard.core.redact.rule import Rule

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_BECH32 = "[02-9ac-hj-np-z]"
_ALONE = "(?![A-Za-z0-9])"
_FREE = "(?<![A-Za-z0-9])"

WALLETS = (
    # Four bytes of checksum tell them from everything else: addresses of Bitcoin and its relatives, private keys in
    # wallet import format, extended keys.
    Rule(
        "crypto_wallet",
        rf"{_FREE}(?:bitcoincash:)?(?:{_BASE58}{{25,36}}|[5KLcQ69T]{_BASE58}{{50,51}}|[xyzYZtuvUV]p(?:ub|rv){_BASE58}{{107,108}}){_ALONE}",
        validator="base58check",
        priority=46,
    ),
    Rule(
        "crypto_wallet_bech32",
        rf"{_FREE}(?i:(?:bc|tb|bcrt|t?ltc|vtc|dgb|cosmos|osmo|juno|inj|kava|terra|addr|addr_test|stake|npub|nsec|erd)"
        rf"1{_BECH32}{{11,110}}){_ALONE}",
        validator="bech32",
        priority=46,
    ),
    Rule(
        "crypto_wallet_cash",
        rf"{_FREE}(?i:(?:bitcoincash:|bchtest:)?[qp]{_BECH32}{{41}}){_ALONE}",
        validator="cash",
        priority=46,
    ),
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
    Rule("crypto_wallet_stellar", rf"{_FREE}G[A-Z2-7]{{55}}{_ALONE}", validator="token", priority=46),
    Rule(
        "crypto_wallet_solana",
        rf"{_FREE}{_BASE58}{{32,44}}{_ALONE}",
        before=after_words("sol|solana|phantom|wallet|polkadot|dot|address"),
        validator="token",
        priority=44,
    ),
    Rule(
        "crypto_seed_phrase",
        r"[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23}(?![A-Za-z])",
        before=r"(?i:\b(?:seed|mnemonic|recovery|backup)(?:[ _-]?(?:phrase|words?|key))?s?)"
        r"(?i:is|are|was|my|wallet|[^\w.;]|_)*",
        priority=46,
    ),
)

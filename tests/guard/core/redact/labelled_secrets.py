"""Keys, tokens, passwords and wallets, in the code, configuration and talk they turn up in."""

from __future__ import annotations

import hashlib
import string
from random import Random

Made = tuple[str, str]

_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_URL = _LETTERS + "-_"


def some(chance: Random, alphabet: str, count: int) -> str:
    return "".join(chance.choices(alphabet, k=count))


def secret(chance: Random) -> Made:
    return chance.choice([prefixed, prefixed, assigned, in_header])(chance)


_SECRET_TEXTS = [
    *(
        "{}",
        "export API_KEY={}",
        'api_key = "{}"',
        "key: {}",
        "Authorization: Bearer {}",
        "it was {} I think",
        "config('{}')",
        "<key>{}</key>",
    ),
    *("curl -u {}: https://api.example.com", '{"token":"{}"}', "TOKEN='{}' # rotate", "Use this one: {}."),
]


def prefixed(chance: Random) -> Made:
    pick = lambda alphabet, count: some(chance, alphabet, count)  # noqa: E731  (a table of shapes reads best this way)
    made = chance.choice(
        [
            lambda: "AKIA" + pick(string.ascii_uppercase + "234567", 16),
            lambda: "AIza" + pick(_URL, 34) + pick(_LETTERS, 1),
            lambda: chance.choice(["ghp_", "gho_", "ghs_"]) + pick(_LETTERS, 36),
            lambda: "github_pat_" + pick(_LETTERS, 22) + "_" + pick(_LETTERS, 59),
            lambda: "glpat-" + pick(_LETTERS, 20),
            lambda: (
                "xoxb-" + pick(string.digits, 12) + "-" + pick(string.digits, 12) + "-" + pick(_LETTERS, 24)
            ),
            lambda: chance.choice(["sk_live_", "sk_test_", "rk_live_"]) + pick(_LETTERS, 24),
            lambda: "sk-" + pick(_LETTERS, 48),
            lambda: "sk-proj-" + pick(_URL, 60) + pick(_LETTERS, 2),
            lambda: "sk-ant-api03-" + pick(_URL, 92) + "AA",
            lambda: "hf_" + pick(string.ascii_letters, 34),
            lambda: "SG." + pick(_URL, 22) + "." + pick(_LETTERS, 43),
            lambda: "npm_" + pick(_LETTERS, 36),
            lambda: "pypi-AgEIcHlwaS5vcmc" + pick(_LETTERS, 70),
            lambda: "dop_v1_" + pick(_HEX, 64),
            lambda: "shpat_" + pick(_HEX, 32),
            lambda: pick(string.digits, 10) + ":AA" + pick(_LETTERS, 33),
            lambda: "SK" + pick(_HEX, 32),
            lambda: pick(_HEX, 32) + "-us12",
            lambda: "hvs." + pick(_LETTERS, 90),
            lambda: "eyJhbGciOiJIUzI1NiJ9.eyJ" + pick(_URL, 40) + "." + pick(_URL, 42) + pick(_LETTERS, 1),
            lambda: "ya29." + pick(_URL, 60) + pick(_LETTERS, 1),
            lambda: "AccountKey=" + pick(_LETTERS + "+/", 86) + "==",
        ]
    )()
    text = chance.choice(_SECRET_TEXTS)
    if made.startswith("AccountKey="):
        return made.removeprefix("AccountKey="), "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};"
    return made, text


_OWNERS = [
    "stripe",
    "twilio",
    "datadog",
    "heroku",
    "mailgun",
    "cloudflare",
    "algolia",
    "aws",
    "my_app",
    "service",
    "github",
    "okta",
    "discord",
]
_KINDS = [
    "api_key",
    "secret",
    "access_token",
    "auth_token",
    "client_secret",
    "apiKey",
    "SECRET_KEY",
    "token",
    "private-key",
]
_SHAPES = [
    (_HEX, 32),
    (_HEX, 40),
    (_HEX, 64),
    (_LETTERS, 24),
    (_LETTERS, 32),
    (_LETTERS + "+/", 40),
    (_URL, 43),
]
_ASSIGNMENTS = [
    '{name} = "{{}}"',
    "{name}={{}}",
    "{name}: {{}}",
    '"{name}": "{{}}",',
    "{name} := `{{}}`",
    "--{name}={{}}",
    "{name} => '{{}}'",
]


def assigned(chance: Random) -> Made:
    alphabet, length = chance.choice(_SHAPES)
    name = f"{chance.choice(_OWNERS)}_{chance.choice(_KINDS)}"
    name = chance.choice([name, name.upper(), name.replace("_", "-")])
    value = some(chance, _LETTERS, 1) + some(chance, alphabet, length - 2) + some(chance, string.digits, 1)
    return value, chance.choice(_ASSIGNMENTS).format(name=name)


def in_header(chance: Random) -> Made:
    value = some(chance, _LETTERS, chance.randint(24, 60))
    texts = [
        "Authorization: Bearer {}",
        "curl -H 'Authorization: Token {}'",
        "https://api.example.com/v1?access_token={}&page=2",
        "x-api-key: {}",
    ]
    return value, chance.choice(texts)


_PASSWORDS = [
    "hunter2!",
    "Tr0ub4dor&3",
    "correct-horse-7",
    "S3cr3t!2024",
    "qweRTY_99",
    "pa55w0rd!",
    "Winter2023$",
    "iloveyou99",
    "9f8e7d6c",
    "L3tM31n#now",
]
_PASSWORD_TEXTS = [
    *(
        "password: {}",
        "password={}",
        'DB_PASSWORD="{}"',
        "pwd = '{}'",
        '{"user": "bob", "password": "{}"}',
        "passwd: {}",
        "the password is {}",
    ),
    *(
        "postgres://app:{}@db.example.com/main",
        "login bob, password {{is}} {}".replace("{{is}}", "is"),
        "MYSQL_ROOT_PASSWORD={}",
        "my password was {} until May",
    ),
]


def password(chance: Random) -> Made:
    return chance.choice(_PASSWORDS), chance.choice(_PASSWORD_TEXTS)


def wallet(chance: Random) -> Made:
    made = chance.choice([base58_address, base58_address, bech32_address, ethereum_address])(chance)
    return made, chance.choice(["{}", "Send it to {}", "BTC: {}", "my wallet is {}, thanks", "donate={}&x=1"])


def base58_address(chance: Random) -> str:
    payload = bytes([chance.choice([0, 5, 48])]) + chance.randbytes(20)
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, made = int.from_bytes(payload, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        made = _BASE58[rest] + made
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + made


def ethereum_address(chance: Random) -> str:
    return "0x" + some(chance, _HEX + "ABCDEF", 40)


def bech32_address(chance: Random) -> str:
    """BIP 173: twenty bytes of witness program, version 0."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    values = [0, *(chance.randrange(32) for _ in range(32))]
    spread = [3, 3, 0, 2, 3]  # "bc" spread out
    checksum = polymod([*spread, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [checksum >> 5 * (5 - place) & 31 for place in range(6)]
    return "bc1" + "".join(alphabet[value] for value in values)


def polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top, checksum = checksum >> 25, (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= generator * (top >> place & 1)
    return checksum

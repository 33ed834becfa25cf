"""Texts in which nothing must be hidden, though something in them looks as if it should."""
# ruff: noqa: E501  (tables of templates: one entry, one line)

from __future__ import annotations

from random import Random

from labelled_numbers import card_number, digits, grouped, luhn_check
from labelled_secrets import some


def lookalike(chance: Random) -> tuple[str, str]:
    """(kind, text)."""
    maker = chance.choice([card, account, number, moment, version, digest, placeholder, talk, code, amount])
    return f"like {maker.__name__}", maker(chance)


def card(chance: Random) -> str:
    number = card_number(chance)
    wrong = number[:-1] + str((int(number[-1]) + chance.randint(1, 9)) % 10)
    groups = (4, 6) if len(wrong) == 15 else (4, 4, 4)
    written = chance.choice([wrong, grouped(wrong, groups, " "), grouped(wrong, groups, "-")])
    return chance.choice(
        ["{}", "Tracking number {} shipped", "invoice {} is due", "the code on the box: {}"]
    ).format(written)


def account(chance: Random) -> str:
    wrong = "DE" + "00" + digits(chance, 18)
    return chance.choice(["reference {}", "{}", "part no. {}"]).format(
        chance.choice([wrong, grouped(wrong, (4,) * 5, " ")])
    )


def number(chance: Random) -> str:
    texts = [
        f"Order {chance.randint(10**5, 10**8 - 1)} left the warehouse",
        f"000-{digits(chance, 2)}-{digits(chance, 4)} is not a social security number",
        f"ISBN 978-3-16-14841{digits(chance, 1)}-{digits(chance, 1)}",
        f"SKU {some(chance, 'BDFG', 2)}-{digits(chance, 5)} and {some(chance, 'BDFG', 1)}{digits(chance, 4)}",
        f"Room {chance.randint(100, 999)}, floor {chance.randint(1, 40)}, seat {chance.randint(1, 60)}B",
        f"The serial is {digits(chance, 4)}-{digits(chance, 3)}-{digits(chance, 2)}",
        f"{digits(chance, 5)} people came, {digits(chance, 4)} more than last year",
        f"Flight BA{chance.randint(100, 999)} at gate {chance.randint(1, 60)}",
        f"zip {chance.randint(10000, 99999)}-{chance.randint(1000, 9999)}",
        f"case #{digits(chance, 7)} is closed",
        f"coordinates {chance.uniform(-90, 90):.6f}, {chance.uniform(-180, 180):.6f}",
    ]
    return chance.choice(texts)


def moment(chance: Random) -> str:
    year, month, day = chance.randint(1990, 2030), chance.randint(1, 12), chance.randint(1, 28)
    hour, minute = chance.randint(0, 23), chance.randint(0, 59)
    texts = [
        f"{year}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{minute:02d}.123Z",
        f"We meet on {day:02d}.{month:02d}.{year} at {hour}:{minute:02d}.",
        f"{month}/{day}/{year} {hour}:{minute:02d}",
        f"unix time {chance.randint(10**9, 2 * 10**9)}",
        f"from {year}-{month:02d}-{day:02d} to {year + 1}-{month:02d}-{day:02d}",
        f"log_{year}{month:02d}{day:02d}_{hour:02d}{minute:02d}{minute:02d}.txt",
    ]
    return chance.choice(texts)


def version(chance: Random) -> str:
    a, b, c, d = (chance.randint(0, 40) for _ in range(4))
    texts = [
        f"Version {a}.{b}.{c} is out", f"python{a}.{b}", f"v{a}.{b}.{c}-beta.{d}", f"{a}.{b}.{c}.{d}.{a} is too long for an address",
        f"section {a}.{b}.{c} of the manual", f"{300 + a}.{b}.{c}.{d} cannot be a host", "std::vector<int> a::b::c", f"ratio {a}:{b}:{c}",
    ]  # fmt: skip
    return chance.choice(texts)


def digest(chance: Random) -> str:
    uuid = "-".join(some(chance, "0123456789abcdef", size) for size in (8, 4, 4, 4, 12))
    sha = some(chance, "0123456789abcdef", 40)
    texts = [
        f"commit {sha}",
        f"event {uuid} was handled",
        f"see /items/{uuid}",
        f"sha256:{some(chance, '0123456789abcdef', 64)}",
        f"#{sha[:6]} is a colour",
    ]
    return chance.choice(texts)


def placeholder(chance: Random) -> str:
    texts = [
        "AKIAIOSFODNN7EXAMPLE is the key in the documentation", "export OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxx", "api_key = os.environ['API_KEY']",
        "token: <your-token-here>", "password = getpass.getpass()", 'password: "${DB_PASSWORD}"', "secret_key = settings.SECRET_KEY", "ghp_" + "x" * 36,
        "api_key: YOUR_API_KEY", 'client_secret="changeme"', "Authorization: Bearer {token}", "password=None", "access_token: null", "key: value",
        "AccountKey=<key>;", "-----BEGIN PUBLIC KEY-----", "sk-your-key-goes-here", "token_type: bearer", "api_key=123456789012345678901234",
    ]  # fmt: skip
    return chance.choice(texts)


def talk(chance: Random) -> str:
    texts = [
        "Your password is required to continue.", "The password must contain at least 8 characters.", "Never tell anybody your PIN.",
        "one two three, testing the microphone", "I have two or three questions about four of them", "My phone is broken since 2022",
        "Look at the dot in the middle", "Meet me at noon, at the station", "The secret of good soup is time.", "at example dot something",
        "Please call our office between 9 and 17.", "We ship to 45 countries and 120 cities.", "The key to success is 1 % inspiration.",
        "Your token will expire in 30 minutes.", "Passport control is at gate 12.", "She scored 12, 15, 18, 20 and 22 points.",
        "My driver licence expires next year", "The account was opened in 2019", "@anna and @bob joined", "Twitter: @example_com",
        "Dial 0 for the operator or 911 in an emergency.", "Press 1 for English, 2 for Spanish, 3 for French.", "Agent 007, licence to kill",
    ]  # fmt: skip
    return chance.choice(texts)


def code(chance: Random) -> str:
    texts = [
        "for (int i = 0; i < 1000000; i++) { total += values[i]; }", "def token(self, key: str) -> str:", "user@host:~$ ls -la",
        "git@github.com:example/repo.git"[:3] + " status", "@decorator", "SELECT password FROM users WHERE id = 5", "if password == other:",
        "color: #ff00ff; margin: 10px 20px 30px 40px", "a@b", "key=lambda x: x.id", "token = lexer.next_token()", "0xDEADBEEF and 0x1234",
        "const apiKey = process.env.API_KEY;", "https://example.com/a/b?page=2&sort=asc#top", "import secrets, tokenize", "x = 3.14159265358979",
        "data:image/png;base64,iVBORw0KGgo=", "private_key_path = '/etc/ssl/private/server.key'", "--password-file=/run/secrets/db", "auth: true",
    ]  # fmt: skip
    return chance.choice(texts)


def amount(chance: Random) -> str:
    wrong = digits(chance, 11)
    texts = [
        f"{chance.randint(1, 999)},{digits(chance, 3)},{digits(chance, 3)}.{digits(chance, 2)} dollars", f"EUR {digits(chance, 3)}.{digits(chance, 3)},{digits(chance, 2)}",
        f"10 20 30 40 50 {chance.randint(10, 99)}", f"{chance.randint(1, 99)} % of {digits(chance, 6)}", f"12 x {chance.randint(2, 9)} = {12 * chance.randint(2, 9)}",
        f"{chance.randint(10, 20)}-{chance.randint(21, 30)} units, {chance.randint(100, 200)} mm", f"lot {wrong[:4]}/{wrong[4:8]}",
        f"population {chance.randint(1, 9)} {digits(chance, 3)} {digits(chance, 3)}", f"luhn says {luhn_check(digits(chance, 8))}",
    ]  # fmt: skip
    return chance.choice(texts)

"""Passwords and tokens known by the name that they are given to, in code, configuration and conversation."""

from __future__ import annotations

from guard.core.redact.rule import Rule

# No counted repeats in what comes before a value: see ``words``.
_ENTRY_WORDS = (
    r"(?:pass(?:word|wd|phrase|code|wort)?|pwd|passwort|kennwort|"
    r"contrase[nñ]a|mot ?de ?passe|senha|has[lł]o|wachtwoord)"
)
_KEY_WORDS = (
    r"(?:key|token|secret|credential|cred|auth|authorization|hash|salt|"
    r"signature|pat|uuid|guid|_id|-id| id|clientid)s?"
)
_NAME_ENDS = r"""\w*["'`\])]*"""
_ASSIGNED = rf"""{_NAME_ENDS}[ \t]*(?::=|=>|={{1,3}}|:|\|\|?|<-|,)\s*@?["'`]*"""
_VALUE = r"[A-Za-z0-9_\-+/=.~!@#$%^&*]"

PASSWORDS = (
    Rule(
        "password_assigned",
        r"""[^\s"'`,;]{4,120}""",
        before=rf"(?<![a-z])(?i:{_ENTRY_WORDS}{_ASSIGNED})",
        after=r"""["'`,;\s]|\Z""",
        validator="bare_password",
        priority=12,
    ),
    Rule(
        "password_quoted",
        r"""[^\n"'`]{4,120}""",
        before=rf"""(?<![a-z])(?i:{_ENTRY_WORDS}{_NAME_ENDS}[ \t]*(?::=|=>|={{1,3}}|:)\s*)["'`]+""",
        after=r"""["'`]""",
        validator="password",
        priority=12,
    ),
    Rule(
        "secret_quoted",
        r"""[^\s"'`]{8,120}""",
        before=r"""(?i:(?:api|auth|account|access|service|secret|private|client|db|database|encryption|signing|master)"""
        r"""[ _-]?(?:key|secret|pass|token)|secret)\w*["'`\])]*[ \t]*(?::=|=>|={1,3}|:|,)\s*@?["'`]+""",
        after=r"""["'`]""",
        validator="bare_password",
        priority=10,
    ),
    Rule(
        "password_said",
        r"""[^\s"'`,;]{5,64}""",
        before=r"(?i:\b(?:password|passcode|passphrase|pass phrase|pwd|pin|kennwort|passwort) ?"
        r"(?:is|was|will be|to|as|ist|es)(?: now| still| currently)?[: ]+)[\"'`]?",
        after=r"""[\s"'`,;]|\Z""",
        validator="said_password",
        priority=12,
    ),
    Rule(
        "pin_said",
        r"\d{4,8}(?!\d)",
        before=r"(?i:\b(?:pin|passcode|access code|security code|one[- ]time (?:code|password)|otp|verification code)"
        r"(?: (?:number|code))?(?: is|:| was)?)[ :=#]+",
        priority=11,
    ),
    Rule(
        "token_assigned",
        rf"{_VALUE}{{16,200}}",
        before=rf"(?i:{_KEY_WORDS}{_ASSIGNED}(?:(?:bearer|basic|token)\s)?)",
        after=r"""["'`,;)}\]<>\\\s&|]|\Z""",
        validator="token",
        priority=10,
    ),
    Rule(
        "authorization_header",
        r"[A-Za-z0-9_\-+/=.~]{12,240}",
        before=r"(?i:\b(?:bearer|basic|token|apikey)[ \t]+)",
        after=r"""["'`,;)}\]<>\\\s&|]|\Z""",
        validator="token",
        priority=10,
    ),
    Rule(
        "private_key",
        r"-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:\s|\\[nr]){1,6}[A-Za-z][A-Za-z-]{2,20}: [^\n\\]{1,80}){0,4}"
        r"(?:(?:\s|\\[nr]|[\"'+]){0,12}[A-Za-z0-9+/=]{16,})*"
        r"(?:(?:\s|\\[nr]|[\"'+]){0,12}[A-Za-z0-9+/=]{1,15})?"
        r"(?:(?:\s|\\[nr]|[\"'+]){0,12}-----END[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----)?",
        priority=70,
    ),
    Rule(
        "putty_private_key",
        r"PuTTY-User-Key-File-\d(?s:.){1,400}Private-Lines: \d{1,3}(?:\s{1,3}[A-Za-z0-9+/=]{1,70})*",
        priority=70,
    ),
)

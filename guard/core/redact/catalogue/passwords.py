"""Passwords known by the name that they are assigned to, in code and configuration."""

from __future__ import annotations

from guard.core.redact.catalogue.notation import ASSIGNS, NEXT_LINE
from guard.core.redact.rule import Rule

_LONG_NAMES = (
    r"password|passwd|passphrase|passcode|pass_phrase|pass_word|passwort|kennwort|contrase[nñ]a|mot[ _-]?de[ _-]?passe|"
    r"senha|wachtwoord|has[lł]o|parola|l[oö]senord|salasana|adgangskode|jelsz[oó]|heslo|[sş]ifre|пароль|密码|密碼|"
    r"パスワード|비밀번호|requirepass|userpass|dbpass|ssh_pass|psk"
)
_SHORT_NAMES = r"pass|pw|pwd|passw|psw|pswd|mdp"
_ENDS = r"(?:[ _-]?(?:hash|value|text|prod|dev|staging|string|base64|b64|new|old|db|[0-9])|s)*"
# Short names are also parts of other words: compass, bypass, passing.
_LONG_NAME = rf"(?i:(?:{_LONG_NAMES}){_ENDS})(?![A-Za-z])"
_SHORT_NAME = rf"(?:(?<![A-Za-z])(?i:{_SHORT_NAMES})|(?<=[a-z])(?:Pass|Pwd|PASS|PWD))(?i:{_ENDS})(?![A-Za-z])"
_NAME = f"(?:{_LONG_NAME}|{_SHORT_NAME})"
_NOT_ENDING = r"""[^\s"'`,;<>&|]"""
# Inside a value , ; & and | are its own unless another name and value begin behind them.
_VALUE = rf"""{_NOT_ENDING}{{3,100}}(?:[&,;|]{{1,3}}[^\s"'`,;<>&|=:]{{1,20}}){{0,2}}"""
_END = r"""["'`,;<>&|\s)}\]\\]|\Z"""
_SIGN = rf"""["'`\])\\]*[ \t]*(?:[:=>|?!&]|<-|->|(?i:{NEXT_LINE}))"""
_SETTER = (
    r"(?i:(?:set|with|use|change)_?password\(|\bidentified by[ \t]+|\bpassword for [^\s=]*[ \t]*=[ \t]*)"
)
_FIELD = r"""(?i:type=["']?password\b[^<>\n]*\bvalue=)"""
_LINE = r"(?:\A|[\r\n])[ \t]*(?:export |set |ENV |ARG |- |[;#/]+[ \t]?)?"
_BLOCK = r"[ \t]*[:=][ \t]*(?:[|>][+-]?\r?\n[ \t]*)?"
_WORD_BY_WORD = rf"\b(?:ENV|ARG|set|setx|#define)[ \t]+[\w.-]*{_NAME}[ \t]+"

PASSWORDS = (
    Rule(
        "password_assigned",
        _VALUE,
        before=rf"{_NAME}{_SIGN}(?:{ASSIGNS})?",
        after=_END,
        validator="bare_password",
        priority=12,
    ),
    Rule(
        "password_quoted",
        r"""[^\s"'`:=,;)\]>}][^\n"'`]{2,119}""",
        before=rf"""(?:{_LONG_NAME}{ASSIGNS}|{_SHORT_NAME}{_SIGN}(?:{ASSIGNS})?|{_SETTER}|{_FIELD})["'`]""",
        after=r"""\\?["'`]""",
        validator="password",
        priority=12,
    ),
    Rule(
        "password_argument",
        r"""[^\n"'`]{4,120}""",
        before=rf"""{_NAME}["'`\])]*[ \t]*[,(][ \t]*["'`]""",
        after=r"""["'`]""",
        validator="bare_password",
        priority=12,
    ),
    # Where nothing but a value can stand, a plain word is one: a line or an element of its own.
    Rule(
        "password_in_configuration",
        r"""[^\s"'`,;<>&|()]{3,64}""",
        before=rf"(?:{_LINE}[\w.-]*{_NAME}{_BLOCK}|{_WORD_BY_WORD}|<[\w.-]*{_NAME}>\s*)",
        after=r"[ \t]*(?:[\r\n<]|\Z)",
        validator="password",
        priority=12,
    ),
)

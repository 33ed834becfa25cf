"""Passwords in commands, connection strings and sentences, where words other than ``=`` announce them."""

from __future__ import annotations

from guard.core.redact.rule import Rule

_SPOKEN = (
    r"(?:password|passwd|pass|passcode|passphrase|pass phrase|pwd|pw|pin|login|kennwort|passwort|contrase[nñ]a|"
    r"mot de passe|senha)"
)
_VERBS = r"(?:is|was|will be|to|as|be|es|ist|lautet|war|est|é|era|:|=)"
# In a chat a name and a value stand side by side; "pass" is also a verb, which stands between words.
_CHAT = r"(?<![A-Za-z])(?:pw|pwd)[ \t]+|(?:\A|[\n,;/|][ \t]?|\b(?:my|the|new) )pass[ \t]+"
_VARIABLES = r"PGPASSWORD|MYSQL_PWD|SSHPASS|REDISCLI_AUTH"
_OPTIONS = (
    r"--[\w-]*(?:password|passwd|pass|pwd)(?:[ \t]+|=)",
    rf"\b(?:{_VARIABLES})=",
    r"\b(?:requirepass|masterauth)[ \t]+|-passin pass:",
    r"(?<!\.)(?:password|passwd|pwd)=|(?<![A-Za-z.])pass=",
)
_COMMANDS = (
    r"\b(?:(?:login|user|username)[ \t]+[^\s=:]+|enable)[ \t]+(?:password|secret|passwd)[ \t]+(?:[057][ \t])?",
    r"\b(?:mysql\w*|mariadb|sshpass|docker login|mongo\w*|ldap\w+|redis-cli)\b[^\n|;]*[ \t](?:-p|-w|-a)[ \t]?",
    r"\bopenssl\b[^\n|;]*[ \t]-k[ \t]|\bnet user [\w.-]+[ \t]",
    # .pgpass: host:port:database:user:password
    r"(?:\A|\n)[\w.*-]+:[0-9*]{1,5}:[\w*-]*[A-Za-z*][\w*-]*:[\w*-]+:",
)

LOGINS = (
    Rule(
        "password_option",
        r"""[^\s"'`;<>&|]{3,64}""",
        before=rf"""(?i:{"|".join(_OPTIONS)})["'`]?""",
        after=r"""["'`;&\s]|\Z""",
        validator="password",
        priority=12,
    ),
    Rule(
        "password_of_login",
        r"""[^\s"'`;<>|]{3,64}""",
        before=rf"""(?i:{"|".join(_COMMANDS)})["']?""",
        after=r"""["'`;&|\s]|\Z""",
        validator="password",
        priority=12,
    ),
    Rule(
        "login_pair",
        r"""[^\s"'`:/]{1,40}:[^\s"'`]{3,100}""",
        before=r"""(?i:\bcurl\b[^\n|;]*[ \t](?:-u|--user|--proxy-user)[ \t=]?["']?)""",
        after=r"""["'`\s]|\Z""",
        validator="login_pair",
        priority=12,
    ),
    Rule(
        "login_pair_piped",
        r"""\w{1,32}:[^\s"'`]{3,100}""",
        before=r"""\becho[ \t]+(?:-n[ \t]+)?["']?""",
        after=r"""["']?[ \t]*\|[ \t]*(?:sudo )?chpasswd""",
        priority=12,
    ),
    Rule(
        "login_arguments",
        r"""[^\n"'`]{3,100}""",
        before=r"""(?i:auth\w*|login|credentials?|signin)[ \t]*=?[ \t]*\([ \t]*["'][^"'\n]*["'],[ \t]*["']""",
        after=r"""["']""",
        validator="password",
        priority=12,
    ),
    Rule(
        "login_of_database",
        r"""[^\n"'`]{3,100}""",
        before=r"""(?i:mysqli?|pdo|connect\w*)[ \t]*\([ \t]*(?:["'][^"'\n]*["'],[ \t]*){2}["']""",
        after=r"""["']""",
        validator="password",
        priority=12,
    ),
    Rule(
        "password_said",
        r"""[^\s"'`,;]{4,64}""",
        before=rf"(?i:(?<![A-Za-z]){_SPOKEN} ?{_VERBS}(?: now| still| currently| to)?[: ]+|\bpassword\b[^.!?;,\n]* to |"
        rf"\b(?:with|new|temporary|old) password[: ]+|{_CHAT})[\"'`]?",
        after=r"""[\s"'`,;]|\Z""",
        validator="said_password",
        priority=12,
    ),
    Rule(
        "password_named_behind",
        r"""[^\s"'`,;]{4,64}""",
        before=r"""(?i:\b(?:try|use|type|enter|put)[ \t]+["'`]?)""",
        after=r"""["'`]? (?:as|for) (?:the|my|your|a) (?:password|passcode|passphrase)""",
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
)

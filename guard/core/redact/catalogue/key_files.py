"""What key files and password files hold: private keys, hashes of passwords."""

from __future__ import annotations

from guard.core.redact.rule import Rule

KEY_FILES = (
    Rule(
        "private_key",
        r"-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:\s|\\[nr]){1,6}[A-Za-z][A-Za-z-]{2,20}: [^\n\\]{1,80}){0,4}"
        r"(?:(?:\s|\\[nr]|[\"'+]){0,12}[A-Za-z0-9+/=]{16,})*"
        r"(?:(?:\s|\\[nr]|[\"'+]){0,12}[A-Za-z0-9+/=]{1,15})?"
        r"(?:(?:\s|\\[nr]|[\"'+]){0,12}-----END[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----)?",
        priority=70,
    ),
    # The same in base64: RSA, EC, OPENSSH, PRIVATE, DSA, ENCRYPTED.
    Rule(
        "private_key_in_base64",
        r"(?<![A-Za-z0-9])LS0tLS1CRUdJTiB(?:SU0|FQy|PUEVO|QUkl|EU0|FTkN)[A-Za-z0-9+/=]{30,}",
        priority=70,
    ),
    Rule(
        "putty_private_key",
        r"PuTTY-User-Key-File-\d(?s:.){1,400}Private-Lines: \d{1,3}(?:\s{1,3}[A-Za-z0-9+/=]{1,70})*",
        priority=70,
    ),
    Rule(
        "password_hash",
        r"\$(?:2[abxy]\$\d\d\$[A-Za-z0-9./]{53}|[156]\$(?:rounds=\d{1,9}\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{22,86}|"
        r"(?:apr1|y)\$[A-Za-z0-9./$]{8,40}\$[A-Za-z0-9./]{22,86}|"
        r"argon2(?:id|i|d)\$v=\d{1,3}\$m=\d{1,9},t=\d{1,4},p=\d{1,4}\$[A-Za-z0-9+/]{8,64}\$[A-Za-z0-9+/]{16,100})",
        priority=56,
    ),
)

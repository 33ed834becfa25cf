"""Reads settings from the environment and collects what is wrong, so that a start fails once, with every
reason.

``read`` returns a usable dummy after a problem: nothing runs with it, because ``stop_if_unusable`` ends the
process before Django sees the settings."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from controlplane import signing

T = TypeVar("T")
REQUIRED: Any = object()


class Malformed(ValueError):
    """The value of a setting is of no use; the text says what it should be and never repeats the value."""


class Environment:
    """One reader for all settings; ``problems`` holds one line for each that is missing or malformed."""

    def __init__(self, variables: dict[str, str] | None = None) -> None:
        # Not through environ.Env: it takes a value that begins with $ for the name of another variable.
        self._variables: Mapping[str, str] = os.environ if variables is None else variables
        self.problems: list[str] = []

    def read(self, name: str, parse: Callable[[str], T], default: T = REQUIRED, dummy: Any = None) -> T:
        """The parsed value of ``name``; an empty variable counts as missing."""
        raw = self._variables.get(name, "").strip()
        if not raw:
            if default is REQUIRED:
                self.problems.append(f"{name} is missing")
                return dummy
            return default
        try:
            return parse(raw)
        except Malformed as error:
            self.problems.append(f"{name} is malformed: {error}")
            return dummy if default is REQUIRED else default

    def require(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)

    def stop_if_unusable(self) -> None:
        """End the process with one line for each problem and no traceback."""
        if self.problems:
            raise SystemExit("\n".join(f"cannot start: {problem}" for problem in self.problems))


def text(raw: str) -> str:
    return raw


def secret(raw: str) -> str:
    if len(raw) < 32 or len(set(raw)) < 5:
        raise Malformed("needs at least 32 characters, 5 of them different")
    return raw


def boolean(raw: str) -> bool:
    if raw.lower() in ("1", "true", "yes", "on"):
        return True
    if raw.lower() in ("0", "false", "no", "off"):
        return False
    raise Malformed("needs true or false")


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not raw.isascii() or not raw.isdigit() or not lowest <= int(raw) <= highest:
            raise Malformed(f"needs a whole number from {lowest} to {highest}")
        return int(raw)

    return parse


def one_of(*known: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw.upper() not in known:
            raise Malformed(f"needs one of {', '.join(known)}")
        return raw.upper()

    return parse


def listing(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


def url(*schemes: str) -> Callable[[str], str]:
    """An absolute URL with a host; a trailing slash is dropped."""

    def parse(raw: str) -> str:
        _split(raw, schemes)
        return raw.rstrip("/")

    return parse


def _split(raw: str, schemes: tuple[str, ...]) -> None:
    wanted = " or ".join(f"{scheme}://host[:port]" for scheme in schemes)
    try:
        parts = urlsplit(raw)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise Malformed(f"needs a URL such as {wanted}")


def database(raw: str) -> dict[str, Any]:
    _split(raw, ("postgres", "postgresql"))
    if not urlsplit(raw).path.strip("/"):
        raise Malformed("needs a database name, as in postgres://user:password@host:5432/name")
    return dict(environ.Env.db_url_config(raw))


def addresses(raw: str) -> list[str]:
    """E-mail addresses."""
    found = listing(raw)
    try:
        for address in found:
            validate_email(address)
    except ValidationError:
        raise Malformed("needs e-mail addresses, separated by commas") from None
    return found


def networks(raw: str) -> list[str]:
    """Addresses and networks of proxies. Not everything: a header would then be believed of anybody."""
    found = listing(raw)
    try:
        parsed = [ipaddress.ip_network(each) for each in found]
    except ValueError:
        parsed = []
    if len(parsed) < len(found) or any(network.prefixlen == 0 for network in parsed):
        raise Malformed("needs addresses or networks such as 10.0.0.0/8, separated by commas")
    return found


def mail_server(raw: str) -> dict[str, Any]:
    """Django's settings for it."""
    _split(raw, ("smtp", "smtp+tls", "smtp+ssl"))
    return dict(environ.Env.email_url_config(raw))


def webhook_secret(raw: str) -> str:
    """As in Standard Webhooks (``signing``)."""
    if signing.fault_in(raw):
        raise Malformed("needs whsec_ and then 24 to 64 random bytes in base64")
    return raw


def origins(raw: str) -> list[str]:
    """Exact browser origins: scheme, host and port, no path, no wildcard."""
    found = listing(raw)
    for origin in found:
        _split(origin, ("http", "https"))
        if "*" in origin or urlsplit(origin).path or urlsplit(origin).query:
            raise Malformed(
                "needs origins such as https://app.example.com, separated by commas, without path or wildcard"
            )
    return found


def fernet_keys(raw: str) -> list[str]:
    """Keys of ``cryptography.fernet``: the first encrypts, all of them decrypt (rotation)."""
    found = listing(raw)
    for key in found:
        try:
            size = len(base64.urlsafe_b64decode(key.encode()))
        except (binascii.Error, ValueError):
            size = 0
        if size != 32:
            raise Malformed(
                "needs keys of 32 bytes in urlsafe base64, separated by commas; the first one encrypts"
            )
    return found

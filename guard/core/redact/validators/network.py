"""Addresses of machines and people."""

from __future__ import annotations

import ipaddress

_LEAST_DIGITS = 4
_LEAST_GROUPS = 3
# "logo@2x.png" is a picture, "git@github.com:owner/repository" says where code is.
_FILE_TYPES = "png jpg jpeg gif svg webp bmp ico css scss js mjs tsx jsx json html xml yaml yml txt pdf exe"
_FILES = frozenset(_FILE_TYPES.split())
_NOBODY = ("git@github.", "git@gitlab.", "git@bitbucket.", "git@ssh.")
_ARTICLES = "the a an this that my your our their its his her each every any one first last"
_NO_HOSTS = frozenset(_ARTICLES.split())


def ipv6(text: str) -> bool:
    address = text.split("%")[0].split("/")[0]
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    # "a::b" and "[1::2]" are names and slices in many languages before they are addresses.
    digits = [char for char in address if char.isalnum()]
    if address == "::1":
        return True
    groups = [group for group in address.split(":") if group]
    return len(digits) >= _LEAST_DIGITS and (
        len(groups) >= _LEAST_GROUPS or any(char.isdigit() for char in digits)
    )


def mac_dotted(text: str) -> bool:
    """``001b.4411.3ab7``; with decimal digits only it may number anything."""
    return any(map(str.isalpha, text))


def email(text: str) -> bool:
    folded = text.lower()
    return folded.rpartition(".")[2] not in _FILES and not folded.startswith(_NOBODY)


def spoken_email(text: str) -> bool:
    """``jane at example dot com``, not ``look at the dot com``."""
    words = text.lower().split()
    return words[words.index("at") + 1] not in _NO_HOSTS if "at" in words else True

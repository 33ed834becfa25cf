"""Text cut the way it arrives."""

from __future__ import annotations

import re

# The pieces that large vocabularies cut text into: a word with the space before it, three digits at most, a run of
# punctuation. Words beyond a dozen letters are seldom one token.
_TOKEN = re.compile(r" ?[^\W\d_]{1,12}|\d{1,3}| ?[^\s\w]{1,8}\n*|_|\s*\n+|\s+(?!\S)|\s")


def tokens(text: str) -> list[str]:
    """Pieces as long as one token of a model."""
    return _TOKEN.findall(text)


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def paragraphs(text: str) -> list[str]:
    """Each is one item of a conversation: a stream of its own."""
    return [part + "\n\n" for part in text.split("\n\n") if part]

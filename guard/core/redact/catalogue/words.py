"""Context: words that announce a value."""

from __future__ import annotations


def after_words(words: str, gap: int) -> str:
    """For a rule's ``before``: one of ``words`` (a pattern), in any case, then up to ``gap`` characters.

    The words stay visible. They cost nothing: a ``before`` is followed as text passes and holds nothing back.
    """
    return rf"(?<![A-Za-z])(?i:{words})s?[^A-Za-z0-9](?:(?s:.){{0,{gap}}}[^A-Za-z0-9])?"

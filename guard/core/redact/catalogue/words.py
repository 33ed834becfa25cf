"""Context: words that announce a value."""

from __future__ import annotations

_PLAIN = r"[^\d\n.!?;]*"


def after_words(words: str) -> str:
    """For a rule's ``before``: one of ``words`` (a pattern), in any case, then text without digits to the end of the
    sentence, or of the next one ("Passport No. A1", a title and its value on two lines).

    The words stay visible. They cost nothing: a ``before`` is followed as text passes and holds nothing back. It has no
    counted repeat on purpose: each count would be a state of its own beside those of all other rules.
    """
    return rf"(?<![A-Za-z])(?i:{words})s?(?![A-Za-z]){_PLAIN}(?:[.\n]{_PLAIN})?(?<![A-Za-z0-9])"

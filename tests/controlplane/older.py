"""Policy documents as earlier releases published them. Versions never change, so they are met for years."""

from __future__ import annotations

from typing import Any

NEW_IN_ROLES = ("speech_rate", "withheld_notice", "spread_values", "gated_turns")


def without_classifiers(document: dict[str, Any]) -> dict[str, Any]:
    """From before there were classifiers, bounded speech, gated turns and streamed arguments. Changes it in place."""
    document.pop("classifiers")
    for role in document["roles"].values():
        for field in NEW_IN_ROLES:
            role.pop(field)
        for grant in role["grants"].values():
            grant.pop("streams_arguments")
    return document

"""A policy that is in force nowhere: to ask what it would decide."""

from __future__ import annotations

from typing import Any

from controlplane import compile, document, draft

NUMBER = 0
"""No version has it: verdicts of a draft name no policy."""


class BadDraft(ValueError):
    """The text says why, with the path in the document."""


def from_content(content: Any) -> compile.Snapshot:
    """Raises ``BadDraft``."""
    try:
        checked = draft.checked(content)
    except draft.Malformed as error:
        raise BadDraft(str(error)) from error
    if fault := compile.fault_in(checked):
        raise BadDraft(f"the policy does not compile: {fault}")
    return compile.Snapshot(NUMBER, document.digest(checked), checked)

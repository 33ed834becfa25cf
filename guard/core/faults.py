"""What a client may read of the provider's faults: never the configuration or the call that they are about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from guard.core.refusal import Code
from guard.core.state import State

_WORD = re.compile(r"[a-z_]{1,40}")
_QUOTE = 24
"""Characters of the policy's instructions in a row that count as a quotation."""


class Faults:
    def __init__(self, state: State) -> None:
        self.state = state

    def view(self, error: Mapping[str, Any]) -> dict[str, Any]:
        """An ``error`` object of the provider, which may quote whatever it complains about."""
        view = {key: error[key] for key in ("type", "code", "message", "param") if key in error}
        said = " ".join(str(value) for value in view.values())
        if self._quotes_instructions(said) or self.state.calls.names_hidden(view):
            return {
                "type": "invalid_request_error",
                "code": Code.POLICY_DENIED,
                "message": "The request was refused.",
                "param": None,
            }
        return view

    def details(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """The ``status_details`` of a response."""
        view: dict[str, Any] = {
            key: details[key] for key in ("type", "reason") if _WORD.fullmatch(str(details.get(key, "")))
        }
        if isinstance(details.get("error"), dict):
            view["error"] = self.view(details["error"])
        return view

    def _quotes_instructions(self, text: str) -> bool:
        instructions, said = _bare(self.state.policy.instructions), _bare(text)
        size = min(_QUOTE, len(instructions))
        return size > 0 and any(said[at : at + size] in instructions for at in range(len(said) - size + 1))


def _bare(text: str) -> str:
    """Letters and digits only: quotation marks, escapes and line breaks must not break up a quotation."""
    return "".join(filter(str.isalnum, text.replace("\\n", "").replace("\\t", ""))).casefold()

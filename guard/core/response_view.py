"""What the client sees of a response beside what it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.core.faults import Faults

_KEYS = (
    "id",
    "object",
    "status",
    "status_details",
    "conversation_id",
    "output_modalities",
    "modalities",
    "max_output_tokens",
    "audio",
    "metadata",
    "usage",
)


def response_view(response: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """A response without its output, and without keys that may repeat the configuration it ran under."""
    view = {key: response[key] for key in _KEYS if key in response}
    details = view.get("status_details")
    if isinstance(details, dict):
        view["status_details"] = faults.details(details)
    return {**view, "output": []}

"""The demo's policy as a document, without a database."""

from __future__ import annotations

import copy

from controlplane.demo import GRANTS, PATTERNS, ROLES, TOOLS
from controlplane.draft import checked

ASK = {"name": "names", "url": "https://judge.example.com/", "labels": ["PERSON"], "threshold": 0.5}


def demo():
    """The demo's policy, without a database."""
    named = [
        {key: value for key, value in values.items() if key != "description"} for values in ROLES.values()
    ]
    roles = dict(zip(ROLES, named, strict=True))
    for role, tools in GRANTS.items():
        roles[role]["grants"] = {tool: {"hidden_fields": sorted(hidden)} for tool, hidden in tools.items()}
    return checked(
        {
            "roles": roles,
            "tools": copy.deepcopy(TOOLS),
            "patterns": [_pattern(name, **values) for name, values in PATTERNS.items()],
            "classifiers": [{"ask": dict(ASK), "direction": "to_client"}],
            "providers": {
                "main": {"url": "wss://api.example.com/v1", "model_names": ["m"], "is_default": True}
            },
        }
    )


def _pattern(name, direction, kind="", **rule):
    return {"rule": {"name": name, **rule}, "direction": direction}

"""Policy documents at random: every one of them can be in force."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEXTS = st.sampled_from(
    ["", "Be brief.", "two\nlines\n", "no", "ünï — 日本 🙂", " spaced ", "@x: {y}", "# not a comment"]
)
NUMBERS = st.sampled_from([0, 1, 50, 2.5, 1e22, -0.0, 1e-7, 10**18])
SCHEMA = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "order_id": {"type": "string"}, "tags": {"type": "array"}},
    "additionalProperties": False,
}
RULES = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.builds(lambda most: {"at_most": most}, NUMBERS),
        "order_id": st.sampled_from([{"owned": "account_id"}, {"fixed": "@order"}, {"one_of": ["a", "no"]}]),
        "tags": st.builds(lambda most: {"max_length": most}, st.integers(0, 9)),
    },
)
FIELDS = st.lists(st.sampled_from(["margin", "customer.card", "orders.*.cost", "$.total"]), unique=True).map(
    sorted
)
WAYS = st.sampled_from(["to_client", "to_model", "both"])


def _some(names: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), values)


GRANTS = st.fixed_dictionaries(
    {
        "rules": RULES,
        "approver": st.sampled_from(["none", "user", "supervisor"]),
        "per_day": st.none() | st.integers(1, 9),
        "hidden_fields": FIELDS,
        "visible_fields": FIELDS,
        "condition": st.sampled_from(["", "args.amount <= 100.0", "user.attributes.tier == 'gold'"]),
        "mode": st.sampled_from(["enforce", "shadow"]),
    }
)
ROLES = st.fixed_dictionaries(
    {
        "constraints": TEXTS,
        "instructions": TEXTS,
        "audio": st.sampled_from(["hold", "text_only", "deliver"]),
        "idle_seconds": st.integers(1, 3600),
        "max_output_tokens": st.none() | st.integers(1, 4096),
        "model_names": st.lists(st.sampled_from(["m1", "m2", "null"]), unique=True),
        "may_use_webrtc": st.booleans(),
    }
)
CLIENT: dict[str, Any] = {"runner": "client"}
HTTP = {"runner": "http", "url": "https://tools.example.com/a"}
MCP = {"runner": "mcp", "url": "https://mcp.example.com/", "mcp_label": "shop", "mcp_tool": "t"}
TOOLS = st.builds(
    lambda place, words, seconds: {
        **place,
        "description": words,
        "answer_seconds": seconds,
        "parameters": SCHEMA,
    },
    st.sampled_from([CLIENT, HTTP, {**HTTP, "url": "https://tools.example.com/b"}]),
    TEXTS,
    st.integers(1, 300),
)
PATTERNS = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(
            [
                {"pattern": r"\d{3}-\d{2}-\d{4}"},
                {"pattern": "sk-[a-z]{20}", "ignore_case": True, "operator": "mask", "keep_last": 4},
                {"keywords": ["internal_code", "null"], "replacement": "[gone]"},
            ]
        ),
        "direction": WAYS,
        "mode": st.sampled_from(["enforce", "shadow"]),
    }
)
ASKS = st.fixed_dictionaries(
    {
        "ask": st.fixed_dictionaries(
            {
                "url": st.sampled_from(["https://judge.example.com/", "https://b.example.com/"]),
                "labels": st.sampled_from([[], ["PERSON"], ["A", "B"]]),
                "threshold": st.sampled_from([None, 0.5, 1, 0.25]),
            }
        ),
        "direction": WAYS,
    }
)


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    tools = draw(_some(["t", "u", "v"], TOOLS))
    providers = {
        name: {
            "url": draw(st.sampled_from(["wss://a.example.com/v1", "wss://b.example.com/v1"])),
            "model_names": ["m"],
        }
        for name in draw(st.sets(st.sampled_from(["p", "q"])))
    }
    for name in draw(st.sets(st.sampled_from(sorted(providers)), max_size=1)) if providers else ():
        providers[name]["is_default"] = True
    roles = draw(_some(["a", "b", "c"], ROLES))
    for role in roles.values():
        role["provider"] = draw(st.sampled_from(["", *sorted(providers)]))
        role["grants"] = draw(_some(sorted(tools), GRANTS)) if tools else {}
    scopes = st.none()
    if roles:
        scopes |= st.lists(st.sampled_from(sorted(roles)), unique=True, min_size=1)
    return {
        "roles": roles,
        "tools": tools,
        "patterns": draw(_rows("rule", PATTERNS, scopes)),
        "classifiers": draw(_rows("ask", ASKS, scopes)),
        "providers": providers,
    }


@st.composite
def _rows(draw: Any, body: str, rows: Any, scopes: Any) -> list[dict[str, Any]]:
    found = draw(_some(["x", "y", "z"], rows))
    return [{**row, body: {**row[body], "name": name}, "roles": draw(scopes)} for name, row in found.items()]

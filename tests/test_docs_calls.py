"""The tables in docs/tool-calls.md are what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from guard.core.arguments import Refused, narrow, parse
from guard.core.condition import Broken, Condition

PAGE = (Path(__file__).resolve().parent.parent / "docs/tool-calls.md").read_text()
ATTRIBUTES = {"account_id": "acct_42", "tier": "gold"}


def rows(heading: str) -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines]
    return [[cell.strip().strip("`").replace("\\|", "|") for cell in row] for row in cells]


@pytest.mark.parametrize(("rules", "written", "left"), rows("Argument rules"))
def test_argument_rules_do_what_the_page_says(rules: str, written: str, left: str) -> None:
    parsed = [rule for name, given in json.loads(rules).items() for rule in parse(name, given)]
    if left == "denied":
        with pytest.raises(Refused):
            narrow(json.loads(written), tuple(parsed), ATTRIBUTES)
    else:
        assert narrow(json.loads(written), tuple(parsed), ATTRIBUTES).arguments == json.loads(left)


@pytest.mark.parametrize(("source", "arguments", "holds"), rows("Conditions"))
def test_conditions_hold_as_the_page_says(source: str, arguments: str, holds: str) -> None:
    facts = {"args": json.loads(arguments), "user": {"name": "alice", "attributes": ATTRIBUTES}}
    try:
        found = Condition(source).holds(facts)
    except Broken:
        found = False
    assert found is (holds == "yes")

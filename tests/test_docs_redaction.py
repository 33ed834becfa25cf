"""The examples of ``docs/redaction.md`` do what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from guard.core.redact import CATALOGUE, Operator, PatternError, Redactor, Rule, check

PAGE = Path(__file__).resolve().parent.parent / "docs/redaction.md"
_CELL = re.compile(r"(?<!\\)\|")


def table(heading: str) -> list[list[str]]:
    """The rows below the table's ``heading`` row, code marks taken off."""
    text = PAGE.read_text().split(f"\n| {heading} |\n", 1)[1]
    rows = text.split("\n\n")[0].splitlines()[1:]
    return [[_plain(cell) for cell in _CELL.split(row)[1:-1]] for row in rows]


def _plain(cell: str) -> str:
    return cell.strip().strip("`").replace(r"\|", "|")


def shown(text: str, **fields: object) -> str:
    fields["keywords"] = tuple(fields.get("keywords", ()))
    fields["operator"] = Operator(fields.get("operator", "replace"))
    rule = Rule(**{"name": "r", "replacement": "[X]", **fields})
    return Redactor([rule], hash_key=b"docs").whole(text).text


@pytest.mark.parametrize(("pattern", "text", "expected"), table("pattern | text | shown"))
def test_an_accepted_pattern_hides_what_the_page_says(pattern: str, text: str, expected: str) -> None:
    assert shown(text, pattern=pattern) == expected


@pytest.mark.parametrize(("pattern", "message"), table("refused | because"))
def test_a_refused_pattern_is_refused_in_the_words_of_the_page(pattern: str, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        check(Rule("r", pattern))
    assert str(caught.value) == message


def test_a_pattern_that_hangs_other_engines_is_accepted() -> None:
    assert "`(a+)+$`" in PAGE.read_text()
    check(Rule("r", "(a+)+$"))


@pytest.mark.parametrize(("rule", "text", "expected"), table("rule | text | shown"))
def test_context_keywords_and_validators_do_what_the_page_says(rule: str, text: str, expected: str) -> None:
    assert shown(text, **json.loads(rule)) == expected


@pytest.mark.parametrize(("_", "rule", "text", "expected"), table("operator | rule | text | shown"))
def test_an_operator_shows_what_the_page_says(_: str, rule: str, text: str, expected: str) -> None:
    assert shown(text, **json.loads(rule)) == expected


@pytest.mark.parametrize(("text",), table("hidden by the catalogue"))
def test_a_way_around_ends_where_the_page_says(text: str) -> None:
    assert not re.search(r"\d{2}|one|example", Redactor(CATALOGUE).whole(text).text.replace("****1111", ""))


@pytest.mark.parametrize(("text", "_"), table("not hidden | why"))
def test_a_limit_on_the_page_is_still_a_limit(text: str, _: str) -> None:
    assert Redactor(CATALOGUE).whole(text).text == text

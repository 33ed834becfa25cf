import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from script import CARD, CARD_RULE, HIDDEN_CARD, ORDERS

from guard.core.policy import Grant
from guard.core.redact import Operator, Redactor, Rule
from guard.core.results import RESULT_CHARS, Filtered, filter_result

HIDDEN = frozenset({"margin", "internal_cost"})
REDACTOR = Redactor([CARD_RULE])


def filtered(output: Any, hidden: frozenset[str] = HIDDEN, redactor: Redactor = REDACTOR) -> Filtered:
    text = output if isinstance(output, str) else json.dumps(output)
    return filter_result(text, Grant(ORDERS, hidden), redactor)


def value(output: Any, **rest: Any) -> Any:
    return json.loads(filtered(output, **rest).text)


def test_hidden_fields_go_at_any_depth_and_are_named() -> None:
    result = filtered({"orders": [{"id": "1", "margin": 2}, {"more": {"internal_cost": 3, "id": "2"}}]})
    assert json.loads(result.text) == {"orders": [{"id": "1"}, {"more": {"id": "2"}}]}
    assert result.removed == ("margin", "internal_cost")
    assert result.fault == ""


def test_names_are_compared_exactly() -> None:
    assert value({"Margin": 1, "margins": 2}) == {"Margin": 1, "margins": 2}


def test_an_escaped_spelling_is_the_same_name() -> None:
    assert filtered('{"m\\u0061rgin": 1, "id": 2}').text == '{"id":2}'


def test_a_document_inside_a_string_is_read_too() -> None:
    inner = json.dumps({"margin": 1, "id": json.dumps({"internal_cost": 2, "ok": True})})
    result = filtered({"payload": inner})
    assert "margin" not in result.text
    assert "internal_cost" not in result.text
    assert json.loads(json.loads(json.loads(result.text)["payload"])["id"]) == {"ok": True}


def test_a_document_used_as_a_key_is_read_too() -> None:
    assert "margin" not in filtered({json.dumps({"margin": 1}): 2}).text


def test_strings_in_strings_without_end_are_withheld() -> None:
    document = json.dumps({"margin": 1})
    for _ in range(8):
        document = json.dumps([document])
    assert "margin" not in filtered({"payload": document}).text


def test_every_string_is_redacted_keys_too() -> None:
    result = filtered({f"card {CARD}": [f"my card is {CARD}"]})
    assert json.loads(result.text) == {f"card {HIDDEN_CARD}": [f"my card is {HIDDEN_CARD}"]}
    assert [hit.rule for hit in result.hits] == ["card", "card"]


def test_an_escaped_secret_is_redacted() -> None:
    assert CARD not in value('{"note":"' + "".join(f"\\u{ord(char):04x}" for char in CARD) + '"}')["note"]


def test_a_number_that_is_a_card_becomes_the_token() -> None:
    assert value('{"card": 4111111111111111}') == {"card": HIDDEN_CARD}


def test_keys_that_look_alike_after_redaction_keep_both_values() -> None:
    assert value({CARD: 1, CARD.replace("1", "2"): 2}) == {HIDDEN_CARD: 1, f"{HIDDEN_CARD} (2)": 2}


def test_numbers_keep_their_digits() -> None:
    text = '{"price":12.50,"id":9223372036854775807,"tiny":1E-9,"none":null,"yes":true}'
    assert filtered(text).text == text


def test_plain_text_passes_redacted() -> None:
    result = filtered(f"It is foggy. Card {CARD}.")
    assert result.text == f"It is foggy. Card {HIDDEN_CARD}."
    assert len(result.hits) == 1


@pytest.mark.parametrize(
    "text", ["", "12", "4.50", "true", "[urgent] call back", "[2] margin notes", "<b>x</b>"]
)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert filtered(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        '{"margin":1,"margin":2}',
        '{"id":1,"id":2}',
        '[{"id":1}] trailing }',
        '{"id":NaN}',
        '{"s":"\\ud800"}',
        "{'margin': 1}",
        '{"m\\u0061rgin": 1',
        '[{"m\\u0061rgin": 1',
        "[" * 100 + "{" + "}" + "]" * 100,
        'Result: {"margin": 12}',
        '```json\n{"margin": 12}\n```',
        "margin: 12",
        "internal_cost=3",
        '"{\\"margin\\": 12"',
    ],
)
def test_what_cannot_be_read_and_may_hold_a_hidden_field_is_replaced(text: str) -> None:
    result = filtered(text)
    if result.fault:
        assert result.fault == "unreadable"
        assert json.loads(result.text) == {"error": {"message": "The result could not be read."}}
    else:
        assert result.text == '"[WITHHELD]"'
    assert "12" not in result.text


@pytest.mark.parametrize("text", ['{"id":1,"id":2}', '{"s":"\\ud800"}', "[1,2,]"])
def test_json_with_two_meanings_is_replaced_even_when_nothing_is_hidden(text: str) -> None:
    assert filtered(text, hidden=frozenset()).fault == "unreadable"


def test_a_text_inside_json_that_may_hold_a_hidden_field_is_withheld_alone() -> None:
    result = filtered({"id": 1, "log": "margin: 12", "raw": "{'margin': 12}"})
    assert json.loads(result.text) == {"id": 1, "log": "[WITHHELD]", "raw": "[WITHHELD]"}
    assert result.removed == ("margin",)


def test_nothing_is_withheld_where_nothing_is_hidden() -> None:
    output = {"log": "margin: 12", "raw": "{broken", "list": "[1] first"}
    assert value(output, hidden=frozenset()) == output


def test_a_result_has_a_cap() -> None:
    assert filtered("x" * RESULT_CHARS).fault == ""
    result = filtered("x" * (RESULT_CHARS + 1))
    assert result.fault == "too_large"
    assert json.loads(result.text)["error"]["message"] == "The result was too large."


def test_a_blocking_rule_withholds_the_whole_result() -> None:
    redactor = Redactor([Rule(name="internal", keywords=("production_database",), operator=Operator.BLOCK)])
    result = filtered({"a": "ok", "b": "the production_database is down", "c": "more"}, redactor=redactor)
    assert result.fault == "blocked"
    assert json.loads(result.text) == {"error": {"message": "The result is not available."}}
    assert [hit.rule for hit in result.hits] == ["internal"]


def test_filtering_twice_changes_nothing_more() -> None:
    once = filtered({"a": [CARD, {"margin": 1}], "log": "margin: 1"}).text
    assert filtered(once).text == once


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.sampled_from(["id", "margin", "internal_cost", "note"]) | texts
trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.just(CARD),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


def names_in(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        return set(tree).union(*(names_in(part) for part in tree.values()))
    if isinstance(tree, list):
        return set().union(*(names_in(part) for part in tree))
    if isinstance(tree, str):
        try:
            return names_in(json.loads(tree))
        except ValueError:
            return set()
    return set()


@given(trees, st.integers(0, 3))
def test_no_hidden_field_and_no_secret_is_ever_left(tree: Any, wrapped: int) -> None:
    for _ in range(wrapped):
        tree = {"payload": json.dumps(tree, ensure_ascii=wrapped % 2 == 0)}
    result = filtered(json.dumps(tree))
    assert not names_in(json.loads(result.text)) & HIDDEN
    assert CARD not in result.text
    if names_in(tree) & HIDDEN:
        assert result.removed


@given(trees)
def test_where_nothing_is_hidden_and_nothing_matches_the_value_stays(tree: Any) -> None:
    text = json.dumps(tree)
    if CARD in text:
        return
    shown = filtered(text, hidden=frozenset(), redactor=Redactor())
    if isinstance(tree, (dict, list, str)):
        assert json.loads(shown.text) == tree


@given(st.text(alphabet='{}[]":,margin01 \\u', max_size=40))
def test_arbitrary_text_never_raises(text: str) -> None:
    assert isinstance(filtered(text).text, str)


@pytest.mark.parametrize(
    "text",
    [
        'Result: {"m\\u0061rgin": 12}',
        '\ufeff{"m\\u0061rgin": 12}',
        'Result: "{\\"m\\\\u0061rgin\\": 12}"',
        "<code>{&quot;margin&quot;: 12}</code>",
        "<code>{&#34;margin&#x22;:12}</code>",
        "GET /?q=%7B%22margin%22%3A12%7D",
        "`margin`: 12",
        "id: 1\\nmargin: 12",
        "<order><margin>12</margin></order>",
        '<order><x:margin unit="%">12</x:margin></order>',
        "&lt;margin&gt;12&lt;/margin&gt;",
        "https%3A%2F%2Fx%2F%3Fmargin%3D12",
        "id,margin\n1,12\n",
        '"id"; "margin"\r\n1; 12\r\n',
        "| id | margin |\n|---|---|\n| 1 | 12 |",
        "margin\n12",
    ],
)
def test_a_name_that_is_escaped_in_a_text_that_is_no_json_is_found_too(text: str) -> None:
    assert "12" not in filtered(text).text
    assert "12" not in filtered({"log": text}).text


@pytest.mark.parametrize(
    "text",
    [
        "a margin of error",
        "the price, the margin, the rest",
        "<b>margins</b>",
        "one, two\nmargin, three",
        "margin,id\n",
    ],
)
def test_a_word_that_names_no_field_withholds_nothing(text: str) -> None:
    assert filtered(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "x\\u" + "\\" * 65_000,
        "margin" + "\\" * 65_000,
        "<" * 65_000,
        "<" + "a" * 65_000,
        "margin," * 9_000,
        "margin " + " " * 65_000,
    ],
)
def test_no_text_takes_long_to_search(text: str) -> None:
    began = time.perf_counter()
    filtered(text)
    assert time.perf_counter() - began < 5  # backslashes took a quarter of a minute


def test_a_name_that_encoders_escape_is_found_in_a_log() -> None:
    log = f"answer {json.dumps({'größe': 12})}"
    assert "12" not in filtered(log, frozenset({"größe"})).text

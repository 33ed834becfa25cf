from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

CARD = "4111 1111 1111 1111"
TEXT = f"pay {CARD} or mail bob@example.com"


@pytest.fixture
def redact(demo, capsys, monkeypatch):
    def run(*arguments, lines=({"id": 1, "text": TEXT},)):
        raw = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(raw) + "\n"))
        call_command("redact", *arguments)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.mark.parametrize("chunk", ["0", "1", "3", "7", "1000"])
def test_however_the_text_is_cut_the_same_comes_out(redact, chunk):
    (found,) = redact("--role", "customer_support", "--chunk", chunk)
    assert found["id"] == 1
    assert found["text"] == "pay [CREDIT_CARD_REDACTED] or mail [EMAIL_REDACTED]"
    assert found["hits"] == [
        {"pattern": "credit_card", "start": 4, "end": 23},
        {"pattern": "email", "start": 32, "end": 47},
    ]


def test_the_direction_chooses_the_patterns(redact):
    (found,) = redact("--role", "customer_support", "--direction", "to_model")
    assert found["text"] == "pay [CREDIT_CARD_REDACTED] or mail bob@example.com"


def test_lines_are_answered_in_order_and_blank_ones_skipped(redact):
    found = redact("--role", "analyst", lines=[{"id": "a", "text": ""}, "", {"id": "b", "text": "plain"}])
    assert [(row["id"], row["text"], row["hits"]) for row in found] == [("a", "", []), ("b", "plain", [])]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"id": 1}', '{"text": "x"}', '{"id": 1, "text": 5}'])
def test_a_wrong_line_is_an_error_that_names_it(redact, line):
    with pytest.raises(CommandError, match="line 2"):
        redact("--role", "analyst", lines=[{"id": 1, "text": "x"}, line])


def test_an_unknown_role_is_an_error(redact):
    with pytest.raises(CommandError, match="--role"):
        redact("--role", "nothing")


def test_the_catalogue_needs_no_policy(redact):
    (found,) = redact("--catalogue", "--chunk", "2", lines=[{"id": 1, "text": "nothing to hide"}])
    assert found["text"] == "nothing to hide"


@pytest.mark.parametrize(
    "arguments", [[], ["--role", "analyst", "--catalogue"], ["--role", "analyst", "--chunk", "-1"]]
)
def test_contradictory_options_are_errors(redact, arguments):
    with pytest.raises(CommandError):
        redact(*arguments)

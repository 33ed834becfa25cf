from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer, EngineQuestion
from guard.rulings import LONGEST_REASON, NoRuling, body_of, ruling_of


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ('{"result":true}', "allow"),
        ('{"result":false}', "deny"),
        ('{"result":{"allow":true}}', "allow"),
        ('{"result":{"allow":false}}', "deny"),
        ('{"result":{"decision":"allow"}}', "allow"),
        ('{"result":{"decision":"constrain"}}', "allow"),
        ('{"result":{"decision":"require_approval"}}', "require_approval"),
        ('{"result":{"decision":"deny"}}', "deny"),
        ('{"result":{"decision":"deny","allow":false}}', "deny"),
        ('{"result":{"decision":"constrain","allow":true}}', "allow"),
        ('{"decision_id":"1","metrics":{"timer":1},"warning":{"code":"x"},"result":true}', "allow"),
    ],
)
def test_an_answer_says_one_decision(answer, decision):
    assert ruling_of(answer.encode()) == EngineAnswer(Decision(decision))


@pytest.mark.parametrize("answer", ["{}", '{"decision_id":"1"}'])
def test_an_answer_without_a_result_is_undefined(answer):
    with pytest.raises(NoRuling, match=r"\Aundefined\Z"):
        ruling_of(answer.encode())


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "true",
        "[]",
        "null",
        "{",
        '{"result":true} {}',
        '\ufeff{"result":true}',
        '{"result":null}',
        '{"result":1}',
        '{"result":"allow"}',
        '{"result":[true]}',
        '{"result":{}}',
        '{"result":{"reason":"because"}}',
        '{"result":{"allow":1}}',
        '{"result":{"allow":"true"}}',
        '{"result":{"allow":null}}',
        '{"result":{"decision":"ALLOW"}}',
        '{"result":{"decision":true}}',
        '{"result":{"decision":["allow"]}}',
        '{"result":{"decision":{}}}',
        '{"result":{"allow":true,"reason":1}}',
        '{"result":{"allow":true,"reason":null}}',
        '{"result":{"allow":true,"obligations":[]}}',
        '{"result":true,"allow":true}',
        '{"allow":true}',
        # the same twice, or two things at once
        '{"result":false,"result":true}',
        '{"result":{"allow":false,"allow":true}}',
        '{"result":{"allow":true,"\\u0061llow":false}}',
        '{"result":{"allow":true,"decision":"deny"}}',
        '{"result":{"allow":false,"decision":"allow"}}',
        '{"result":{"allow":false,"decision":"constrain"}}',
        '{"result":{"allow":true,"decision":"require_approval"}}',
        '{"result":{"allow":false,"decision":"require_approval"}}',
        # what parsers disagree about
        '{"result":true,"metrics":NaN}',
        '{"result":{"allow":false,"reason":"\\ud800"}}',
        "[" * 60_000,
    ],
)
def test_an_answer_that_is_almost_right_is_none(answer):
    with pytest.raises(NoRuling, match=r"\Ashape\Z"):
        ruling_of(answer.encode())


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "latin-1"])
def test_only_utf_8_is_read(codec):
    with pytest.raises(NoRuling, match=r"\Ashape\Z"):
        ruling_of('{"result":{"allow":true,"reason":"é"}}'.encode(codec))


def test_a_reason_is_bounded_and_moves_no_cursor():
    reason = "\x1b[2J\n\u202eno\u2066\x00 \x9b" + "é" * 600
    said = ruling_of(json.dumps({"result": {"allow": False, "reason": reason}}).encode())
    assert said.reason == ("[2Jno " + "é" * 600)[:LONGEST_REASON]
    assert len(said.reason) == 500


def test_the_question_is_the_input_as_it_is():
    asked = {"arguments": MappingProxyType({"n": 2**70, "text": "\ud83d", "deep": [{"null": None}]})}
    body = body_of(EngineQuestion(1, Engine("http://127.0.0.1/"), MappingProxyType(asked)))
    assert json.loads(body) == {
        "input": {"arguments": {"n": 2**70, "text": "\ud83d", "deep": [{"null": None}]}}
    }


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), object(), {"ab"}, b"x"])
def test_what_is_no_json_is_no_question(odd):
    with pytest.raises((ValueError, TypeError)):
        body_of(EngineQuestion(1, Engine("http://127.0.0.1/"), {"odd": odd}))

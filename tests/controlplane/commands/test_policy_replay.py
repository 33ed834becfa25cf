from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from controlplane import files
from tests.controlplane.deciding import decided, draft

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture
def replay(tmp_path, capsys):
    def run(content, *options):
        path = tmp_path / "draft.yaml"
        path.write_text(content if isinstance(content, str) else files.written(content, 1, "0" * 64))
        try:
            call_command("policy", "replay", "--draft", str(path), *options)
            code = 0
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().out

    return run


def test_the_exit_code_says_whether_calls_would_be_decided_otherwise(replay):
    decided("list_recent_orders", '{"limit": 3}')
    code, out = replay(draft())
    assert (code, out.count("\n")) == (0, 1)
    assert out.startswith("1 calls: 0 changed, 1 the same, 0 uncertain, 0 not reproducible; 0 live sessions")
    code, out = replay(draft(list_recent_orders=None))
    assert code == 1
    assert "alice as customer_support, list_recent_orders (call_1): allow" in out
    assert "→ deny (default_deny), another verdict" in out


def test_as_json_each_change_has_both_verdicts(replay):
    decided("list_recent_orders", '{"limit": 3}')
    code, out = replay(draft(list_recent_orders=None), "--json", "--since", "1h", "--limit", "9")
    found = json.loads(out)
    assert code == 1
    assert found["counts"] == {"calls": 1, "same": 0, "changed": 1, "uncertain": 0, "not_reproducible": 0}
    assert found["complete"] is True
    (change,) = found["changes"]
    assert change["recorded"] == {"decision": "allow", "rule": "grant:list_recent_orders"}
    assert change["draft"] == {"decision": "deny", "rule": "default_deny"}
    assert change["certain"] is True


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("roles: [", (), "no YAML"),
        ("roles: {}", (), "is missing"),
        (None, ("--since", "soon"), "--since"),
        (None, ("--limit", "0"), "--limit"),
    ],
)
def test_bad_input_is_told_and_exits_with_2(replay, content, options, said):
    with pytest.raises(CommandError, match=said) as raised:
        replay(content or draft(), *options)
    assert raised.value.returncode == 2


def test_a_file_that_is_not_there_is_bad_input():
    with pytest.raises(CommandError, match="cannot be read") as raised:
        call_command("policy", "replay", "--draft", "/nowhere/draft.yaml")
    assert raised.value.returncode == 2

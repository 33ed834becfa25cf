"""What is said when everything is up."""

from __future__ import annotations

import ast

from embedded import welcome
from embedded.running import Running

RUNNING = Running(
    "http://127.0.0.1:8123", "sp_key", {"alice": "pw-a", "bob": "pw-b"}, "postgres://", "redis://"
)


def test_it_says_where_to_click_who_can_sign_in_and_which_provider_answers() -> None:
    said = welcome.text(RUNNING, 4.2)
    assert "READY http://127.0.0.1:8123" in said
    assert "http://127.0.0.1:8123/admin/" in said
    for name, password in RUNNING.users.items():
        assert f"{name} " in said
        assert password in said
    assert "sandbox" in said
    upstream = Running("http://h", "sp_key", {}, "", "", {"UPSTREAM_URL": "ws://127.0.0.1:4010/v1/realtime"})
    assert "provider: ws://127.0.0.1:4010/v1/realtime" in welcome.text(upstream, 1)


def test_the_example_between_the_marks_is_python_and_short() -> None:
    said = welcome.text(RUNNING, 4.2)
    between = said.split(welcome.BEGIN, 1)[1].split(welcome.END, 1)[0]
    assert between.strip() == welcome.example(RUNNING).strip()
    ast.parse(between)
    assert len(between.strip().splitlines()) <= 10
    assert "sp_key" in between
    assert '"Sallyport-User": "alice"' in between


def test_the_marks_are_comments_so_that_pasting_them_too_does_no_harm() -> None:
    assert welcome.BEGIN.startswith("#")
    assert welcome.END.startswith("#")

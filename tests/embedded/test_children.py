"""The processes of the stack."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from embedded.children import LONGEST_LINE, Children
from embedded.console import Cancelled, Failed
from embedded.processes import command_line, wait_until

LOUD = "import sys; print('out é'); print('err', file=sys.stderr); sys.stdout.buffer.write(b'\\xff half')"


def never() -> bool:
    return False


def make(tmp_path: Path, cancelled: bool = False) -> Children:
    return Children(dict(os.environ), tmp_path, lambda: cancelled)


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", code]


def said(text: str, name: str) -> list[str]:
    return [line.split("| ", 1)[1] for line in text.splitlines() if f" {name:<9}| " in line]


def test_every_line_is_shown_with_its_speaker_even_the_unfinished_and_the_undecodable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(tmp_path).run("step", python(LOUD)) == []
    assert sorted(said(capsys.readouterr().out, "step")) == sorted(["out é", "err", "\ufffd half"])


def test_secret_output_is_returned_and_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(tmp_path).run("key", python(LOUD), secret_output=True) == ["out é", "\ufffd half"]
    assert said(capsys.readouterr().out, "key") == ["err"]


def test_a_step_that_fails_is_named_with_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="migrate failed with exit code 7"):
        make(tmp_path).run("migrate", python("raise SystemExit(7)"))


def test_a_cancelled_step_is_ended_by_stop(tmp_path: Path) -> None:
    children = make(tmp_path, cancelled=True)
    with pytest.raises(Cancelled):
        children.run("slow", python("import time; time.sleep(60)"))
    started = time.monotonic()
    children.stop(never)
    assert time.monotonic() - started < 5
    assert children.first_dead() is None


def test_a_death_is_noticed_and_named(tmp_path: Path) -> None:
    children = make(tmp_path)
    children.start("worker", python("import time; time.sleep(60)"))
    children.start("beat", python("raise SystemExit(3)"))
    assert wait_until(lambda: children.first_dead() == "beat (exit code 3)", 10)
    children.stop(never)


def test_insisting_kills_a_deaf_process_and_its_children(tmp_path: Path) -> None:
    code = "import signal, subprocess, time\nsignal.signal(15, signal.SIG_IGN)\n"
    code += "print(subprocess.Popen(['sleep', '60']).pid); time.sleep(60)"
    children = make(tmp_path)
    children.start(
        "deaf", python(f"import sys; sys.stdout = open({str(tmp_path / 'pid')!r}, 'w', 1)\n{code}")
    )
    pid_file = tmp_path / "pid"
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"), 10)
    grandchild = int(pid_file.read_text())
    started = time.monotonic()
    children.stop(lambda: True)
    assert time.monotonic() - started < 5
    assert wait_until(lambda: not command_line(grandchild), 5)


def test_a_process_that_never_ends_its_line_cannot_fill_our_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path).run("loud", python(f"print('x' * {LONGEST_LINE * 3}, end='')"))
    lines = said(capsys.readouterr().out, "loud")
    assert sum(map(len, lines)) == LONGEST_LINE * 3
    assert max(map(len, lines)) <= 2 * LONGEST_LINE


def test_a_terminal_that_has_gone_away_does_not_keep_the_stack_from_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def isatty(self) -> bool:
            return False

        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    children = make(tmp_path)
    children.run("step", python("print('hello')"))
    children.start("web", python("import time; print('up'); time.sleep(60)"))
    children.pump(0.5)
    children.stop(never)
    assert children.first_dead() is None

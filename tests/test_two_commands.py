"""The two commands as a stranger meets them: the real project, its printed example, Ctrl-C, nothing left behind.

The fresh clones at the end build a virtual environment each, so they need the package index: ``-m soak`` runs them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded import ports, welcome
from embedded.processes import LINUX, marked
from tests.embedded.fake_project import Up, environment

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240.0  # the machine may be busy with the rest of the suite

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not LINUX, reason="leftovers are found through /proc")]


def start(state: Path, **variables: str) -> Up:
    argv = [sys.executable, str(ROOT / "dev.py"), "up"]
    return Up(ROOT, state, argv, DEV_VENV=sys.prefix, PORT=str(ports.any_free()), **variables)


def ready(up: Up) -> dict[str, Any]:
    up.wait_for(r"(?m)^READY ", PATIENCE)
    return dict(json.loads((up.state / "env.json").read_text()))


def dev(up: Up, *arguments: str) -> subprocess.CompletedProcess[str]:
    shell = {**environment(), "EMBEDDED_DIR": str(up.state), "DEV_VENV": sys.prefix}
    argv = [sys.executable, str(ROOT / "dev.py"), *arguments]
    return subprocess.run(
        argv, cwd="/", env=shell, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def printed_example(up: Up) -> str:
    up.wait_for(re.escape(welcome.END))
    return up.text.split(welcome.BEGIN, 1)[1].split(welcome.END, 1)[0]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with start(tmp_path_factory.mktemp("up") / "state") as up:
        ready(up)
        yield up


def test_env_json_is_the_agreed_one_and_private(running: Up) -> None:
    file = running.state / "env.json"
    told = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(told) >= {"base_url", "service_key", "users", "database_url", "redis_url"}
    assert set(told["users"]) == {"alice", "bob", "carol", "dana"}
    assert told["service_key"].startswith("sp_")


def test_the_server_says_that_it_is_ready_and_the_pages_are_there(running: Up) -> None:
    for page in ("/readyz", "/livez", *welcome.PAGES):
        with urllib.request.urlopen(ready(running)["base_url"] + page, timeout=20) as answer:  # noqa: S310 - ours
            assert answer.status == 200, page


def test_the_printed_example_works_as_it_stands_and_no_card_comes_back(running: Up) -> None:
    argv = [sys.executable, "-c", printed_example(running)]
    said = subprocess.run(
        argv, env=environment(), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip(), f"the model said nothing: {running.text}"
    assert "4111" not in said.stdout


def test_manage_runs_against_the_running_stack(running: Up) -> None:
    code = "from django.contrib.auth import get_user_model as m; print('users', m().objects.count())"
    said = dev(running, "manage", "shell", "-c", code)
    assert said.returncode == 0, said.stderr
    assert "users 4" in said.stdout


def test_a_second_up_says_where_the_first_one_is(running: Up) -> None:
    said = dev(running, "up")
    assert said.returncode == 1
    assert f"already running on {ready(running)['base_url']}" in said.stderr


def test_tests_run_beside_it_on_engines_of_their_own(running: Up) -> None:
    said = dev(running, "test", "-q", "tests/embedded/test_ports.py")
    assert said.returncode == 0, said.stdout
    assert "passed" in said.stdout


def test_ctrl_c_stops_everything_and_a_restart_is_the_same_installation(running: Up) -> None:
    """The last one that needs ``running``: it ends it."""
    told = ready(running)
    running.send(signal.SIGINT)
    assert running.exit_code(60) == 0
    assert not (running.state / "env.json").exists()
    assert marked(running.state) == []
    with start(running.state) as again:
        same = ready(again)
        assert (same["users"], same["service_key"]) == (told["users"], told["service_key"])
        again.send(signal.SIGINT)
        assert again.exit_code(60) == 0
    assert dev(again, "manage", "check").returncode == 1
    assert dev(again, "reset").returncode == 0
    assert not again.state.exists()


# -- fresh clones -----------------------------------------------------------------------------------------------------


def reachable_python() -> str | None:
    """One that every user can run: a version manager's may lie in somebody's home."""
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
        code = "import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 14))"
        if found and subprocess.run([found, "-c", code], check=False).returncode == 0:
            return found
    return None


@pytest.fixture
def base() -> Iterator[Path]:
    """Not pytest's directory: that one is closed to other users."""
    path = Path("/var/tmp") / f"sallyport-clone-{os.getpid()}"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)


@pytest.mark.soak
@pytest.mark.parametrize("who", ["ourselves", "ourselves in a closed directory", "a uid without a name"])
def test_a_fresh_clone_needs_nothing_but_the_two_commands(base: Path, who: str) -> None:
    python = reachable_python()
    if python is None:
        pytest.skip("no Python 3.11 to 3.13 that everybody can run")
    options: dict[str, Any] = {}
    if who == "a uid without a name":
        if os.geteuid() != 0:
            pytest.skip("only root can become somebody else")
        options = {"user": 54321, "group": 54321, "extra_groups": []}
    clone = base / "sallyport"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    if options:
        for path in (base, clone, *clone.rglob("*")):
            os.chown(path, 54321, 54321, follow_symlinks=False)
    base.chmod(0o700 if "closed" in who else 0o755)
    shell = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(base),
        "TMPDIR": str(base),
        "LANG": "xx_YY.broken",
    }
    shell |= {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))
    }
    shell["PORT"] = str(ports.any_free())

    tested = subprocess.run(
        [python, "dev.py", "test", "-q", "tests/test_dev.py", "tests/embedded", "-m", "not slow and not soak"],
        cwd=clone, env=shell, capture_output=True, text=True, check=False, **options,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout + tested.stderr

    up = subprocess.Popen(
        [python, "dev.py", "up"], cwd=clone, env=shell, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, **options,
    )  # fmt: skip
    lines = []
    for line in up.stdout or ():
        lines.append(line)
        if line.startswith(welcome.END):
            break
    text = "".join(lines)
    assert welcome.END in text, text
    example = text.split(welcome.BEGIN, 1)[1].split(welcome.END, 1)[0]
    argv = [str(clone / ".venv" / "bin" / "python"), "-c", example]
    said = subprocess.run(argv, env=shell, capture_output=True, text=True, check=False, **options)
    up.send_signal(signal.SIGINT)
    rest = up.communicate(timeout=60)[0]
    assert said.returncode == 0, said.stderr + rest
    assert said.stdout.strip()
    assert up.returncode == 0, rest
    assert not (clone / ".embedded" / "env.json").exists()
    assert marked(clone / ".embedded") == []

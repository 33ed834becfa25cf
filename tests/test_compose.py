"""docker-compose.yml and Dockerfile, without an engine: what a schema would not notice either."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded.binaries import find_postgres, find_valkey

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
APPS = {name for name, service in SERVICES.items() if service.get("build")}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def written(text: str) -> Iterator[str]:
    """Without comments."""
    yield from (line for line in text.splitlines() if not line.lstrip().startswith("#"))


def test_the_processes_of_the_design_are_there() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "beat", "sandbox", "postgres", "valkey"}
    assert {"migrate", "web", "worker", "beat", "sandbox"} == APPS
    assert SERVICES["sandbox"]["profiles"] == ["sandbox"], "a real installation starts no scripted provider"


def test_what_is_waited_for_exists_and_can_come_true() -> None:
    for name, service in SERVICES.items():
        for target, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[target], f"{name} waits for the health of {target}"
            else:
                assert (how["condition"], target) == ("service_completed_successfully", "migrate")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_process_that_stays_says_whether_it_is_well(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries"} <= set(check)
    if check["test"][1] == "python":
        compile(check["test"][3], "healthcheck", "exec")


def test_every_required_setting_is_given_to_every_process() -> None:
    """The settings name them themselves: those read without a default."""
    settings = (ROOT / "controlplane" / "settings.py").read_text()
    calls = re.findall(r'env\.read\(\s*"(\w+)"(.*)', settings)
    required = {name for name, rest in calls if "dummy=" in rest}
    assert required >= {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ENCRYPTION_KEYS"}
    for name in APPS:
        assert required <= set(SERVICES[name]["environment"]), name


def test_every_variable_is_in_the_example_and_every_example_is_used() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", "\n".join(written(TEXT))))
    offered = set(re.findall(r"(?m)^(\w+)=", (ROOT / ".env.example").read_text()))
    assert used == offered


def test_a_healthcheck_uses_only_what_its_container_has() -> None:
    for name, service in SERVICES.items():
        shell = " ".join(
            map(str, [*service.get("healthcheck", {}).get("test", []), *service.get("command", [])])
        )
        assert set(re.findall(r"\$\$(\w+)", shell)) <= {*service.get("environment", {}), "HOSTNAME"}, name


def test_images_have_the_major_versions_of_the_embedded_engines() -> None:
    def major(program: Path) -> str:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"(?:v=|\) )(\d+)", shown)
        assert found
        return found[1]

    assert SERVICES["postgres"]["image"] == f"postgres:{major(find_postgres().program)}"
    assert SERVICES["valkey"]["image"] == f"valkey/valkey:{major(find_valkey().program)}"


def test_commands_name_what_exists() -> None:
    for name in APPS:
        command = list(map(str, SERVICES[name]["command"]))
        if command[0] == "python":
            assert (ROOT / command[1]).exists()
            help_text = manage_help(command[2])
            for option in (word for word in command[3:] if word.startswith("--")):
                assert option in help_text, f"{name}: {option}"
        else:
            assert command[:3] == ["celery", "-A", "controlplane"]
            assert command[3] in ("worker", "beat")


def manage_help(command: str) -> str:
    from django.core.management import get_commands, load_command_class

    return (
        load_command_class(get_commands()[command], command).create_parser("manage.py", command).format_help()
    )


def test_volumes_are_declared_and_hold_the_data() -> None:
    mounts = dict(mount.split(":") for service in SERVICES.values() for mount in service.get("volumes", []))
    assert set(mounts) == set(COMPOSE["volumes"])
    assert mounts == {"postgres": "/var/lib/postgresql", "valkey": "/data", "data": "/data"}


def test_nothing_but_web_is_reachable_and_that_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_valkey_takes_its_password_on_standard_input_and_never_evicts(tmp_path: Path) -> None:
    """The very command of the file, with the wheel's server, asked for its configuration."""
    shell, flag, script = SERVICES["valkey"]["command"]
    assert "--maxmemory-policy noeviction" in script
    assert "requirepass" not in script.split("<<END")[0], "a command line is for everybody to read"
    program = shlex.quote(str(find_valkey().program))
    here = script.replace("$$", "$").replace(
        "valkey-server", f"{program} --port 0 --unixsocket {tmp_path}/s", 1
    )
    server = subprocess.Popen([shell, flag, here], env={"VALKEY_PASSWORD": "secret-7"}, cwd=tmp_path)
    try:
        import redis

        from embedded.processes import wait_until

        assert wait_until(lambda: (tmp_path / "s").exists(), 10)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(unix_socket_path=str(tmp_path / "s")).ping()
        client = redis.Redis(unix_socket_path=str(tmp_path / "s"), password="secret-7")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert b"secret-7" not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    finally:
        server.terminate()
        assert server.wait(10) == 0, "`exec`: the signal reaches the server, not a shell in front of it"


# -- the image --------------------------------------------------------------------------------------------------------


def test_the_image_holds_what_production_needs_and_runs_as_nobody_special() -> None:
    copied = re.findall(r"(?m)^COPY (?!--from)(\S+)", DOCKERFILE)
    assert copied == ["requirements/base.lock", "manage.py", "controlplane", "guard", "audit", "templates"]
    assert all((ROOT / path).exists() for path in copied)
    assert "--require-hashes --only-binary :all:" in DOCKERFILE
    assert DOCKERFILE.index("\nUSER app") < DOCKERFILE.index("\nCMD")
    version = re.findall(r"(?m)^FROM python:(3\.\d+)-slim", DOCKERFILE)
    assert len(set(version)) == 1


def test_the_build_sees_neither_state_nor_history() -> None:
    lines = list(written((ROOT / ".dockerignore").read_text()))
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert allowed == set(re.findall(r"(?m)^COPY (?!--from)(\S+)", DOCKERFILE))


def test_the_command_of_the_image_is_the_one_of_web() -> None:
    found = re.search(r"(?m)^CMD (\[.*\])$", DOCKERFILE)
    assert found
    assert yaml.safe_load(found[1]) == SERVICES["web"]["command"]

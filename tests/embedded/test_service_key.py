"""The demo's service key: one for each database, renewed when the server no longer knows it."""

from __future__ import annotations

import http.server
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import service_key


class Server(http.server.ThreadingHTTPServer):
    known = "sp_good"


class Answers(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        good = self.headers["Authorization"] == f"Bearer {self.server.known}"
        self.send_response(400 if good and self.path == "/v1/realtime/client_secrets" else 401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def port() -> Iterator[int]:
    server = Server(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


class Creates:
    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str) -> str:
        self.names.append(name)
        return f"sp_{len(self.names)}"


def test_each_database_has_its_own_key_and_keeps_it(tmp_path: Path) -> None:
    create = Creates()
    assert service_key.kept_key(tmp_path, "") is None
    assert service_key.new_key(tmp_path, "", create) == "sp_1"
    assert service_key.kept_key(tmp_path, "postgres://db/one") is None
    assert service_key.new_key(tmp_path, "postgres://db/one", create) == "sp_2"
    assert service_key.kept_key(tmp_path, "") == "sp_1"
    assert service_key.kept_key(tmp_path, "postgres://db/one") == "sp_2"
    assert len(set(create.names)) == 2, "names are unique in a database that others use too"
    files = list(tmp_path.iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert not [file for file in files if "postgres" in file.name], "a URL may hold a password"


def test_a_key_is_refused_only_if_the_server_says_so(port: int) -> None:
    assert not service_key.is_refused(port, "sp_good")
    assert service_key.is_refused(port, "sp_old")


def test_a_new_key_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    create = Creates()
    service_key.new_key(tmp_path, "", create)
    assert service_key.new_key(tmp_path, "", create) == "sp_2"
    assert service_key.kept_key(tmp_path, "") == "sp_2"

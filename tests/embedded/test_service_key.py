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
    embedded = service_key.key_for(tmp_path, "", create)
    external = service_key.key_for(tmp_path, "postgres://db/one", create)
    assert (embedded, external) == ("sp_1", "sp_2")
    assert service_key.key_for(tmp_path, "", create) == embedded
    assert service_key.key_for(tmp_path, "postgres://db/one", create) == external
    assert len(set(create.names)) == 2
    files = list(tmp_path.iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert not [file for file in files if "postgres" in file.name]


def test_a_key_that_works_is_kept(tmp_path: Path, port: int) -> None:
    create = Creates()
    assert service_key.renewed_key(tmp_path, "", port, "sp_good", create) == "sp_good"
    assert create.names == []


def test_a_key_that_the_database_has_forgotten_is_replaced_for_good(tmp_path: Path, port: int) -> None:
    create = Creates()
    assert service_key.renewed_key(tmp_path, "", port, "sp_old", create) == "sp_1"
    assert service_key.key_for(tmp_path, "", create) == "sp_1"

"""Free ports, and the memory of them."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from embedded import ports
from embedded.console import Failed


@pytest.fixture
def taken() -> int:
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not ports.is_free(taken)


def test_the_preferred_port_is_taken_when_it_is_free_and_replaced_when_it_is_not(taken: int) -> None:
    free = ports.any_free()
    assert ports.any_free(free) == free
    assert ports.any_free(taken) not in (taken, 0)


def test_the_next_free_port_lies_above_the_one_that_is_taken(taken: int) -> None:
    assert taken < ports.next_free(taken) < taken + 100


def test_no_free_port_up_to_the_end_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(Failed, match="set PORT"):
        ports.next_free(65530)


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80a", "\uff18\uff10", "8000 "])
def test_a_useless_port_is_refused_by_name(text: str) -> None:
    with pytest.raises(Failed, match="PORT"):
        ports.wanted(text)


def test_remembered_ports_survive_and_half_a_file_is_forgotten(tmp_path: Path) -> None:
    assert ports.remembered(tmp_path, "postgres") is None
    ports.remember(tmp_path, "postgres", 5433)
    ports.remember(tmp_path, "valkey", 6380)
    assert (ports.remembered(tmp_path, "postgres"), ports.remembered(tmp_path, "valkey")) == (5433, 6380)
    (tmp_path / "ports.json").write_text('{"postgres": 54')
    assert ports.remembered(tmp_path, "postgres") is None
    (tmp_path / "ports.json").write_text('{"postgres": "x", "valkey": 99999999}')
    assert (ports.remembered(tmp_path, "postgres"), ports.remembered(tmp_path, "valkey")) == (None, None)

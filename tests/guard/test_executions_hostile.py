"""Tools that are broken or mean harm, and names that lead into our own network (T67 to T69)."""

from __future__ import annotations

import socket

import pytest

from guard import dial
from guard.core.running import ToolAnswer
from guard.executions import MAX_ANSWER_BYTES
from tests.guard.authority import Authority
from tests.guard.running import Names, Running, Wire
from tests.guard.tool_server import Mood, ToolServer

GOOD = ToolAnswer('{"ok":true}')
PUBLIC = "93.184.215.14"
METADATA = "http://169.254.169.254/latest/meta-data/"


@pytest.fixture
async def running():
    server = ToolServer()
    await server.start()
    running = Running(server)
    yield running
    await running.tools.close()
    server.stop()


@pytest.fixture
async def secure(tmp_path, monkeypatch):
    """A server that may say it is ``tools.example``; ``secure.url`` is by that name."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    server = ToolServer()
    await server.start(tls=authority.server("tools.example"))
    running = Running(server)
    server.url = f"https://tools.example:{server.port}"
    yield running
    await running.tools.close()
    server.stop()


# -- answers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(running, status):
    running.server.mood = Mood(status=status, headers={"Location": f"{running.server.url}/elsewhere"})
    assert await running.run() == ToolAnswer(failure="redirect", detail=f"HTTP {status}")
    assert len(running.server.calls) == 1


async def test_a_redirect_to_the_metadata_of_the_machine_leads_nowhere(running, monkeypatch):
    wire = Wire(monkeypatch)
    running.server.mood = Mood(status=302, headers={"Location": METADATA})
    assert (await running.run()).failure == "redirect"
    assert wire.addresses == ["127.0.0.1"]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_a_stack_trace_stays_where_it_is(running, status):
    trace = b"Traceback (most recent call last): password=hunter2"
    running.server.mood = Mood(status=status, answer=trace)
    assert await running.run() == ToolAnswer(failure="status", detail=f"HTTP {status}")


async def test_an_answer_is_read_up_to_a_bound(running):
    running.server.mood = Mood(answer=b"x" * MAX_ANSWER_BYTES)
    assert len((await running.run()).text) == MAX_ANSWER_BYTES
    running.server.mood = Mood(answer=b"x" * (MAX_ANSWER_BYTES + 1))
    assert await running.run() == ToolAnswer(failure="too_large")


async def test_a_hundred_megabytes_are_not_taken(running):
    block = b"x" * 100_000
    running.server.mood = Mood(answer=block, endless=True, headers={"Content-Length": "100000000"})
    assert await running.run() == ToolAnswer(failure="too_large")
    assert running.server.sent < 20 * MAX_ANSWER_BYTES, "only what fits into the buffers of the network"


async def test_headers_that_never_end_are_not_taken(running):
    running.server.mood = Mood(headers={f"X-{n}": "x" * 1000 for n in range(200)})
    assert await running.run() == ToolAnswer(failure="connection")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
async def test_a_packed_answer_is_not_unpacked(running, coding):
    running.server.mood = Mood(headers={"Content-Encoding": coding})
    assert await running.run() == ToolAnswer(failure="encoding")


@pytest.mark.parametrize("answer", [b"\xff\xfe{}", b"\xed\xa0\x80", b"\xc0\xaf", "é".encode("latin-1")])
async def test_what_is_not_utf_8_is_no_text(running, answer):
    running.server.mood = Mood(answer=answer)
    assert await running.run() == ToolAnswer(failure="encoding")


async def test_what_is_not_http_is_no_answer(running):
    running.server.mood = Mood(headers={"Content-Length": "many"})
    assert await running.run() == ToolAnswer(failure="connection")


async def test_cookies_of_a_tool_are_not_kept(running):
    running.server.mood = Mood(headers={"Set-Cookie": "who=you; Path=/"})
    await running.run()
    await running.run()
    assert "cookie" not in running.server.calls[1].headers


async def test_proxy_variables_of_the_environment_do_not_choose_where_calls_go(running, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert await running.run() == GOOD


@pytest.mark.parametrize("call_id", ["call\r\nX-Evil: 1", "call\x00", "çall"])
async def test_a_name_that_would_break_the_headers_is_not_sent(running, call_id):
    assert await running.run(call_id=call_id) == ToolAnswer(failure="connection")
    assert running.server.calls == []


# -- addresses


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ("127.0.0.1", "loopback"),
        ("localhost", "loopback"),
        ("localhost.", "loopback"),
        ("2130706433", "spelling"),
        ("0x7f000001", "spelling"),
        ("017700000001", "spelling"),
        ("127.1", "spelling"),
        ("0.0.0.0", "unspecified"),
        ("[::1]", "loopback"),
        ("[::ffff:127.0.0.1]", "embedded"),
        ("169.254.169.254", "metadata"),
        ("[fd00:ec2::254]", "metadata"),
        ("10.0.0.1", "private"),
        ("user:secret@tools.example", "user_info"),
    ],
)
async def test_an_address_that_is_not_public_is_not_even_looked_up(running, host, rule):
    url = f"http://{host}:{running.server.port}/"
    answer = await running.run(url=url, private_hosts=frozenset())
    assert answer == ToolAnswer(failure="blocked_address", detail=rule)
    assert (running.names.asked, running.server.connections) == ([], 0)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/_x", "ftp://127.0.0.1/"])
async def test_only_http_is_spoken(running, url):
    assert await running.run(url=url) == ToolAnswer(failure="blocked_address", detail="scheme")


async def test_a_name_is_not_called_without_tls(running):
    url = f"http://tools.example:{running.server.port}/"
    assert await running.run(url=url) == ToolAnswer(failure="blocked_address", detail="plain_http")
    assert running.server.connections == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "169.254.169.254", "fe80::1%2"])
async def test_a_public_name_of_an_internal_address_is_not_connected_to(secure, monkeypatch, address):
    """Through a CNAME or directly: what counts is what the name comes to."""
    wire = Wire(monkeypatch)
    secure.names.answers["tools.example"] = [[address]]
    answer = await secure.run()
    assert (answer.failure, wire.addresses) == ("blocked_address", [])
    assert address not in answer.detail


async def test_one_internal_address_among_public_ones_is_enough_to_refuse(secure, monkeypatch):
    wire = Wire(monkeypatch)
    secure.names.answers["tools.example"] = [[PUBLIC, "10.1.2.3"]]
    assert await secure.run() == ToolAnswer(failure="blocked_address", detail="private")
    assert wire.addresses == []


async def test_what_is_judged_is_what_is_connected_to(secure, monkeypatch):
    """Rebinding: the name server says something public first and something internal from then on."""
    wire = Wire(monkeypatch)
    secure.names.answers["tools.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert await secure.run() == GOOD
    assert (secure.names.asked, wire.addresses) == (["tools.example"], [PUBLIC])
    assert secure.server.calls[0].headers["host"] == f"tools.example:{secure.server.port}"


async def test_every_new_connection_is_judged_again(secure, monkeypatch):
    wire = Wire(monkeypatch)
    secure.names.answers["tools.example"] = [[PUBLIC], ["127.0.0.1"]]
    secure.server.mood = Mood(headers={"Connection": "close"})
    await secure.run()
    assert await secure.run() == ToolAnswer(failure="blocked_address", detail="loopback")
    assert wire.addresses == [PUBLIC]


async def test_a_blocked_address_is_not_tried_again(secure):
    secure.names.answers["tools.example"] = [["10.1.2.3"]]
    await secure.run()
    assert secure.names.asked == ["tools.example"]


async def test_a_host_that_is_listed_may_be_private(secure):
    secure.names.answers["tools.example"] = [["127.0.0.1"]]
    assert await secure.run(private_hosts=frozenset({"tools.example"})) == GOOD


@pytest.mark.parametrize("listed", ["example", "TOOLS.EXAMPLE", "tools.example.", "*.example", "127.0.0.1"])
async def test_only_the_exact_name_is_listed(secure, listed):
    secure.names.answers["tools.example"] = [["127.0.0.1"]]
    assert (await secure.run(private_hosts=frozenset({listed}))).failure == "blocked_address"


async def test_a_permission_that_is_withdrawn_does_not_live_on_in_a_kept_connection(secure):
    secure.names.answers["tools.example"] = [["127.0.0.1"]]
    listed = frozenset({"tools.example"})
    assert await secure.run(private_hosts=listed) == GOOD
    answer = await secure.run(private_hosts=frozenset())
    assert answer == ToolAnswer(failure="blocked_address", detail="loopback")
    assert await secure.run(private_hosts=listed) == GOOD
    assert secure.server.connections == 1, "the connection of the permission was kept"


async def test_an_address_that_is_not_reached_is_followed_by_the_next(secure, monkeypatch):
    wire = Wire(monkeypatch)
    wire.dead = {"2606:4700::1111"}
    secure.names.answers["tools.example"] = [["2606:4700::1111", PUBLIC]]
    assert await secure.run() == GOOD
    assert wire.addresses == ["2606:4700::1111", PUBLIC]


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
async def test_a_name_that_is_not_resolved_is_no_connection(running, error, caplog):
    async def unresolved(host, port):
        raise error

    running.tools._resolve = unresolved
    assert await running.run() == ToolAnswer(failure="connection")
    assert not caplog.records, "it is no fault of ours"


async def test_the_system_s_names_are_resolved_in_full():
    assert "127.0.0.1" in await dial.resolve("localhost", 80)
    assert await dial.resolve("2130706433", 80) == ["127.0.0.1"], "the reason for the rule of spelling"
    with pytest.raises(socket.gaierror):
        await dial.resolve("nobody.invalid", 80)


# -- TLS


async def test_a_certificate_for_another_name_is_not_accepted(secure):
    secure.names = Names(other_example=[["127.0.0.1"]])
    secure.tools._resolve = secure.names
    url = f"https://other.example:{secure.server.port}/"
    assert await secure.run(url=url, private_hosts=frozenset({"other.example"})) == ToolAnswer(
        failure="connection"
    )
    assert secure.server.calls == []


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(secure, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    secure.names.answers["tools.example"] = [["127.0.0.1"]]
    assert await secure.run(private_hosts=frozenset({"tools.example"})) == ToolAnswer(failure="connection")
    assert secure.server.calls == []

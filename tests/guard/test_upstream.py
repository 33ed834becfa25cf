"""Against a real websocket server on a loopback socket."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tomllib
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from guard import upstream as upstream_module
from guard.ports import ProviderTarget, Unavailable
from guard.upstream import VERSION, ProviderClosed, WebsocketUpstream, address, safety_identifier

SECRET = "sk-provider-secret"


class Provider:
    """Notes the handshake of each connection, then does what the test says."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.behave: Callable[[ServerConnection], Any] = self.echo
        self.answer: tuple[HTTPStatus, dict[str, str]] | None = None
        self.times = 100  # that it answers so
        self.url = ""

    async def echo(self, connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async def serve(self, connection: ServerConnection) -> None:
        await self.behave(connection)

    def process(self, connection: ServerConnection, request: Any) -> Any:
        self.requests.append(request)
        if self.answer is None or len(self.requests) > self.times:
            return None
        status, headers = self.answer
        response = connection.respond(status, "")
        for name, value in headers.items():
            response.headers[name] = value
        return response


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    handshake = provider.process
    async with serve(provider.serve, "127.0.0.1", 0, process_request=handshake, close_timeout=0.1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        provider.url = f"ws://127.0.0.1:{port}/v1/realtime"
        yield provider


def target(url: str) -> ProviderTarget:
    return ProviderTarget("test", url, {"Authorization": f"Bearer {SECRET}"})


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(upstream_module, "RETRY_AFTER", (0.05, 0.1))


async def dial(url: str, **options: Any) -> Any:
    return await WebsocketUpstream(**options).dial(target(url), "gpt-realtime", "user-hash")


async def test_frames_go_both_ways(provider):
    connection = await dial(provider.url)
    await connection.send('{"type":"x"}')
    assert await connection.receive() == '{"type":"x"}'
    await connection.close()


async def test_the_handshake_carries_our_headers_and_nothing_else(provider):
    connection = await dial(provider.url + "?api-version=1&model=other")
    await connection.close()
    [request] = provider.requests
    assert request.path == "/v1/realtime?api-version=1&model=gpt-realtime"
    assert {name.lower() for name in request.headers} == {
        "host",
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "authorization",
        "openai-safety-identifier",
        "user-agent",
    }
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.headers["OpenAI-Safety-Identifier"] == "user-hash"
    assert request.headers["User-Agent"] == f"sallyport/{VERSION}"


def test_the_version_is_the_project_s():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION


async def test_a_close_of_the_provider_is_told_with_its_code(provider):
    provider.behave = lambda connection: connection.close(4001, "no more")
    connection = await dial(provider.url)
    with pytest.raises(ProviderClosed) as caught:
        await connection.receive()
    assert (caught.value.code, caught.value.reason) == (4001, "no more")
    with pytest.raises(ProviderClosed):
        await connection.send("{}")


async def test_a_provider_that_vanishes_is_told(provider):
    async def vanish(connection: ServerConnection) -> None:
        connection.transport.abort()

    provider.behave = vanish
    connection = await dial(provider.url)
    with pytest.raises(ConnectionError):
        await connection.receive()


@pytest.mark.parametrize(("status", "attempts"), [(401, 1), (403, 1), (404, 1), (429, 3), (500, 3), (503, 3)])
async def test_a_refusal_is_unavailable_and_names_the_status(provider, status, attempts):
    provider.answer = (HTTPStatus(status), {})
    with pytest.raises(Unavailable, match=str(status)) as caught:
        await dial(provider.url)
    assert SECRET not in str(caught.value)
    assert len(provider.requests) == attempts


async def test_a_provider_that_is_busy_for_a_moment_is_dialled_again(provider):
    provider.answer, provider.times = (HTTPStatus.SERVICE_UNAVAILABLE, {}), 1
    connection = await dial(provider.url)
    await connection.send("hello")
    assert await connection.receive() == "hello"


async def test_a_provider_that_hangs_up_in_the_handshake_is_unavailable():
    def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        for _ in range(5):
            with pytest.raises(Unavailable):
                await dial(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


async def test_no_redirect_is_followed(provider):
    elsewhere = Provider()
    async with serve(elsewhere.serve, "127.0.0.1", 0, process_request=elsewhere.process) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        provider.answer = (HTTPStatus.FOUND, {"Location": f"ws://127.0.0.1:{port}/"})
        with pytest.raises(Unavailable, match="302"):
            await dial(provider.url)
    assert elsewhere.requests == []


async def test_an_address_where_nobody_listens_is_unavailable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="could not be reached"):
            await dial(f"ws://127.0.0.1:{unused.getsockname()[1]}/")


async def test_a_provider_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(upstream_module, "OPEN_TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(Unavailable, match="in time"):
            await dial(f"ws://127.0.0.1:{silent.getsockname()[1]}/")


async def test_a_server_that_is_no_websocket_server_is_unavailable():
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        with pytest.raises(Unavailable):
            await dial(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    provider = Provider()
    async with serve(provider.serve, "127.0.0.1", 0, ssl=context) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(Unavailable, match="certificate"):
            await dial(f"wss://127.0.0.1:{port}/")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "not a url", "ws://"])
async def test_a_url_that_is_no_websocket_url_is_unavailable(url):
    with pytest.raises(Unavailable):
        await dial(url)


async def test_a_frame_beyond_the_cap_ends_the_connection(provider):
    async def shout(connection: ServerConnection) -> None:
        await connection.send("x" * 2000)
        await connection.wait_closed()

    provider.behave = shout
    connection = await dial(provider.url, max_frame_bytes=1000)
    with pytest.raises(ConnectionError):
        await connection.receive()


async def test_leaving_does_not_wait_for_a_provider_that_does_not_answer(provider):
    left = asyncio.Event()

    async def ignore(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await left.wait()

    provider.behave = ignore
    connection = await dial(provider.url)
    try:
        async with asyncio.timeout(2):
            await connection.close()
    finally:
        left.set()


async def test_leaving_in_a_hurry_cuts_the_connection(provider):
    left = asyncio.Event()

    async def ignore(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await left.wait()

    provider.behave = ignore
    connection = await dial(provider.url)
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await connection.close()
        assert connection._socket.transport.is_closing()
    finally:
        left.set()


async def test_proxy_variables_of_the_environment_do_not_reroute_conversations(provider, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    await (await dial(provider.url)).close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://a.example/v1/realtime", "wss://a.example/v1/realtime?model=m+1%26x%3Dy"),
        ("wss://a.example/r?api-version=2&x=", "wss://a.example/r?api-version=2&x=&model=m+1%26x%3Dy"),
    ],
)
def test_the_model_is_added_to_the_query_and_cannot_add_to_it(url, expected):
    assert address(url, "m 1&x=y") == expected


def test_the_identifier_of_a_user_is_stable_and_says_nothing():
    assert safety_identifier("7") == safety_identifier("7") != safety_identifier("8")
    assert len(safety_identifier("7")) <= 64


def self_signed(directory: Path) -> tuple[Path, Path]:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return directory / "cert.pem", directory / "key.pem"

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from guard import sandbox
from guard.sandbox import Sandbox
from guard.sandbox.control import page
from tests.guard.sandbox.talker import Talker, done, talking


async def get(provider: Sandbox, path: str, **headers: str) -> tuple[int, Any]:
    """A plain HTTP client, since that is what a black-box test has."""
    request = Request(f"http://127.0.0.1:{provider.port}/_sandbox/{path}", headers=headers)

    def fetch() -> tuple[int, Any]:
        try:
            with urlopen(request, timeout=5) as response:  # noqa: S310 - our own address
                return response.status, json.load(response)
        except HTTPError as refusal:
            return refusal.code, json.load(refusal)

    return await asyncio.to_thread(fetch)


async def test_the_log_holds_the_exact_frames_and_no_key() -> None:
    async with sandbox.running() as provider:
        headers = {"Authorization": "Bearer sk-upstream", "OpenAI-Safety-Identifier": "u1"}
        async with connect(f"{provider.url}?model=gpt-realtime", additional_headers=headers) as socket:
            talker = Talker(socket)
            session = (await talker.next())["session"]["id"]
            await socket.send(' {"type":  "odd spacing"}\n')
            await socket.send(b"\x00binary")
            await talker.until("error")
            await talker.until("error")
            status, log = await get(provider, f"log?session={session}")
            _, every = await get(provider, "log")
    assert status == 200
    assert [line.get("text") or line["base64"] for line in log["frames"]] == [
        ' {"type":  "odd spacing"}\n',
        "AGJpbmFyeQ==",
    ]
    assert log["key_sha256"] == hashlib.sha256(b"sk-upstream").hexdigest()
    assert log["headers"]["openai-safety-identifier"] == "u1"
    assert log["headers"]["authorization"] is None
    assert "sk-upstream" not in json.dumps(log)
    assert every["sessions"][0]["frames"] == log["frames"]


async def test_a_long_log_arrives_whole() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        for _ in range(3):
            await talker.socket.send(json.dumps({"type": "x", "padding": "y" * 500_000}))
            await talker.until("error")
        _, log = await get(provider, f"log?session={provider.connections[0].session.id}")
    assert sum(len(line["text"]) for line in log["frames"]) > 1_500_000


async def test_connections_are_listed_open_and_ended() -> None:
    async with sandbox.running() as provider:
        async with talking(provider):
            pass
        async with talking(provider, "gpt-realtime-2"):
            _, answer = await get(provider, "connections")
    ended, running = answer["connections"]
    assert (ended["open"], running["open"]) == (False, True)
    assert running["model"] == "gpt-realtime-2"
    assert running["path"] == "/v1/realtime?model=gpt-realtime-2"
    assert (running["received"], running["sent"]) == (1, 2)


async def test_faults_hold_for_new_connections_until_the_sandbox_is_calmed() -> None:
    async with sandbox.running() as provider:
        await get(provider, "faults?refuse=503")
        for _ in range(2):
            with pytest.raises(InvalidStatus):
                await connect(f"{provider.url}?model=gpt-realtime")
        await get(provider, "calm")
        async with talking(provider) as talker:
            assert done(await talker.turn("hello"))["status"] == "completed"


async def test_faults_can_be_set_for_the_next_connections_only() -> None:
    async with sandbox.running() as provider:
        await get(provider, "faults?refuse=429&next=1")
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"{provider.url}?model=gpt-realtime")
        assert caught.value.response.status_code == 429
        async with talking(provider):
            pass


async def test_faults_can_be_set_for_a_running_session() -> None:
    async with sandbox.running() as provider, talking(provider) as other, talking(provider) as talker:
        session = provider.connections[-1].session.id
        await get(provider, f"faults?session={session}&close_after=0&close_code=1013")
        await talker.send("session.update", session={"type": "realtime"})
        with pytest.raises(ConnectionClosedError) as closed:
            await talker.next()
        assert done(await other.turn("hello"))["status"] == "completed"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


async def test_frames_are_sent_and_connections_closed_or_cut_from_outside() -> None:
    async with sandbox.running() as provider:
        async with talking(provider) as talker:
            await get(provider, f"send?frame={quote('not even json')}")
            assert await talker.socket.recv() == "not even json"
            await get(provider, "close?code=4999&reason=bye")
            with pytest.raises(ConnectionClosedError) as closed:
                await talker.next()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4999, "bye")
        async with talking(provider) as talker:
            await get(provider, "drop")
            with pytest.raises(ConnectionClosedError) as cut:
                await talker.next()
            assert cut.value.rcvd is None


@pytest.mark.parametrize(
    ("path", "status", "complaint"),
    [
        ("faults?explode=1", 400, "explode: no such fault"),
        ("faults?session=sess_x&hang=1", 404, "no session sess_x"),
        ("log?session=sess_x", 404, "no session sess_x"),
        ("close", 404, "no session is open"),
        ("secrets", 404, "no such page"),
    ],
)
async def test_a_bad_request_says_what_is_wrong(path: str, status: int, complaint: str) -> None:
    async with sandbox.running() as provider:
        found, answer = await get(provider, path)
    assert found == status
    assert complaint in answer["error"]


async def test_pages_of_other_sites_and_other_machines_are_turned_away() -> None:
    async with sandbox.running() as provider:
        assert (await get(provider, "log", **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
        assert (await get(provider, "log", **{"Sec-Fetch-Site": "same-origin"}))[0] == 200
        assert (await get(provider, "log", Host="evil.example"))[0] == 403
        assert (await get(provider, "log", Host=f"localhost:{provider.port}"))[0] == 200
        from_afar, _ = await page(provider, "/_sandbox/log", Headers({"Host": "127.0.0.1"}), "192.0.2.7")
    assert from_afar == 403

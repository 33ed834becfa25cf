from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Subprotocol

from guard import sandbox
from guard.sandbox import upgrade

MODEL = "?model=gpt-realtime"


async def refused(url: str, **options: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, **options):
            pass
    response = caught.value.response
    assert response.headers["Content-Type"] == "application/json"
    return response.status_code, json.loads(response.body)["error"]


async def test_a_wrong_key_is_refused_with_401_in_the_official_shape() -> None:
    async with sandbox.running(api_keys=("sk-right",)) as provider:
        wrong = {"Authorization": "Bearer sk-wrong"}
        status, error = await refused(provider.url + MODEL, additional_headers=wrong)
        assert (status, error["code"]) == (401, "invalid_api_key")
        assert list(error) == ["message", "type", "param", "code"]
        assert (await refused(provider.url + MODEL))[0] == 401
        assert provider.connections == []


async def test_the_right_key_is_taken_from_header_or_subprotocol() -> None:
    async with sandbox.running(api_keys=("sk-other", "sk-right")) as provider:
        headers = {"Authorization": "Bearer sk-right"}
        async with connect(provider.url + MODEL, additional_headers=headers) as socket:
            assert socket.subprotocol is None
        offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.sk-right")]
        async with connect(provider.url + MODEL, subprotocols=offered) as socket:
            assert socket.subprotocol == "realtime"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("?model=gpt-4o-realtime-preview", 404, "model_not_found"),
        ("", 400, "missing_required_parameter"),
        ("?intent=transcription", 404, "not_found"),
        ("?call_id=rtc_1", 404, "not_found"),
        ("/translations?model=gpt-realtime-translate", 404, "not_found"),
    ],
)
async def test_what_is_not_served_is_refused_by_name(path: str, status: int, code: str) -> None:
    async with sandbox.running() as provider:
        found, error = await refused(provider.url + path)
    assert (found, error["code"]) == (status, code)


async def test_a_beta_client_gets_one_error_and_4000() -> None:
    async with sandbox.running() as provider:
        headers = {"OpenAI-Beta": "realtime=v1"}
        async with connect(provider.url + MODEL, additional_headers=headers) as socket:
            assert json.loads(await socket.recv())["error"]["code"] == "beta_api_shape_disabled"
            with pytest.raises(ConnectionClosedError) as closed:
                await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4000


def test_headers_are_shown_without_what_they_keep_secret() -> None:
    headers = Headers({"Authorization": "Bearer sk-1", "Cookie": "a=b", "User-Agent": "me"})
    shown = upgrade.shown(headers)
    assert shown == {"authorization": None, "cookie": None, "user-agent": "me"}


def test_a_key_is_told_apart_by_its_digest() -> None:
    assert upgrade.digest("sk-1") == hashlib.sha256(b"sk-1").hexdigest()
    assert upgrade.digest("") is None

from __future__ import annotations

import json
import tempfile

import pytest
from django.conf import settings

from controlplane.asgi import application
from controlplane.bodies import BoundedBodies

MIB = 2**20


class Request:
    """One request as a server hands it over: its body in parts, and what was answered."""

    def __init__(self, parts, *headers, path="/v1/realtime/client_secrets"):
        self.parts, self.taken, self.sent = list(parts), 0, []
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), *headers],
        }

    async def receive(self):
        if self.taken == len(self.parts):
            return {"type": "http.disconnect"}
        self.taken += 1
        more = self.taken < len(self.parts)
        return {"type": "http.request", "body": self.parts[self.taken - 1], "more_body": more}

    async def send(self, message):
        self.sent.append(message)

    async def through(self, application):
        await application(self.scope, self.receive, self.send)
        return self

    @property
    def status(self):
        return self.sent[0]["status"]


async def answering(scope, receive, send):
    size = 0
    while True:
        message = await receive()
        size += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def is_official_413(request):
    start, body = request.sent
    headers = dict(start["headers"])
    assert start["status"] == 413
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"connection"] == b"close"
    error = json.loads(body["body"])["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error["code"] == "request_too_large"


async def test_a_body_at_the_bound_passes():
    size = str(settings.MAX_BODY_BYTES).encode()
    request = Request([b"x" * MIB, b"x" * MIB], (b"content-length", size))
    assert (await request.through(BoundedBodies(answering))).sent[1]["body"] == size


async def test_an_announced_large_body_is_413_and_the_application_never_hears_of_it():
    async def never(scope, receive, send):
        raise AssertionError

    request = Request([b"x"], (b"content-length", str(settings.MAX_BODY_BYTES + 1).encode()))
    assert is_official_413(await request.through(BoundedBodies(never)))


async def test_a_body_of_unknown_length_is_413_once_it_is_too_large_and_is_not_read_to_its_end():
    request = Request([b"x" * MIB] * 100, (b"transfer-encoding", b"chunked"))
    assert is_official_413(await request.through(BoundedBodies(answering)))
    assert request.taken < 8


async def test_a_client_that_waits_to_be_asked_for_its_body_is_not_asked():
    headers = [(b"content-length", b"9999999"), (b"expect", b"100-continue")]
    request = Request([b"x" * MIB] * 10, *headers)
    assert is_official_413(await request.through(BoundedBodies(answering)))
    assert request.taken == 0


@pytest.mark.parametrize("path", ["/v1/realtime/client_secrets", "/admin/login/", "/", "/nowhere"])
async def test_no_address_of_the_product_spools_a_body_to_disk(monkeypatch, path):
    rolled = []
    original = tempfile.SpooledTemporaryFile.rollover

    def rollover(self):
        rolled.append(path)
        original(self)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    assert is_official_413(await Request([b"x" * MIB] * 10, path=path).through(application))
    assert rolled == []


def test_the_bound_keeps_bodies_off_the_disk():
    assert (
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE < settings.MAX_BODY_BYTES < settings.FILE_UPLOAD_MAX_MEMORY_SIZE
    )

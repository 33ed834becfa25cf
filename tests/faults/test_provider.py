"""F14 to F16: the provider refuses, says nothing, breaks off."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.blackbox.harness import http
from tests.faults.callers import callers
from tests.faults.history import Call

pytestmark = pytest.mark.soak


async def attempt(plant, calls):
    """Close code of a session that does not come to be, and how long that took."""
    ticket = await asyncio.to_thread(plant.ticket)
    calls.append(Call(ticket, plant.session_id(ticket)))
    began = time.monotonic()
    async with plant.talk(ticket, locked=False) as talker:
        code, _ = await talker.closed(20)
    return code, time.monotonic() - began


async def test_f14_a_provider_that_refuses_is_told_to_the_client_soon(plant, calls):
    plant.provider.cut()
    code, seconds = await attempt(plant, calls)
    assert code == 4502
    assert seconds < 8


async def test_f15_a_provider_that_hangs_ends_the_session(plant, calls):
    async with callers(plant, 4, plant.servers) as found:
        calls += [caller.call for caller in found]
        plant.provider.freeze()
        await asyncio.gather(*(caller.talker.closed(50) for caller in found))
        assert {caller.talker.connection.close_code for caller in found} == {4502}
        assert http("GET", f"{plant.server.base_url}/readyz")[0] == 200


@pytest.mark.parametrize("most", [0, 1, 200, 1500, 3000, 6000, 12000, 20000])
async def test_f16_a_provider_that_breaks_off_anywhere_executes_nothing_by_halves(plant, calls, most):
    plant.provider.cut_after(most)
    ticket = await asyncio.to_thread(plant.ticket)
    call = Call(ticket, plant.session_id(ticket))
    calls.append(call)
    async with plant.talk(ticket, locked=False) as talker:
        for _ in range(20):
            if talker.reading.done():
                break
            if "session.created" in talker.types:
                await talker.send(
                    {
                        "type": "conversation.item.create",
                        "item": {
                            "type": "message",
                            "role": "user",
                            "content": [{"type": "input_text", "text": "explain and refund"}],
                        },
                    },
                    {"type": "response.create"},
                )
            await asyncio.sleep(0.3)
        code, _ = await talker.closed(10)
        call.frames = [frame for frame in talker.frames if isinstance(frame, str)]
    assert code == 4502

"""Tool calls under policy as unmodified SDKs see them: narrowed arguments, late approvals, calls that run elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from openai import AsyncOpenAI

from tests.blackbox.desk import Desk
from tests.blackbox.harness import Stack, eventually
from tests.fakes import until
from tests.guard.tool_server import ToolServer

pytestmark = pytest.mark.slow

REFUND = {
    "description": "Pays an order back.",
    "parameters": {
        "type": "object",
        "properties": {"order_id": {"type": "string"}, "amount": {"type": "number"}},
        "required": ["order_id"],
        "additionalProperties": False,
    },
}
ASKED = '{"order_id": "o-77", "amount": 500}'


async def desk_of(stack: Stack, name: str, grant: dict[str, Any], **tool: Any) -> Desk:
    made = Desk(stack, name, {"sdk_refund": ({**REFUND, "runner": "client", "url": "", **tool}, grant)})
    return await asyncio.to_thread(made.make)


class Caller:
    """An agent with one tool; notes what the tool was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []
        self.kinds: list[str] = []
        self.errors: list[Any] = []
        self.said = ""

    def agent(self) -> RealtimeAgent:
        @function_tool
        def sdk_refund(order_id: str, amount: float = 0) -> str:
            """Pays an order back."""
            self.calls.append((order_id, amount))
            return json.dumps({"refunded": amount})

        return RealtimeAgent(name="desk", instructions="Help.", tools=[sdk_refund])

    async def run(self, desk: Desk, text: str, meanwhile: Callable[[], Any]) -> None:
        url = f"ws://127.0.0.1:{desk.stack.server.port}/v1/realtime?model=gpt-realtime"
        settings: Any = {"model_name": "gpt-realtime", "output_modalities": ["text"]}
        ticket = await asyncio.to_thread(desk.ticket)
        options: Any = {"api_key": ticket, "url": url, "initial_model_settings": settings}
        async with await RealtimeRunner(self.agent()).run(model_config=options) as session:
            listening = asyncio.get_running_loop().create_task(self._listen(session))
            try:
                await session.send_message(text)
                await meanwhile()
            finally:
                listening.cancel()

    async def _listen(self, session: Any) -> None:
        async for event in session:
            self.kinds.append(event.type)
            if event.type == "error":
                self.errors.append(event.error)
            if event.type == "raw_model_event" and event.data.type == "raw_server_event":
                self._hear(event.data.data)

    def _hear(self, event: dict[str, Any]) -> None:
        if event["type"] == "response.output_text.delta":
            self.said += event["delta"]

    def ends(self) -> int:
        return self.kinds.count("agent_end")


async def test_an_agent_runs_a_tool_with_the_narrowed_arguments(stack: Stack) -> None:
    desk, caller = await desk_of(stack, "agentnarrow", {"rules": {"amount": {"at_most": 50}}}), Caller()
    await caller.run(desk, f"call sdk_refund {ASKED}", lambda: until(lambda: "refunded" in caller.said, 20))
    assert caller.calls == [("o-77", 50)] and caller.errors == []


async def test_an_agent_gets_an_approved_call_later_and_answers_it(stack: Stack) -> None:
    desk, caller = await desk_of(stack, "agentwait", {"approver": "supervisor"}), Caller()

    async def approve() -> None:
        await until(lambda: caller.ends() >= 2, 20)  # the model has said that it waits
        assert caller.calls == []
        [waiting] = await eventually(desk.pending)
        await asyncio.to_thread(desk.decide, waiting["id"], "approve")
        await until(lambda: "refunded is 500" in caller.said, 20)

    await caller.run(desk, f"call sdk_refund {ASKED}", approve)
    assert caller.calls == [("o-77", 500)] and caller.errors == []


async def test_an_agent_goes_on_when_nobody_agrees(stack: Stack) -> None:
    desk, caller = (
        await desk_of(stack, "agentno", {"approver": "supervisor", "approval_seconds": 5}),
        Caller(),
    )
    await caller.run(desk, f"call sdk_refund {ASKED}", lambda: until(lambda: caller.ends() >= 3, 20))
    assert caller.calls == [] and caller.errors == []


async def test_an_agent_never_learns_of_a_call_that_runs_elsewhere(stack: Stack) -> None:
    server = ToolServer()
    await server.start()
    desk, caller = await desk_of(stack, "agenthttp", {}, runner="http", url=server.url), Caller()
    await caller.run(desk, f"call sdk_refund {ASKED}", lambda: until(lambda: caller.ends() >= 2, 20))
    server.stop()
    assert len(server.calls) == 1 and caller.calls == [] and caller.errors == []


async def test_the_official_client_confirms_with_the_official_item(stack: Stack) -> None:
    desk = await desk_of(stack, "sdkconfirm", {"approver": "user"})
    sdk = AsyncOpenAI(api_key=await asyncio.to_thread(desk.ticket), base_url=f"{stack.server.base_url}/v1")
    async with sdk.realtime.connect(model="gpt-realtime") as connection:
        content: Any = [{"type": "input_text", "text": f"call sdk_refund {ASKED}"}]
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        await connection.response.create()
        async with asyncio.timeout(20):
            async for event in connection:
                assert event.type != "error", event
                if event.type == "response.output_item.done" and event.item.type == "mcp_approval_request":
                    await connection.conversation.item.create(
                        item={
                            "id": "item_yes",
                            "type": "mcp_approval_response",
                            "approval_request_id": event.item.id or "",
                            "approve": True,
                        }
                    )
                if event.type == "response.function_call_arguments.done":
                    assert json.loads(event.arguments) == json.loads(ASKED)
                    break

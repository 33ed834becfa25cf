"""Calls of a model that has been turned: names, arguments and numbers of calls that nobody granted.

Each leaves a record with its rule, the model a neutral sentence, and the client nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.blackbox.abuse import (
    answered,
    decided,
    is_neutral,
    on_record,
    outcomes,
    outputs,
    scripted,
    settled,
)
from tests.blackbox.desk import Desk
from tests.blackbox.harness import Stack
from tests.blackbox.processes import free_port
from tests.blackbox.scripted_provider import Line
from tests.blackbox.talker import Talker
from tests.guard.core.provider import FunctionCall, response
from tests.guard.tool_server import ToolServer

pytestmark = pytest.mark.slow

ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}$"}
ANY = {"parameters": {"type": "object"}}
REFUND = {
    "parameters": {
        "type": "object",
        "properties": {"order_id": ID, "amount": {"type": "number", "maximum": 100}},
        "required": ["order_id"],
        "additionalProperties": False,
    }
}
LOOKUP = {
    "parameters": {
        "type": "object",
        "properties": {"account_id": {"type": "string"}, "q": {"type": "string"}},
    }
}
GRANTED = "abuse_lookup"


async def desk_of(stack: Stack, name: str, tools: dict[str, Any], **options: Any) -> Desk:
    return await asyncio.to_thread(Desk(stack, name, tools, **options).make)


def parts(call: FunctionCall) -> list[dict[str, Any]]:
    """One of several calls in a response."""
    return [*call.added(), *call.deltas(), call.done(), *call.copies()]


def numbered(name: str, n: int, arguments: str = "{}") -> FunctionCall:
    return FunctionCall(name, arguments, f"call_{n}", f"item_{n}", sizes=(4_000,))


async def push_together(line: Line, calls: list[FunctionCall], response_id: str) -> None:
    for call in calls:
        call.response_id = response_id
    await line.push([response("response.created", id=response_id), *[e for c in calls for e in parts(c)]])
    items = [call.item("completed") for call in calls]
    await line.push([response("response.done", "completed", id=response_id, output=items)])


def told(talker: Talker) -> str:
    return json.dumps([event for event in talker.events if not event["type"].startswith("session.")])


# -- names


@contextmanager
def records_held(stack: Stack) -> Iterator[None]:
    """Nothing can be put on record meanwhile; what is there can be read."""
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("LOCK TABLE audit_record IN SHARE MODE")
        yield


async def test_t57_a_call_that_nobody_granted_is_on_record_before_the_model_hears_of_it(stack: Stack) -> None:
    desk = await desk_of(stack, "ungranted", {GRANTED: (ANY, {})}, port=free_port())
    async with scripted(desk) as (talker, line, ticket):
        with records_held(stack):
            await line.push(FunctionCall("abuse_wipe", '{"all":true}', sizes=(3,)).all())
            await asyncio.sleep(0.7)
            assert outputs(line.heard) == {}
        found = await answered(line, "call_1")
        [record] = stack.records(stack.session_id(ticket), "tool.decided")
        await line.wait("response.create")
        await settled(talker, line, "after")
        assert "abuse_wipe" not in talker.everything() and "call_1" not in talker.everything()
    assert found == {
        "call_1": {"error": {"type": "not_available", "message": "This action is not available."}}
    }
    assert (record["outcome"], record["rule"]) == ("deny", "default_deny")
    assert record["fields"]["tool"] == "abuse_wipe"
    assert json.loads(record["fields"]["arguments"]) == {"all": True}
    assert len(await on_record(stack, ticket, "tool.decided")) == 1


LOOKALIKES = {
    "case": "ABUSE_LOOKUP",
    "homoglyph": "\u0430buse_lookup",
    "full width": "abuse\uff3flookup",
    "trailing space": "abuse_lookup ",
    "trailing nul": "abuse_lookup\u0000",
    "zero width": "abuse_\u200blookup",
    "path": "../abuse_lookup",
    "name space": "functions.abuse_lookup",
    "empty": "",
    "ten kilobytes": "abuse_lookup" * 850,
}


async def test_t58_only_the_very_name_is_the_tool(stack: Stack) -> None:
    desk = await desk_of(stack, "lookalikes", {GRANTED: (ANY, {})}, port=free_port())
    async with scripted(desk) as (talker, line, ticket):
        calls = [numbered(name, n) for n, name in enumerate(LOOKALIKES.values())]
        await push_together(line, calls, "resp_1")
        found = await answered(line, *(call.call_id for call in calls))
        assert all(is_neutral(output) for output in found.values())
        # How the name is spelled in JSON is no other name: judged is what a parser reads.
        exact = [json.dumps(each) for each in numbered(GRANTED, 99).all()]
        await line.push([each.replace(GRANTED, "abuse\\u005flookup") for each in exact])
        [done] = await talker.wait("response.function_call_arguments.done")
        assert (done["name"], done["call_id"]) == (GRANTED, "call_99")
        await settled(talker, line, "after")
        assert all(f'"{call.call_id}"' not in told(talker) for call in calls)
    *denied, allowed = await on_record(stack, ticket, "tool.decided")
    assert outcomes(denied) == [("deny", "default_deny")] * len(LOOKALIKES)
    kept = [name[:128].replace("\0", "\u2400") for name in LOOKALIKES.values()]  # the database holds no NUL
    assert [r["fields"]["tool"] for r in denied] == kept
    assert outcomes([allowed]) == [("allow", f"grant:{GRANTED}")]


async def test_names_and_ids_that_the_model_chose_are_redacted_on_record(stack: Stack) -> None:
    desk = await desk_of(stack, "spoken_names", {GRANTED: (ANY, {})}, port=free_port())
    card = "4111111111111111"
    async with scripted(desk) as (talker, line, ticket):
        calls = [FunctionCall(f"charge {card}", "{}", f"call {card}", f"item {card}")]
        await push_together(line, calls, "resp_1")
        found = await answered(line, f"call {card}")
        assert is_neutral(found[f"call {card}"])
        await settled(talker, line, "after")
    [record] = await on_record(stack, ticket, "tool.decided")
    assert record["fields"]["tool"] == "charge [CREDIT_CARD_REDACTED]"
    assert record["subject"] == record["fields"]["call_id"]
    everything = await on_record(stack, ticket)
    assert everything and card not in json.dumps(everything, default=str)


# -- arguments

UNFIT = {
    "no JSON": ('{"order_id": "o-77"', "arguments_malformed"),
    "duplicate keys": ('{"order_id": "o-77", "order_id": "o-1"}', "arguments_malformed"),
    "no object": ('["o-77"]', "arguments_malformed"),
    "not a number": ('{"order_id": "o-77", "amount": NaN}', "arguments_malformed"),
    "extra property": ('{"order_id": "o-77", "is_admin": true}', "schema"),
    "wrong type": ('{"order_id": 77}', "schema"),
    "over the maximum": ('{"order_id": "o-77", "amount": 100.01}', "schema"),
    "missing": ('{"amount": 5}', "schema"),
    "SQL": ('{"order_id": "1\'; DROP TABLE orders; --"}', "schema"),
    "shell": ('{"order_id": "$(rm -rf /)"}', "schema"),
    "path": ('{"order_id": "../../etc/passwd"}', "schema"),
    "second line": ('{"order_id": "o-77\\n"}', "schema"),
}


async def test_t60_arguments_that_do_not_fit_the_schema_are_denied(stack: Stack) -> None:
    desk = await desk_of(stack, "unfit", {"unfit_refund": (REFUND, {})})
    ticket = await asyncio.to_thread(desk.ticket)
    async with desk.talk(ticket) as talker:
        for n, (arguments, _) in enumerate(UNFIT.values()):
            await talker.say(f"call unfit_refund {arguments}")
            await talker.wait("response.done", 2 * n + 2)  # the model goes on by itself
        assert not talker.of(
            "response.function_call_arguments.done", "response.function_call_arguments.delta"
        )
    found = outputs(stack.upstream("call unfit_refund")).values()
    assert [output["error"]["message"] for output in found] == ["The arguments were not accepted."] * len(
        UNFIT
    )
    records = await on_record(stack, ticket, "tool.decided")
    assert outcomes(records) == [("deny", rule) for _, rule in UNFIT.values()]
    reasons = json.dumps([record["reason"] for record in records])
    assert all(value not in reasons for value in ("DROP", "rm -rf", "passwd", "is_admin", "100.01"))


async def test_t61_another_customers_account_is_denied_or_replaced_by_the_callers(stack: Stack) -> None:
    tools = {
        "owned_lookup": (LOOKUP, {"rules": {"account_id": {"owned": "account_id"}}}),
        "fixed_lookup": (LOOKUP, {"rules": {"account_id": {"fixed": "@account_id"}}}),
    }
    desk = await desk_of(stack, "customers", tools)
    ticket = await asyncio.to_thread(desk.ticket)
    attempts = ['{"account_id": "acct_7"}', '{"account_id": "ACCT_42"}', '{"account_id": "acct_42 "}', "{}"]
    async with desk.talk(ticket) as talker:
        for n, arguments in enumerate(attempts):
            await talker.say(f"call owned_lookup {arguments}")
            await talker.wait("response.done", 2 * n + 2)
        assert not talker.of("response.function_call_arguments.done")
        await talker.say('call fixed_lookup {"account_id": "acct_7", "q": "bills"}')
        [done] = talker.of("response.function_call_arguments.done")
        assert json.loads(done["arguments"]) == {"account_id": "acct_42", "q": "bills"}
        items = [each["item"] for each in talker.of("response.output_item.done")]
        assert [item["arguments"] for item in items if "arguments" in item] == [done["arguments"]]
    found = outputs(stack.upstream("call owned_lookup"))
    assert all(is_neutral(output) for output in found.values()) and len(found) == len(attempts)
    assert "acct_42" not in json.dumps(list(found.values()))
    *denied, constrained = await on_record(stack, ticket, "tool.decided")
    assert outcomes(denied) == [("deny", "argument:account_id:owned")] * len(attempts)
    assert outcomes([constrained]) == [("constrain", "argument:account_id:fixed")]
    assert json.loads(denied[0]["fields"]["arguments"]) == {"account_id": "acct_7"}


# -- numbers of calls


async def test_t63_of_parallel_calls_only_as_many_as_each_cap_are_made(stack: Stack) -> None:
    caps = {"turn_tool": {"per_turn": 2}, "session_tool": {"per_session": 3}, "day_tool": {"per_day": 1}}
    desk = await desk_of(stack, "parallel_caps", {n: (ANY, cap) for n, cap in caps.items()}, port=free_port())
    async with scripted(desk) as (talker, line, ticket):
        first = [numbered(name, n) for n, name in enumerate([*caps] * 4)]
        await push_together(line, first, "resp_1")
        await settled(talker, line, "first")
        await talker.send({"type": "conversation.item.create", "item": _words()})  # a new turn
        await line.wait("conversation.item.create", 7)
        second = [numbered(name, 50 + n) for n, name in enumerate([*caps] * 2)]
        await push_together(line, second, "resp_2")
        records = await decided(stack, ticket, 18)
        await settled(talker, line, "second")
        made = [event["call_id"] for event in talker.of("response.function_call_arguments.done")]
        allowed = [r["fields"]["call_id"] for r in records if r["outcome"] == "allow"]
        assert made == allowed
        found = outputs(line.heard)
        assert all(is_neutral(output) for output in found.values())
        assert found.keys() == {c.call_id for c in [*first, *second]} - set(made)
    by_tool = {name: [o for o in records if o["fields"]["tool"] == name] for name in caps}
    assert {name: [r["outcome"] for r in found] for name, found in by_tool.items()} == {
        "turn_tool": ["allow", "allow", "deny", "deny", "allow", "allow"],
        "session_tool": ["allow", "allow", "allow", "deny", "deny", "deny"],
        "day_tool": ["allow", "deny", "deny", "deny", "deny", "deny"],
    }
    rules = {name: {r["rule"] for r in found if r["outcome"] == "deny"} for name, found in by_tool.items()}
    assert rules == {
        "turn_tool": {"cap:per_turn"},
        "session_tool": {"cap:per_session"},
        "day_tool": {"cap:per_day"},
    }


async def test_t64_a_model_that_calls_in_a_loop_is_cut_and_told_to_speak(
    stack: Stack, tool_server: ToolServer
) -> None:
    tools = {"loop_tool": ({**ANY, "runner": "http", "url": tool_server.url}, {})}
    desk = await desk_of(stack, "loop", tools, fields={"calls_per_turn": 5}, port=free_port())
    async with scripted(desk) as (talker, line, ticket):
        for n in range(100):
            await push_together(line, [numbered("loop_tool", n)], f"resp_{n}")
            await answered(line, f"call_{n}")
            await line.wait("response.create", n + 1)
        assert line.of("response.create")[-1]["response"]["tool_choice"] == "none"
        assert "loop_tool" not in told(talker)
    assert len(tool_server.calls) == 5
    records = await on_record(stack, ticket, "tool.decided")
    assert outcomes(records) == [("allow", "grant:loop_tool")] * 5 + [("deny", "calls_per_turn")] * 95


def _words() -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and now?"}]}

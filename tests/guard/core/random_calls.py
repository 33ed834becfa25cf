"""A provider, a client, people and endpoints that do things in any order: what is always true is checked at each step.

The provider keeps to the protocol; everybody else may be slow, or never answer at all.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

from provider import event, session
from random_desk import CHANGES, TOOLS, opening
from random_provider import RandomProvider
from script import Admitted, Script

from guard.core.approval import ApprovalOutcome, ApprovalState
from guard.core.classifier import Judgement
from guard.core.commands import (
    Ask,
    AskEngine,
    Command,
    CountCall,
    DecideApproval,
    End,
    Record,
    RequestApproval,
    Run,
    ToClient,
    ToUpstream,
    UseApproval,
)
from guard.core.decision import Decision
from guard.core.engine import EngineAnswer
from guard.core.running import Runner, ToolAnswer

Event = dict[str, Any]
_GOES_ON = ("response.create", "begun")
_MARKS = re.compile(r"(?:call|item|mark|mcpr)_\d+")


class World(RandomProvider):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.script = Script(Admitted(opening(), seconds_left=100_000), opened=False)
        [lock] = self.script.server(session("session.created")).to_upstream
        self.updates: list[Event] = []
        self.shown: Event = lock["session"]
        self.script.server(session("session.updated", **self.shown))
        self.errands: list[Command] = []
        self.client_does: list[Event] = []
        self.permitted: set[str] = set()
        self.asked_user: set[str] = set()
        self.made: Counter[tuple[str, str]] = Counter()
        self.outputs: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.up: list[tuple[str, str]] = []

    # -- one step

    def step(self) -> None:
        acts = (
            (self.provider_says, 30),
            (self.provider_reads, 8),
            (self.errand_done, 10),
            (self.client_acts, 6),
            (self.client_asks, 1),
            (self.user_speaks, 1),
            (self.respond_aside, 1),
            (self.policy_changes, 1),
            (self.time_passes, 3),
        )
        self.dice.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()

    def finish(self) -> None:
        """Nobody does anything new; what was begun ends, or its time passes."""
        self.is_over = True
        for _ in range(200):
            while self.frames or self.inbox:
                self.provider_reads()
                self.provider_says()
            self.time_passes()
        self.check_rest()
        self.perform(self.script.session.close(self.script.now))
        for call_id in self.tools:
            assert self.ends[call_id] == 1, (call_id, self.ends[call_id])

    def hear(self, frame: str) -> None:
        if (said := json.loads(frame))["type"] == "response.created" and said["response"]["conversation_id"]:
            self.up.append(("begun", ""))
        self.perform(self.script.session.receive_server(frame, self.script.now))

    # -- everybody else

    def user_speaks(self) -> None:
        if self.dice.random() < 0.5:
            self.say(event("input_audio_buffer.speech_started", item_id=f"user_{len(self.log)}"))
        self.say(
            event("input_audio_buffer.committed", item_id=f"user_{len(self.log)}", previous_item_id=None)
        )
        if not self.speaking:
            self.begin()

    def respond_aside(self) -> None:
        self.begin(aside=True)

    def client_acts(self) -> None:
        if self.client_does:
            self.client_says(self.client_does.pop(self.dice.randrange(len(self.client_does))))
            self.client_says({"type": "response.create"})

    def client_asks(self) -> None:
        self.client_says({"type": "response.create"})

    def client_says(self, said: Event) -> None:
        self.log.append(("client", said))
        self.perform(self.script.session.receive_client(json.dumps(said), self.script.now))

    def policy_changes(self) -> None:
        change, now = self.dice.choice(CHANGES), self.script.session.policy
        self.log.append(("policy", change))
        changed = replace(now, version=now.version + self.dice.choice((0, 1)), **change)
        self.perform(self.script.session.replace_policy(changed, self.script.now))

    def time_passes(self) -> None:
        while self.updates:
            self.say_next(self.updates)
        self.frames = [frames for frames in self.frames if frames]
        guarded, script = self.script.session, self.script
        until = script.now + self.dice.choice((0.1, 1.0, 5.0, 9.0))
        script.now = min(max(guarded.next_tick(), script.now + 0.01), until)
        if self.dice.random() < 0.9 or self.is_over:
            guarded.policy_seen(script.now)
        self.log.append(("time", script.now))
        self.perform(guarded.tick(script.now))
        guarded.policy_seen(script.now)

    def errand_done(self) -> None:
        if not self.errands:
            return
        errand = self.errands[self.dice.randrange(len(self.errands))]
        if self.dice.random() < 0.95:  # else it will be answered twice
            self.errands.remove(errand)
        if self.dice.random() < 0.1:
            return  # never
        self.log.append(("errand", errand))
        self.perform(self.answer(errand))

    def answer(self, errand: Command) -> list[Command]:
        guarded, now, dice = self.script.session, self.script.now, self.dice
        if isinstance(errand, Ask):
            judgement = Judgement(flagged=dice.random() < 0.2)
            return guarded.receive_judgement(errand.question.number, judgement, now)
        if isinstance(errand, AskEngine):
            said = dice.choice((Decision.ALLOW, Decision.ALLOW, Decision.DENY, Decision.REQUIRE_APPROVAL))
            return guarded.receive_engine(errand.question.number, EngineAnswer(said), now)
        if isinstance(errand, CountCall):
            return guarded.receive_count(errand.number, dice.choice((0, 1, 3, None)), now)
        if isinstance(errand, Run):
            answer = dice.choice((ToolAnswer('{"a":1.50}'), ToolAnswer("text"), ToolAnswer(failure="status")))
            return guarded.receive_tool_answer(errand.execution.number, answer, now)
        if isinstance(errand, RequestApproval):
            state = dice.choice(list(ApprovalState))
            if state is ApprovalState.PENDING:
                self.errands.append(errand)
            outcome = ApprovalOutcome(errand.request.number, errand.request.digest, state, "boss")
            return guarded.receive_approval(outcome, now)
        if isinstance(errand, UseApproval):
            return guarded.receive_use(errand.number, dice.random() < 0.8, now)
        return []

    # -- what the session orders

    def perform(self, commands: list[Command]) -> None:
        for command in commands:
            self.log.append(command)
            match command:
                case Record():
                    self.recorded(command)
                case ToClient(event=sent):
                    self.client_hears(sent)
                case ToUpstream(event=sent):
                    self.sent_up(sent)
                case Run(execution=execution):
                    self.is_made("run", execution.call_id)
                    self.errands.append(command)
                case End():
                    raise AssertionError(f"the session ended: {command}")
                case DecideApproval():
                    pass
                case _:
                    self.errands.append(command)

    def recorded(self, record: Record) -> None:
        assert record.rule != "fault", record
        if record.verb == "tool.decided" and record.outcome in ("allow", "constrain"):
            self.permitted.add(record.subject)
        elif record.verb == "tool.decided" and record.outcome == "deny":
            self.permitted.discard(record.subject)
            self.ends[record.subject] += 1
        elif record.verb == "tool.decided" and self.tools[record.subject] == "mail":
            self.asked_user.add(record.subject)
        elif record.verb in ("tool.result", "tool.abandoned"):
            self.ends[record.subject] += 1

    def client_hears(self, sent: Event) -> None:
        text = json.dumps(sent)
        for mark in _MARKS.findall(text):
            kind, number = mark.split("_")
            call_id = f"mcpr_{number}" if f"mcpr_{number}" in self.tools else f"call_{number}"
            is_clients = (
                TOOLS[self.tools[call_id]].runner is Runner.CLIENT if self.tools[call_id] in TOOLS else False
            )
            asked = kind == "mark" and call_id in self.asked_user
            assert asked or (is_clients and call_id in self.permitted), (mark, sent)
        for name in ("unknown", "_http", "_mcp"):
            assert f'{name}"' not in text, sent
        if sent["type"] == "response.function_call_arguments.done":
            self.is_made("deliver", sent["call_id"])
            item = {"type": "function_call_output", "call_id": sent["call_id"], "output": '{"b":2}'}
            if self.dice.random() < 0.8:
                self.client_does.append({"type": "conversation.item.create", "item": item})
        if sent["type"] == "response.output_item.done" and sent["item"]["type"] == "mcp_approval_request":
            said = {
                "type": "mcp_approval_response",
                "approval_request_id": sent["item"]["id"],
                "approve": True,
            }
            self.client_does.append({"type": "conversation.item.create", "item": said})

    def sent_up(self, sent: Event) -> None:
        if sent["type"] == "session.update":
            self.shown |= sent["session"]
            updated = session("session.updated", **self.shown)
            self.updates.append(updated)
            if len(self.updates) == 1:
                self.frames.append(self.updates)
            return
        self.inbox.append(sent)
        ours = sent["event_id"].startswith("sp_") and not sent["event_id"].startswith("sp_c")
        item = sent.get("item", {})
        if sent["type"] == "response.create" and ours:
            assert self.script.now >= self.patient_until, "two requests of ours at once"
            self.patient_until = self.script.now + 10
        if item.get("type") == "function_call_output":
            self.outputs[item["call_id"]] += 1
            assert self.outputs[item["call_id"]] == 1, f"two outputs of {item['call_id']}"
        if item.get("type") == "mcp_approval_response":
            asked = item["approval_request_id"]
            self.outputs[asked] += 1
            assert self.outputs[asked] == 1, f"two answers to {asked}"
            if item["approve"]:
                self.is_made("approve", asked)
        self.up.append((sent["type"], item.get("call_id") or item.get("approval_request_id") or ""))

    def is_made(self, how: str, call_id: str) -> None:
        now, tool = self.script.session.policy, self.tools[call_id]
        assert call_id in self.permitted, f"{how} of {call_id} without a record"
        assert tool in now.grants and tool not in now.locked_tools, (
            f"{how} of {tool} against the policy of now"
        )
        self.made[how, call_id] += 1
        assert self.made[how, call_id] == 1, f"{how} of {call_id} twice"

    # -- at the end

    def check_rest(self) -> None:
        guarded: Any = self.script.session
        verdicts, turns, intake = guarded._verdicts, guarded._state.turns, guarded._intake
        left = {
            "runs": turns.runs,
            "queued": turns._queued,
            "unsettled": verdicts.following._unsettled,
            "owed": verdicts.following._owed,
            "open": verdicts.consents._open,
            "running": verdicts.runs._running,
            "approved": verdicts.mcp._approved,
            "judging": verdicts.judging._waiting,
            "late": verdicts.late._waiting,
            "stalled": guarded._stalled._frames,
            "behind": intake._behind,
            "results": intake._results,
            "must_wait": turns.must_wait,
        }
        assert not any(left.values()), {name: value for name, value in left.items() if value}
        for call_id in self.expected:
            assert self.outputs[call_id] == 1, f"{call_id} was never answered"
        self.check_followed()

    def check_followed(self) -> None:
        """Behind the last answer to the calls of a response, of which the client has none, one began or was asked for,
        unless it was interrupted."""
        last_asked = max((at for at, (kind, _) in enumerate(self.up) if kind in _GOES_ON), default=-1)
        for response_id, [status] in self.responses.items():
            calls = [call_id for call_id, of in self.expected.items() if of == response_id]
            if status != "cancelled" and calls and not any(self.made["deliver", each] for each in calls):
                last = max(at for at, (_, about) in enumerate(self.up) if about in calls)
                assert last < last_asked, f"nobody goes on after {response_id}"

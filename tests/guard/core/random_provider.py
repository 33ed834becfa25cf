"""A provider that says anything, in an order that keeps to the protocol: one response at a time in the conversation."""

from __future__ import annotations

import json
import random
from typing import Any

from provider import FunctionCall, event, response
from random_desk import TOOLS

Event = dict[str, Any]


class RandomProvider:
    """``hear`` takes what it says. ``expected`` are the calls that must be answered, with their responses."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.frames: list[list[Event]] = []  # of each response under way, those that are to come
        self.speaking = ""
        self.inbox: list[Event] = []
        self.serial = 0
        self.tools: dict[str, str] = {}  # call_id -> tool
        self.expected: dict[str, str] = {}
        self.responses: dict[str, list[str]] = {}
        self.patient_until = 0.0
        self.log: list[Any] = []
        self.is_over = False

    def hear(self, frame: str) -> None:
        raise NotImplementedError

    def say(self, *events: Event) -> None:
        for each in events:
            self.log.append(("server", each))
            self.hear(json.dumps(each))

    def provider_says(self) -> None:
        if not self.frames:
            return
        frames = self.dice.choice(self.frames)
        for _ in range(self.dice.choice((1, 1, 3, 20))):
            if frames:
                self.say_next(frames)
        if not frames:
            self.frames.remove(frames)

    def say_next(self, frames: list[Event]) -> None:
        frame = frames.pop(0)
        if frame["type"] == "response.created" and frame["response"]["conversation_id"]:
            self.patient_until = 0.0
        if frame["type"] == "response.done" and frame["response"]["id"] == self.speaking:
            self.speaking = ""
        self.say(frame)

    def begin(self, *, aside: bool = False) -> None:
        self.serial += 1
        response_id = f"resp_{self.serial}"
        status = self.dice.choice(("completed",) * 6 + ("cancelled", "incomplete", "failed"))
        conversation = None if aside else "conv_1"
        frames = [response("response.created", id=response_id, conversation_id=conversation)]
        output: list[Event] = []
        for _ in range(0 if self.is_over else self.dice.choice((0, 1, 1, 1, 2, 3))):
            self.call(response_id, frames, output, completed=status == "completed", aside=aside)
        frames.append(
            response("response.done", status, id=response_id, conversation_id=conversation, output=output)
        )
        if not aside:
            self.speaking = response_id
            self.responses[response_id] = [status]
        self.frames.append(frames)

    def call(
        self, response_id: str, frames: list[Event], output: list[Event], *, completed: bool, aside: bool
    ) -> None:
        self.serial += 1
        name = self.dice.choice([*TOOLS, "unknown"])
        if name.endswith("_mcp"):
            self.mcp_request(name, response_id, frames, output)
            return
        arguments = json.dumps({"mark": f"mark_{self.serial}"} if self.dice.random() < 0.9 else {"mark": 1})
        call = FunctionCall(name, arguments, f"call_{self.serial}", f"item_{self.serial}", response_id)
        self.tools[call.call_id] = name
        is_cut = not completed and self.dice.random() < 0.5
        told = self.dice.choice(("all", "all", "items", "end" if completed else "all"))
        if told != "end":
            frames += call.added()
        if told == "all":
            frames += call.deltas()
        if is_cut:
            return
        if told == "all":
            frames.append(call.done())
        if told != "end":
            frames += call.copies()
        output.append(call.item("completed"))
        if not aside:
            self.expected[call.call_id] = response_id

    def mcp_request(self, name: str, response_id: str, frames: list[Event], output: list[Event]) -> None:
        item_id = f"mcpr_{self.serial}"
        item = {"id": item_id, "type": "mcp_approval_request", "server_label": "crm", "name": name}
        item["arguments"] = json.dumps({"mark": f"mark_{self.serial}"})
        self.tools[item_id] = name
        frames += [
            event("response.output_item.added", response_id=response_id, output_index=0, item=item),
            event("conversation.item.done", previous_item_id=None, item=item),
            event("response.output_item.done", response_id=response_id, output_index=0, item=item),
        ]
        output.append(item)

    def provider_reads(self) -> None:
        """What the session has sent up, some time later."""
        if not self.inbox:
            return
        said = self.inbox.pop(0)
        if said["type"] == "response.create":
            if not self.speaking:
                self.begin()
                return
            if said["event_id"].startswith("sp_") and not said["event_id"].startswith("sp_c"):
                self.patient_until = 0.0
            error = {"type": "invalid_request_error", "code": "conversation_already_has_active_response"}
            self.say(event("error", error={**error, "message": "busy", "event_id": said["event_id"]}))
        elif said["type"] == "conversation.item.create":
            item = {"id": f"item_x{len(self.log)}", **said["item"]}
            for kind in ("conversation.item.added", "conversation.item.done"):
                self.say(event(kind, previous_item_id=None, item=item))
            if item["type"] == "mcp_approval_response" and item["approve"] and self.dice.random() < 0.7:
                asked = item["approval_request_id"]
                made = {
                    "id": f"made_{asked}",
                    "type": "mcp_call",
                    "approval_request_id": asked,
                    "output": "x",
                }
                self.frames.append([event("conversation.item.done", previous_item_id=None, item=made)])

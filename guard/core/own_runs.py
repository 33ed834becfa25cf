"""Calls that Sallyport runs itself: the client never learns of them, and nothing is run twice."""

from __future__ import annotations

from collections.abc import Iterator

from guard.core.answers import Answers
from guard.core.commands import Command, Run
from guard.core.following import Following
from guard.core.policy import Grant
from guard.core.running import Execution, ToolAnswer
from guard.core.state import State
from guard.core.toolcalls import Call, CallState

NO_ANSWER = "The action did not answer in time. It is not known whether it was carried out."
FAILED = "The action could not be completed."
_UNCERTAIN = frozenset({"timeout", "too_large", "encoding", "status"})
"""After these the endpoint may have acted."""
_GRACE = 2.0


class OwnRuns:
    def __init__(self, state: State, answers: Answers, following: Following) -> None:
        self.state = state
        self._answers = answers
        self._following = following
        self._running: dict[int, Call] = {}
        self._withdrawn: dict[int, Call] = {}

    def start(self, call: Call) -> Iterator[Command]:
        """The verdict is on record. Raises ``LookupError`` for a tool without an endpoint."""
        grant = call.grant
        if grant is None or grant.tool.endpoint is None:
            raise LookupError("no endpoint")
        call.state, call.ours, call.began = CallState.RUNNING, True, self.state.now
        call.due_by = self.state.now + grant.tool.answer_seconds + _GRACE
        number = self.state.number()
        self._running[number] = call
        if not call.told:
            self.state.turns.runs.add(call.call_id)
        yield Run(
            Execution(
                number=number,
                call_id=call.call_id,
                tool=call.name,
                endpoint=grant.tool.endpoint,
                arguments=dict(call.made or {}),
                deadline=grant.tool.answer_seconds,
                policy_version=self.state.policy.version,
                use=call.use,
            )
        )

    def answered(self, number: int, answer: ToolAnswer) -> Iterator[Command]:
        """An answer that comes late, or twice, changes nothing."""
        if (late := self._withdrawn.pop(number, None)) is not None:
            yield self.state.late_output(late, len(answer.text), answer.failure)
        call = self._running.pop(number, None)
        if call is None or call.grant is None:
            return
        try:
            yield from self._told(call, call.grant, answer)
        except Exception:
            self.state.turns.runs.discard(call.call_id)  # nothing more will come of it: nobody must wait
            raise

    def withdraw(self, call: Call) -> Iterator[Command]:
        """Its tool was taken away, and the model has been told. The request cannot be called back: what it returns is
        put on record, and goes nowhere."""
        for number in [number for number, each in self._running.items() if each is call]:
            self._withdrawn[number] = self._running.pop(number)
        yield from self._go_on(call)

    @property
    def due_by(self) -> float | None:
        return min((call.due_by for call in self._running.values() if call.due_by is not None), default=None)

    def overdue(self) -> Iterator[Command]:
        late = [n for n, call in self._running.items() if call.due_by and self.state.now >= call.due_by]
        for number in late:
            yield from self.answered(number, ToolAnswer(failure="timeout"))

    def _told(self, call: Call, grant: Grant, answer: ToolAnswer) -> Iterator[Command]:
        if answer.failure:
            yield from self._failed(call, answer)
        else:
            yield from self._answers.result(
                call, grant, answer.text, "", lambda text: self._give(call, text), held=False
            )

    def _failed(self, call: Call, answer: ToolAnswer) -> Iterator[Command]:
        call.state = CallState.ANSWERED
        if answer.failure == "blocked_address":
            fields = {"call_id": call.call_id, "tool": call.name}
            yield self.state.record("egress.blocked", call.call_id, reason=answer.detail, fields=fields)
        yield self.state.record(
            "tool.result",
            call.call_id,
            outcome="failed",
            reason=" ".join(part for part in (answer.failure, answer.detail) if part),
            fields={
                "call_id": call.call_id,
                "tool": call.name,
                "status": answer.failure,
                "duration_seconds": round(self.state.now - call.began, 3),
            },
        )
        uncertain = answer.failure in _UNCERTAIN
        yield from self._answers.refuse(call, NO_ANSWER if uncertain else FAILED, "failed")
        yield from self._go_on(call)

    def _give(self, call: Call, text: str) -> Iterator[Command]:
        yield from self._answers.give(call, text)
        yield from self._go_on(call)

    def _go_on(self, call: Call) -> Iterator[Command]:
        """The model has the answer, which may have waited for a classifier."""
        self.state.turns.runs.discard(call.call_id)
        if call.told:
            self._following.owe()
        yield from self._following.settled(call)

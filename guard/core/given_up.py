"""Calls whose result is awaited no more: its time is over, or the tool was taken away meanwhile. The model is answered
now, and what comes later goes nowhere. What the tool has done by then nobody can undo."""

from __future__ import annotations

from collections.abc import Iterator

from guard.core.answers import Answers
from guard.core.commands import Command
from guard.core.decide import NOT_AVAILABLE
from guard.core.following import Following
from guard.core.own_runs import NO_ANSWER, OwnRuns
from guard.core.state import State
from guard.core.toolcalls import Call, CallState

_UNDER_WAY = frozenset({CallState.DELIVERED, CallState.RUNNING})


class GivenUp:
    def __init__(self, state: State, answers: Answers, following: Following, runs: OwnRuns) -> None:
        self.state = state
        self._answers = answers
        self._following = following
        self._runs = runs

    def unanswered(self) -> Iterator[Command]:
        """Delivered calls that the client has not answered in time: the model must not wait for ever."""
        for call in self.state.calls.overdue(self.state.now):
            yield from self._give_up(call, "timeout")
            yield from self._answers.refuse(call, NO_ANSWER, "failed")
            self._owe(call)
        yield from self._following.pay()

    def withdrawn(self) -> Iterator[Command]:
        """For every new policy: calls under way whose tool is locked, or no longer granted. What the provider runs by
        itself cannot be called back; its tool is off the session's list by now."""
        for call in self.state.calls.unfinished():
            if call.state in _UNDER_WAY and not call.mcp and self._is_gone(call):
                yield from self._give_up(call, "revoked")
                yield from self._answers.refuse(call, NOT_AVAILABLE)
                if call.ours:
                    yield from self._runs.withdraw(call)
                else:
                    self._owe(call)
        yield from self._following.pay()

    def _is_gone(self, call: Call) -> bool:
        policy = self.state.policy
        return call.name not in policy.grants or call.name in policy.locked_tools

    def _give_up(self, call: Call, outcome: str) -> Iterator[Command]:
        call.state, call.timed_out = CallState.ANSWERED, not call.ours
        waited = {"tool": call.name, "waited_seconds": round(self.state.now - call.began, 3)}
        yield self.state.record("tool.abandoned", call.call_id, outcome=outcome, fields=waited)

    def _owe(self, call: Call) -> None:
        if not self._answers.is_out_of_band(call):
            self._following.owe()

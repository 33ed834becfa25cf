"""From a complete call to its verdict: the decision, and the answers that it has to wait for.

The local rules come first: what they deny nobody else is asked about. Then the role's engine, then the day's count,
each one more input of the same ``decide``. Until a call is decided the provider's next frames wait, so that the order
of what the client sees does not depend on how long somebody took to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from guard.core.commands import AskEngine, Command, CountCall
from guard.core.decide import NOT_AVAILABLE, decide
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer, EngineQuestion
from guard.core.policy import CallState as Circumstances
from guard.core.policy import Policy, ToolCall, Verdict
from guard.core.state import State
from guard.core.toolcalls import Call, CallState

_GRACE = 1.0
"""Seconds beyond a deadline: whoever asks should have given up by itself, but nothing waits for ever."""
COUNT_SECONDS = 3.0

_HOPED = EngineAnswer(Decision.ALLOW)
"""Stands for an answer that is not there yet, to find out whether it would matter."""


@dataclass(slots=True)
class Case:
    """``facts`` grow until ``decide`` has all that it needs. ``arguments`` is the model's own JSON text; ``first``: it
    is the call's first decision, and the stream waits for it. ``asked``: the engine that was asked, and about what.
    ``counting``: a count is awaited, else an engine's answer."""

    call: Call
    arguments: str
    facts: Circumstances
    first: bool
    due_by: float = 0.0
    asked: tuple[Engine, dict[str, Any]] | None = None
    counting: bool = False

    @property
    def waited(self) -> bool:
        """Whether the call's first decision had to wait for somebody."""
        return self.first and self.due_by > 0

    @property
    def question(self) -> ToolCall:
        return ToolCall(self.call.call_id, self.call.name, self.arguments)


Settle = Callable[[Case, Verdict], Iterator[Command]]


class Judging:
    """``settle`` gets every case with its verdict, once."""

    def __init__(self, state: State, settle: Settle) -> None:
        self.state = state
        self._settle = settle
        self._waiting: dict[int, Case] = {}

    @property
    def holds_stream(self) -> bool:
        return any(case.first for case in self._waiting.values())

    @property
    def due_by(self) -> float | None:
        return min((case.due_by for case in self._waiting.values()), default=None)

    def begin(self, call: Call, arguments: str) -> Iterator[Command]:
        self.state.counts.attempted()
        case = Case(call, arguments, self._circumstances(call), first=True)
        if fault := _fault_of(case, self.state.policy):
            yield from self._settle(case, fault)
        else:
            yield from self._advance(case)

    def again(self, case: Case, approved: str) -> Iterator[Command]:
        """A person has agreed to it: the call is judged by the policy of now, with that as one more fact. It has been
        counted already and keeps its place: before it, in its turn, in the session and on its day, were the calls that
        were before it then. So a cap that was lowered meanwhile lets the first ones through, and no call counts
        against itself."""
        then, now = case.facts, self._circumstances(case.call)
        session = {**now.session, "calls": then.session.get("calls", 0)}
        facts = replace(then, approved=approved, engine=None, session=session, now=now.now)
        yield from self._advance(Case(case.call, case.arguments, facts, first=False))

    def engine_answered(self, number: int, answer: EngineAnswer) -> Iterator[Command]:
        case = self._waiting.pop(number, None)
        if case is not None:
            # It goes on record, and may repeat what it was asked about.
            reason = self.state.policy.to_client.whole(answer.reason).text
            case.facts = replace(case.facts, engine=replace(answer, reason=reason))
            yield from self._advance(case)

    def counted(self, number: int, count: int | None) -> Iterator[Command]:
        """``count`` None: nobody could count, so nobody knows."""
        case = self._waiting.pop(number, None)
        if case is not None:
            case.facts = replace(case.facts, tool_on_day=count)
            unknown = count is None and self._is_counted(case)
            yield from self._decided(case) if unknown else self._advance(case)

    def overdue(self) -> Iterator[Command]:
        late = [number for number, case in self._waiting.items() if self.state.now >= case.due_by]
        for number in late:
            if self._waiting[number].counting:
                yield from self.counted(number, None)
            else:
                yield from self.engine_answered(number, EngineAnswer(failure="timeout"))

    # -- parts of the above

    def _advance(self, case: Case) -> Iterator[Command]:
        facts, policy = self._now_stale_or_not(case), self.state.policy
        if facts.engine is not None and not self._is_still_asked(case):
            # Its answer was about other arguments, or by other rules: nobody has answered this.
            facts = case.facts = replace(facts, engine=None)
        verdict = self._hoped(case)
        if verdict.decision is Decision.DENY:
            yield from self._decided(case, verdict)
        elif policy.engine is not None and facts.engine is None:
            number = self._wait(case, policy.engine.deadline)
            case.asked = (policy.engine, self._input(case, verdict))
            yield AskEngine(EngineQuestion(number, *case.asked))
        elif (most := policy.grants[case.call.name].caps.per_day) is not None and facts.tool_on_day is None:
            yield CountCall(self._wait(case, COUNT_SECONDS, counting=True), case.call.name, most)
        else:
            yield from self._decided(case)

    def _hoped(self, case: Case) -> Verdict:
        """What would be decided if all who have not answered yet agreed."""
        facts = case.facts
        hoped = replace(facts, engine=facts.engine or _HOPED, tool_on_day=facts.tool_on_day or 0)
        return decide(case.question, self.state.policy, hoped)

    def _is_still_asked(self, case: Case) -> bool:
        """Whether the engine of now would be asked what was asked: the policy may have changed while it thought."""
        engine, answered = self.state.policy.engine, case.facts
        case.facts = replace(answered, engine=None)
        verdict = self._hoped(case)
        case.facts = answered
        return (
            engine is None
            or verdict.decision is Decision.DENY
            or (case.asked == (engine, self._input(case, verdict)))
        )

    def _is_counted(self, case: Case) -> bool:
        grant = self.state.policy.grants.get(case.call.name)
        return grant is not None and grant.caps.per_day is not None

    def _decided(self, case: Case, verdict: Verdict | None = None) -> Iterator[Command]:
        facts = self._now_stale_or_not(case)
        if case.call.state is CallState.ASKED:
            case.call.state = CallState.PENDING
        yield from self._settle(case, verdict or decide(case.question, self.state.policy, facts))

    def _now_stale_or_not(self, case: Case) -> Circumstances:
        """Its facts as they are recorded: the policy may have become too old while somebody thought about the call."""
        case.facts = replace(case.facts, stale=self.state.deadlines.is_stale(self.state.now))
        return case.facts

    def _wait(self, case: Case, seconds: float, *, counting: bool = False) -> int:
        if case.first:
            case.call.state = CallState.ASKED
        case.due_by, case.counting = self.state.now + seconds + _GRACE, counting
        number = self.state.number()
        self._waiting[number] = case
        return number

    def _circumstances(self, call: Call) -> Circumstances:
        state, counts = self.state, self.state.counts
        return Circumstances(
            stale=state.deadlines.is_stale(state.now),
            tool_in_turn=counts.tool_in_turn(call.name),
            tool_in_session=counts.tool_in_session(call.name),
            calls_in_turn=max(counts.in_turn - 1, 0),
            session=self._session(),
            now=None if state.wall is None else datetime.fromtimestamp(state.wall + state.now, UTC),
        )

    def _session(self) -> dict[str, Any]:
        state = self.state
        return {
            "id": state.session_id,
            "model": state.configuration.model,
            "seconds": int(state.deadlines.age(state.now)),
            "calls": state.counts.total,
        }

    def _input(self, case: Case, verdict: Verdict) -> dict[str, Any]:
        """What the engine is told: the arguments as the local rules have left them."""
        principal = self.state.policy.principal
        return {
            "user": {"name": principal.name, "attributes": dict(principal.attributes)},
            "role": principal.role,
            "tool": case.call.name,
            "arguments": dict(verdict.arguments or {}),
            "session": dict(case.facts.session),
            "decision": str(verdict.decision),
            "policy_version": self.state.policy.version,
        }


def _fault_of(case: Case, policy: Policy) -> Verdict | None:
    """What no policy needs to be asked about: a call that nobody could tell apart, or that was changed on the way."""
    call = case.call
    if call.duplicate:
        return denied("duplicate_call_id", "the call_id still stands for another call", policy)
    if call.streamed is not None and call.streamed != case.arguments:
        return denied("arguments_mismatch", "the final arguments differ from the streamed ones", policy)
    return None


def denied(rule: str, reason: str, policy: Policy) -> Verdict:
    return Verdict(Decision.DENY, rule, reason, NOT_AVAILABLE, policy.version, considered=(rule,))

"""One guarded conversation as a state machine: frames in, ordered commands out.

The caller owns sockets, clock and storage. It feeds ``receive_client``, ``receive_server``, ``tick`` and
``replace_policy``, and performs what they return strictly in order. No method raises for what a peer sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core import spending
from guard.core.admitted import Admitted
from guard.core.answers import Answers
from guard.core.approval import ApprovalOutcome
from guard.core.budget import DayUse
from guard.core.classifier import Judgement
from guard.core.client_events import parse, to_dict
from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, Record
from guard.core.configuration import Configuration
from guard.core.counting import CallCounts
from guard.core.engine import EngineAnswer
from guard.core.failsafe import Failsafe
from guard.core.findings import findings
from guard.core.frames import FrameLimits, ServerFault, decode_client, decode_server, encode
from guard.core.from_client import FromClient
from guard.core.from_server import FromServer
from guard.core.inquiry import Asked
from guard.core.intake import Intake
from guard.core.ledger import Ledger
from guard.core.limits import Deadlines, Renewal
from guard.core.policy import Policy
from guard.core.refusal import Refusal
from guard.core.rejections import Rejections
from guard.core.running import ToolAnswer
from guard.core.screening import Screen
from guard.core.state import Phase, State
from guard.core.toolcalls import CallState


class Session:
    def __init__(self, admitted: Admitted, now: float, frame_limits: FrameLimits | None = None) -> None:
        self._state = State(
            admitted.policy,
            Configuration(admitted.policy, admitted.model, admitted.session),
            Deadlines(admitted.policy.limits, admitted.seconds_left, now, admitted.renewal),
            now,
            admitted.expires_at,
            admitted.session_id,
            # At the end-by nothing is left: that tells what time it is now.
            admitted.expires_at - admitted.seconds_left - now if admitted.expires_at else None,
            counts=CallCounts(admitted.carried.calls),
            carried=admitted.carried,
            ledger=Ledger(admitted.day, now),
        )
        self._frame_limits = frame_limits or FrameLimits()
        self._rejections = Rejections(self._state)
        self._intake = Intake(self._state)
        answers = Answers(self._state, self._intake)
        self._from_server = FromServer(self._state, self._intake, answers)
        self._verdicts = self._from_server.verdicts
        self._from_client = FromClient(
            self._state, self._rejections, self._intake, answers, self._verdicts.consents
        )
        self._reauthentication = self._from_client.reauthentication
        self._stalled = self._state.stalled
        self._screen = Screen(self._state, self._from_server.utterances)
        self._failsafe = Failsafe(self._state)

    # -- what the caller may ask

    @property
    def is_open(self) -> bool:
        """The provider runs under the locked configuration; client frames may be processed."""
        return self._state.phase is Phase.OPEN

    @property
    def policy(self) -> Policy:
        return self._state.policy

    def next_tick(self) -> float:
        """Monotonic time at which ``tick`` must be called, if nothing else happens before."""
        state = self._state
        others = (
            state.turns.due_by,
            state.configuration.answer_by,
            state.inquiry.due_by,
            self._intake.due_by,
            self._screen.due_by,
            self._verdicts.due_by,
            self._reauthentication.due_by,
            spending.due_by(state),
        )
        return min([state.deadlines.next(), *(other for other in others if other is not None)])

    def summary(self) -> dict[str, Any]:
        """For the terminal record: counts and usage, no content."""
        calls, used = self._state.calls, self._state.meter.summary(self._state.deadlines.age(self._state.now))
        return {
            "responses": self._state.responses,
            "usage": {**used, "calls": self._state.counts.summary()},
            "tools_allowed": calls.count(CallState.DELIVERED, CallState.ANSWERED),
            "tools_denied": calls.count(CallState.DENIED),
            "refusals": self._state.refusals,
        }

    # -- what happens to it

    def receive_client(self, frame: str | bytes, now: float) -> list[Command]:
        if self._state.phase is not Phase.OPEN:
            return []
        self._state.now = now
        commands: list[Command] = []
        event: Event = {}
        try:
            event = decode_client(frame, self._frame_limits)
            for command in self._from_client.receive(to_dict(parse(event))):
                commands.append(command)
        except Refusal as refusal:
            commands += self._rejections.refuse(event, refusal)
        except Exception as fault:  # fail closed: nothing of the frame goes up
            commands = [command for command in commands if isinstance(command, Record)]
            commands += self._failsafe.fault("client", event, fault)
        return self._failsafe.ending(commands)

    def receive_server(self, frame: str | bytes, now: float) -> list[Command]:
        """While a call waits for its verdict, what comes behind it waits as well."""
        if self._state.phase is Phase.OVER:
            return []
        self._state.now = now
        if not self._verdicts.judging.holds_stream and not self._stalled:
            return self._failsafe.ending(self._server_frame(frame))
        try:
            self._stalled.push(frame)
        except OverflowError:
            return self._failsafe.ending([End(EndReason.INTERNAL, "Too much came while a call was decided.")])
        return self._failsafe.ending(self._failsafe.run("budget", {}, spending.arrived(self._state, frame)))

    def _server_frame(self, frame: str | bytes, *, counted: bool = False) -> list[Command]:
        try:
            event = decode_server(frame)
        except ServerFault as fault:
            return [*self._state.withheld("", f"malformed frame: {fault}"), *self._released()]
        spent = spending.Spent.NOTHING if counted else spending.count(self._state, event)
        commands = self._failsafe.run("server", event, self._screen.watch(self._from_server.receive(event)))
        commands += self._failsafe.run("budget", {}, spending.judge(self._state, spent))
        if self._from_server.unfinished is not None:
            self._stalled.put_back(encode(self._from_server.unfinished))
            self._from_server.unfinished = None
        return [*commands, *self._released()]

    def _released(self) -> list[Command]:
        return self._failsafe.run("client", {}, self._from_client.release_waiting())

    # -- what it has asked for

    def receive_engine(self, number: int, answer: EngineAnswer, now: float) -> list[Command]:
        return self._learn(self._verdicts.judging.engine_answered(number, answer), now)

    def receive_count(self, number: int, count: int | None, now: float) -> list[Command]:
        """``count`` None: it could not be counted."""
        return self._learn(self._verdicts.judging.counted(number, count), now)

    def receive_day(self, number: int, day: DayUse | None, now: float) -> list[Command]:
        """``day`` None: nobody could say."""
        return self._learn(spending.answered(self._state, number, day, self._from_server.refused), now)

    def receive_tool_answer(self, number: int, answer: ToolAnswer, now: float) -> list[Command]:
        return self._learn(self._verdicts.runs.answered(number, answer), now)

    def receive_approval(self, outcome: ApprovalOutcome, now: float) -> list[Command]:
        return self._learn(self._verdicts.consents.outcome(outcome), now)

    def receive_use(self, number: int, used: bool, now: float) -> list[Command]:
        return self._learn(self._verdicts.consents.used(number, used), now)

    def receive_renewal(
        self, number: int, accepted: bool | None, renewal: Renewal | None, now: float
    ) -> list[Command]:
        """``accepted`` None: the ticket could not be checked."""
        return self._learn(self._reauthentication.answered(number, accepted, renewal), now)

    def receive_renewal_from_elsewhere(self, renewal: Renewal, now: float) -> list[Command]:
        """The application's backend may have shown a ticket, or not."""
        return self._learn(self._reauthentication.renewed(renewal), now)

    @property
    def awaits_renewal(self) -> bool:
        """Whether somebody should look if a ticket was shown elsewhere."""
        return self.is_open and self.policy.limits.reauthenticate_seconds is not None

    @property
    def awaits_approval(self) -> bool:
        """Whether somebody should look if people have decided."""
        return bool(self._verdicts.consents.numbers)

    def _learn(self, news: Iterator[Command], now: float) -> list[Command]:
        """What follows from an answer, and from the frames that waited for it. A late one changes nothing."""
        if self._state.phase is Phase.OVER:
            return []
        self._state.now = now
        commands = [*self._failsafe.run("answer", {}, self._screen.watch(news)), *self._released()]
        while self._stalled and not self._verdicts.judging.holds_stream:
            commands += self._server_frame(self._stalled.pop(), counted=True)
        commands += self._failsafe.run("answer", {}, self._screen.watch(self._verdicts.go_on()))
        return self._failsafe.ending(commands)

    def tick(self, now: float) -> list[Command]:
        self._state.now = now
        if self._state.phase is Phase.OVER:
            return []
        commands = self._failsafe.run("budget", {}, spending.tick(self._state, self._from_server.refused))
        if reason := self._state.deadlines.passed(now):
            return self._failsafe.ending([*commands, End(reason)])
        answer_by = self._state.configuration.answer_by
        if answer_by is not None and now >= answer_by:
            return self._failsafe.ending(
                [End(EndReason.INTERNAL, "The provider did not confirm the new configuration.")]
            )
        commands += self._failsafe.run("reauthentication", {}, self._reauthentication.ask())
        due_by = self._state.turns.due_by
        if due_by is not None and now >= due_by:
            self._state.turns.ours_failed()
        commands += self._released()
        commands += self._failsafe.run("classifier", {}, self._screen.tick())
        commands += self._learn(self._verdicts.overdue(), now)
        for question in self._state.inquiry.overdue(now):
            commands += self.receive_judgement(question.number, Judgement(failure="timeout"), now)
        return self._failsafe.ending(commands)

    def receive_judgement(self, number: int, judgement: Judgement, now: float) -> list[Command]:
        """The answer to an ``Ask``. One that comes late, or twice, changes nothing."""
        self._state.now = now
        asked = self._state.inquiry.answer(number, judgement) if self._state.phase is not Phase.OVER else None
        if asked is None:
            return []
        news = self._failsafe.run("classifier", {}, self._judged(asked, judgement))
        return self._failsafe.ending([*news, *self._released()])

    def policy_seen(self, now: float) -> None:
        """The caller has confirmed that this session's policy is the newest."""
        self._state.deadlines.policy_seen(now)

    def replace_policy(self, policy: Policy, now: float) -> list[Command]:
        """Swaps the policy under the session. Texts under way keep the rules they began with; pending calls
        are judged by the new policy. An older version changes nothing."""
        state = self._state
        state.now = now
        if state.phase is Phase.OVER or policy.version < state.policy.version or policy == state.policy:
            return []
        state.policy = policy
        state.deadlines.limits = policy.limits
        applied = state.record("policy.applied", str(policy.version))
        return [applied, *self._reconfigure(policy), *self._verdicts.given_up.withdrawn()]

    def close(self, now: float) -> list[Command]:
        """The last facts of a session that is over, whichever way it ended: calls that nobody will answer
        now."""
        state = self._state
        state.now, state.phase = now, Phase.OVER
        cancels = [state.order("response.cancel", response_id=active) for active in state.turns.active]
        return [*cancels, *self._verdicts.left_unfinished()]

    # -- parts of the above

    def _judged(self, asked: Asked, judgement: Judgement) -> Iterator[Command]:
        yield from findings(self._state, asked, judgement)
        to_client = asked.question.direction == "to_client"
        yield from (self._screen if to_client else self._intake).answered(asked.question)

    def _reconfigure(self, policy: Policy) -> Iterator[Command]:
        change = self._state.configuration.change_for(policy)
        if change and self._state.phase is not Phase.CONNECTING:
            order = self._state.order("session.update", session={"type": "realtime", **change})
            self._state.configuration.sent(
                order.event["event_id"], change, by_client=False, now=self._state.now
            )
            yield order
        elif change:
            self._state.configuration.amend(change)

"""Function calls on their way from the model to the client: hold, decide once, then deliver or refuse.

A denied call leaves no trace at the client, unless its tool streams arguments: then it ends as incomplete. The model
gets a neutral output for it, so the conversation goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core.answers import Answers
from guard.core.commands import Command, Event
from guard.core.consents import Consents
from guard.core.decision import Decision
from guard.core.deliveries import PART_SHOWN, Deliveries
from guard.core.evidence import MOST_RECORDED
from guard.core.following import Following
from guard.core.given_up import GivenUp
from guard.core.judging import Case, Judging, denied
from guard.core.late_delivery import LateDelivery
from guard.core.mcp import McpCalls
from guard.core.own_runs import OwnRuns
from guard.core.policy import Verdict
from guard.core.redact import Hit
from guard.core.results import filter_echo
from guard.core.running import Runner
from guard.core.state import State
from guard.core.toolcalls import Call, CallState, Unanswerable
from guard.core.utterances import Utterances
from guard.core.watching import may_watch

_JUDGED_BY = ("conversation.item.done", "response.output_item.done")
"""Items that are complete. ``added`` and ``created`` may come before their arguments."""
_RETRIEVED = "conversation.item.retrieved"


class Verdicts:
    def __init__(self, state: State, utterances: Utterances, answers: Answers) -> None:
        self.state = state
        self.utterances = utterances
        self.answers = answers
        self.deliveries = Deliveries(state)
        self.following = Following(state)
        self.judging = Judging(state, self._settle)
        self.runs = OwnRuns(state, answers, self.following)
        self.given_up = GivenUp(state, answers, self.following, self.runs)
        self.consents = Consents(state, self.judging, answers, self.following, self.deliveries)
        self.late = LateDelivery(state, self.judging, self.deliveries)
        self.mcp = McpCalls(state, self.judging, self.following)
        self._decides = {"function_call": self.item, "mcp_approval_request": self.mcp.item}

    @property
    def due_by(self) -> float | None:
        """When somebody's answer must have come: an engine's, an endpoint's, a person's, the client's."""
        parts = (self.judging, self.runs, self.mcp, self.consents, self.following, self.state.calls)
        return min((due_by for part in parts if (due_by := part.due_by) is not None), default=None)

    def overdue(self) -> Iterator[Command]:
        """What has not come in time will not come: the calls go on, or end, without it."""
        yield from self.judging.overdue()
        yield from self.runs.overdue()
        yield from self.mcp.overdue()
        yield from self.consents.overdue()
        yield from self.given_up.unanswered()

    # -- events of a call

    def item(self, event: Event, item: dict[str, Any]) -> Iterator[Command]:
        try:
            call = self.state.calls.announce(item, str(event.get("response_id", "")))
        except Unanswerable as fault:
            self.state.conversation.hide(item["id"], event.get("previous_item_id"))
            yield from self.state.withheld(event["type"], str(fault))
            return
        call.response_id = call.response_id or str(event.get("response_id", ""))
        if call.state is CallState.PENDING and event["type"] != _RETRIEVED:
            yield from self._undecided(event, item, call)
        # The end of a closed call has been told; only who asks for it is shown it again.
        if not call.is_hidden and (not call.is_closed or event["type"] == _RETRIEVED):
            yield from self.deliveries.show(event, call)

    def _undecided(self, event: Event, item: dict[str, Any], call: Call) -> Iterator[Command]:
        if call.is_new and event["type"] not in _JUDGED_BY and may_watch(call, self.state):
            self.deliveries.watch(call)
        self.state.conversation.hide(call.item_id, event.get("previous_item_id"))
        if event["type"] not in _JUDGED_BY:
            call.hold(event)
        elif item.get("status") in ("completed", None):
            yield from self.judging.begin(call, str(item.get("arguments") or ""))
            call.behind = event if call.state is CallState.ASKED else None
        else:
            yield from self._abandon(call)

    def arguments_delta(self, event: Event) -> Iterator[Command]:
        """Nothing of the arguments goes out before they are judged whole, unless the tool streams them."""
        call = self.state.calls.of_item(str(event.get("item_id", "")))
        if call is None or not isinstance(event.get("delta"), str):
            yield from self.state.withheld(event["type"], "no such call")
        elif call.state is CallState.PENDING:
            if call.watched is not None and not may_watch(call, self.state):
                call.watched.stop("policy")
            yield from self.deliveries.delta(event, call)

    def arguments_done(self, event: Event) -> Iterator[Command]:
        call = self.state.calls.of_item(str(event.get("item_id", "")))
        if call is None:
            yield from self.state.withheld(event["type"], "no such call")
        elif call.state is CallState.PENDING:
            call.response_id = call.response_id or str(event.get("response_id", ""))
            call.done = event
            yield from self.judging.begin(call, str(event.get("arguments") or ""))

    def output_item(self, event: Event, item: dict[str, Any]) -> Iterator[Command]:
        """The echo of an output: ours for a denied call stays hidden, the client's is shown as it was sent
        up."""
        call = self.state.calls.of_call(str(item.get("call_id", "")))
        if call is None or call.is_hidden or call.grant is None:
            self.state.conversation.hide(str(item["id"]), event.get("previous_item_id"))
            return
        filtered = filter_echo(str(item.get("output") or ""), call.grant, self.state.policy.to_client)
        yield from self.deliveries.output(event, item, filtered.text)

    # -- the decision

    def _settle(self, case: Case, verdict: Verdict) -> Iterator[Command]:
        """The verdict is on record before anything follows from it."""
        call, policy, shown, hits = case.call, self.state.policy, "", list[Hit]()
        if case.waited and self.state.turns.is_unwanted(call.response_id):
            yield from self._abandon(call)  # the client has cancelled it while somebody thought about it
            return
        verdict = self._unless_impossible(case, verdict)
        if verdict.arguments is not None:
            try:
                shown, hits = self.deliveries.redacted(verdict.arguments, call)
            except Exception as error:  # as inside a rule: fail closed, and say where
                verdict = denied(
                    "error", f"{type(error).__name__} in what the rules made of the arguments", policy
                )
            else:
                if not shown.startswith(call.shown):
                    verdict, shown = denied("arguments_shown", "other arguments were shown", policy), ""
        if call.told and verdict.arguments is None:
            yield from self.consents.end(case, verdict)
            return
        call.verdict = verdict
        yield self.deliveries.record(case, verdict, shown)
        if verdict.decision is Decision.REQUIRE_APPROVAL:
            self.state.counts.made(call.name)
            yield from self.consents.ask(case, verdict, shown)
        elif verdict.arguments is not None and verdict.decision.permits:
            yield from self.state.hits(hits, call.item_id, "response.function_call_arguments.done")
            yield from self._allow(case, verdict, shown)
        else:
            yield from self._deny(call, verdict)

    def _unless_impossible(self, case: Case, verdict: Verdict) -> Verdict:
        """What is permitted, and cannot be done. People are asked once about a call, and not about more calls than they
        can look at; what the client has seen begin cannot be taken over; what the conversation does not hold nobody
        could answer later."""
        call, outside = case.call, self.answers.is_out_of_band(case.call)
        if verdict.arguments is None:
            return verdict
        waits, runner = verdict.decision is Decision.REQUIRE_APPROVAL, self._runner(call)
        rule, reason = "", ""
        if call.mcp is not (runner is Runner.MCP):
            rule, reason = "default_deny", "the tool is not called in this way"
        elif waits and call.told:
            rule, reason = "approval", "the action is not the one that was agreed to"
        elif waits and self.consents.is_full:
            rule, reason = "approval", "too many calls wait for approval"
        elif call.watched is not None and (waits or runner is not Runner.CLIENT):
            rule, reason = "arguments_shown", "the client has seen the call begin"
        elif outside and (waits or runner is not Runner.CLIENT):
            rule, reason = "out_of_band", "nothing could answer it later"
        return denied(rule, reason, self.state.policy) if rule else verdict

    def _runner(self, call: Call) -> Runner:
        return self.state.policy.grants[call.name].tool.runner

    def _allow(self, case: Case, verdict: Verdict, shown: str) -> Iterator[Command]:
        call = case.call
        if not call.told:
            self.state.counts.made(call.name)
        call.made, call.arguments = verdict.arguments, shown
        call.grant = self.state.policy.grants[call.name]
        if call.mcp:
            yield from self.mcp.approve(call)
        elif call.grant.tool.runner is Runner.HTTP:
            call.release()
            yield from self.runs.start(call)
        elif call.told:
            yield from self.late.deliver(case)
        else:
            self.state.calls.delivered(call, self.state.now)
            self.state.conversation.show(call.item_id)
            yield from self.deliveries.release(call, call.done)
            if call.behind is not None:
                yield from self.deliveries.show(call.behind, call)

    def _deny(self, call: Call, verdict: Verdict) -> Iterator[Command]:
        call.state = CallState.DENIED
        if not call.duplicate:
            yield from self.answers.refuse(call, verdict.message)
        yield from self.deliveries.close(call)

    def _abandon(self, call: Call) -> Iterator[Command]:
        call.state = CallState.ABANDONED
        fields = {"tool": call.name}
        if call.shown:
            fields["arguments"] = call.shown[:MOST_RECORDED]
        reason = PART_SHOWN if call.shown else ""
        yield self.state.record(
            "tool.abandoned", call.call_id, outcome="cut_off", reason=reason, fields=fields
        )
        yield from self.deliveries.close(call)

    def view(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """The call inside ``response.done``."""
        call = self.state.calls.of_item(str(item.get("id", "")))
        return None if call is None else self.deliveries.view(item, call)

    # -- the end of a response

    def settle(self, response_id: str, output: list[dict[str, Any]], *, completed: bool) -> Iterator[Command]:
        """Judges or abandons what is still pending when its response is done. While a call waits for its verdict the
        end of the response does too, and then comes here once more."""
        for index, item in enumerate(output):
            if self.judging.holds_stream:
                return
            call = self.state.calls.of_item(item["id"])
            if call is not None:
                call.response_id = call.response_id or response_id
            decide = self._decides.get(str(item.get("type"))) if completed and _is_undecided(call) else None
            if decide is not None:
                event = {
                    "type": "response.output_item.done",
                    "event_id": self.state.own_id("event_sp_"),
                    "response_id": response_id,
                    "output_index": index,
                    "item": item,
                }
                yield from decide(event, item)
        for call in self.state.calls.of_response(response_id):
            if call.state is CallState.PENDING:
                yield from self._abandon(call)

    def next_turn(self, response: dict[str, Any]) -> Iterator[Command]:
        """The response is over: what had to wait for that, and who goes on."""
        yield from self.following.response_done(response)
        yield from self.late.deliver_waiting()

    def go_on(self) -> Iterator[Command]:
        """What had to wait for the end of a response, wherever else its end may be found."""
        yield from self.following.pay()
        yield from self.late.deliver_waiting()

    def left_unfinished(self) -> Iterator[Command]:
        """The session is over: each call that nobody will answer now has one last record."""
        for call in self.state.calls.unfinished():
            fields = {"tool": call.name}
            yield self.state.record("tool.abandoned", call.call_id, outcome=_left_as(call), fields=fields)


def _is_undecided(call: Call | None) -> bool:
    return call is None or call.state is CallState.PENDING


def _left_as(call: Call) -> str:
    agreed = call.verdict is not None and call.verdict.decision.permits
    if call.state is CallState.WAITING and not agreed:
        return "not_approved"
    return "unanswered" if call.state in (CallState.DELIVERED, CallState.RUNNING) else "cut_off"

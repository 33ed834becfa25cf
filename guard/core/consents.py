"""Calls that a person must agree to. The model is told at once that it waits, and later how it ended.

An approval is bound to the exact action: when it comes the call is judged once more, by the policy of now, and goes on
only if that leaves the very arguments which were agreed to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guard.core.answers import Answers
from guard.core.approval import ApprovalOutcome, ApprovalRequest, ApprovalState, Approver
from guard.core.commands import Command, DecideApproval, RequestApproval, UseApproval
from guard.core.decide import WAITING
from guard.core.deliveries import Deliveries
from guard.core.following import Following
from guard.core.frames import encode
from guard.core.judging import Case, Judging, denied
from guard.core.onrecord import id_on_record, text_on_record
from guard.core.policy import Verdict
from guard.core.refusal import denied as refused
from guard.core.shapes import OWN_PREFIX
from guard.core.state import State
from guard.core.toolcalls import Call, CallState

MOST_WAITING = 8
"""As many as the control plane keeps pending for a session: who is flooded with questions says yes to all of them."""
_GRACE = 2.0
_USE_SECONDS = 5.0
_PREFIX = f"{OWN_PREFIX}approval_"
NOT_AGREED = "This action was not approved."


@dataclass(slots=True)
class Consent:
    """``case`` is what was decided, ``digest`` the action that people are asked about. ``using``: it was agreed to, and
    is being used up."""

    call: Call
    case: Case
    digest: str
    approver: Approver
    due_by: float
    using: bool = False


class Consents:
    """Whoever holds this must feed ``end`` with the verdict of a call that was judged ``again``."""

    def __init__(
        self, state: State, judging: Judging, answers: Answers, following: Following, deliveries: Deliveries
    ) -> None:
        self.state = state
        self._judging = judging
        self._answers = answers
        self._following = following
        self._deliveries = deliveries
        self._open: dict[int, Consent] = {}

    @property
    def is_full(self) -> bool:
        return len(self._open) >= MOST_WAITING

    @property
    def numbers(self) -> list[int]:
        """Of the requests whose outcome is awaited."""
        return [number for number, consent in self._open.items() if not consent.using]

    @property
    def due_by(self) -> float | None:
        return min((consent.due_by for consent in self._open.values()), default=None)

    def ask(self, case: Case, verdict: Verdict, arguments: str) -> Iterator[Command]:
        """``arguments`` as people may see them."""
        duty = next(each for each in verdict.obligations if each.kind == "approval").parameters
        call, number = case.call, self.state.number()
        approver, seconds = Approver(duty["by"]), float(duty["seconds"])
        due_by = self.state.now + seconds + _GRACE
        self._open[number] = Consent(call, case, duty["digest"], approver, due_by)
        call.state, call.made, call.ours = CallState.WAITING, verdict.arguments, True
        call.release()  # should it be delivered after all, then as a response of its own
        yield RequestApproval(
            ApprovalRequest(
                number,
                approver,
                id_on_record(call.call_id, self.state.policy),
                call.name,
                duty["digest"],
                arguments,
                seconds,
                verdict.policy_version,
            )
        )
        if approver is Approver.USER:
            yield from self._deliveries.ask_user(call, f"{_PREFIX}{number}", arguments)
        yield from self._answers.give(call, _waiting(verdict.message))
        call.told = True

    def outcome(self, outcome: ApprovalOutcome) -> Iterator[Command]:
        """What people have said. Told twice, or about another action, it changes nothing."""
        consent = self._open.get(outcome.number)
        if consent is None or consent.using or outcome.digest != consent.digest:
            return
        if outcome.state is ApprovalState.APPROVED:
            consent.using, consent.due_by = True, self.state.now + _USE_SECONDS
            yield UseApproval(outcome.number, consent.digest)
        elif outcome.state is not ApprovalState.PENDING:
            yield from self._refused(outcome.number, f"{outcome.state} {outcome.by}".strip())

    def used(self, number: int, used: bool) -> Iterator[Command]:
        consent = self._open.get(number)
        if consent is None or not consent.using:
            return
        if not used:
            yield from self._refused(number, "the approval could not be used")
            return
        del self._open[number]
        yield from self._judging.again(consent.case, consent.digest)

    def overdue(self) -> Iterator[Command]:
        late = [number for number, consent in self._open.items() if self.state.now >= consent.due_by]
        for number in late:
            yield from self._refused(number, "nobody agreed in time")

    def answer_of_client(self, item: Mapping[str, Any]) -> DecideApproval:
        """The user's own word, as an ``mcp_approval_response``. Raises ``Refusal`` unless he was asked and has not
        answered yet."""
        asked = str(item["approval_request_id"])
        number = int(asked[len(_PREFIX) :]) if asked[len(_PREFIX) :].isdecimal() else 0
        consent = self._open.get(number) if asked == f"{_PREFIX}{number}" else None
        if consent is None or consent.using or consent.approver is not Approver.USER:
            raise refused("item.approval_request_id", "There is no such request to answer.", rule="approval")
        # His reason goes on record, and is anything that he likes to write.
        reason = text_on_record(str(item.get("reason") or ""), self.state.policy.to_client)[:500]
        return DecideApproval(number, bool(item["approve"]), reason)

    def _refused(self, number: int, reason: str) -> Iterator[Command]:
        consent = self._open.pop(number)
        yield from self.end(consent.case, denied("approval", reason, self.state.policy))

    def end(self, case: Case, verdict: Verdict) -> Iterator[Command]:
        """The call will not be made after all."""
        call = case.call
        call.state, call.verdict = CallState.DENIED, verdict
        yield self._deliveries.record(case, verdict)
        yield from self._answers.refuse(call, NOT_AGREED, "not_approved")
        self._following.owe()
        yield from self._following.pay()


def _waiting(message: str) -> str:
    return encode({"status": "waiting_for_approval", "message": message or WAITING})

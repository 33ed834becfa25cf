"""Who goes on after a call. The rule: behind everything that Sallyport has told the model a response begins, and one
is enough. However the response ended that made the call, that one is

- the client's, where a call of that response is the client's to answer, or where it has asked for one by itself;
- the answer to the user, where he has interrupted, speaks or has just spoken;
- any other that begins when the provider has confirmed what was told;
- else one that Sallyport asks for.

Nothing may be asked for while a response is being spoken, nor while one that we asked for is due; nor while frames of
the provider wait, which may tell of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guard.core.commands import Command, ToUpstream
from guard.core.spending import before
from guard.core.state import State
from guard.core.toolcalls import Call, CallState
from guard.core.turns import Response

_BUSY = "conversation_already_has_active_response"
_CLIENTS = frozenset({CallState.DELIVERED, CallState.ANSWERED})
_RUN = frozenset({CallState.RUNNING, CallState.ANSWERED})


class Following:
    def __init__(self, state: State) -> None:
        self.state = state
        self._own_response: str | None = None
        self._unsettled: dict[str, Mapping[str, Any]] = {}
        self._owed: dict[str, Any] | None = None
        self._paid: dict[str, Any] | None = None

    def response_done(self, response: dict[str, Any]) -> Iterator[Command]:
        """The client's own request goes next when it has a call to answer."""
        response_id = str(response["id"])
        ended = self.state.turns.done(response_id)
        calls = self.state.calls.of_response(response_id)
        if not ended.out_of_band:
            self._after(response, calls)
        yield from self.pay()

    def settled(self, call: Call) -> Iterator[Command]:
        """One of the calls that Sallyport runs has been answered."""
        response = self._unsettled.get(call.response_id)
        if response is not None and not self._runs(self.state.calls.of_response(call.response_id)):
            del self._unsettled[call.response_id]
            self.owe(response)
        yield from self.pay()

    def owe(self, response: Mapping[str, Any] | None = None, **fields: Any) -> None:
        """The model must be asked to go on as soon as nobody speaks, in the modalities of ``response``: the client may
        have chosen them for that turn only. Asked once, it answers all that it has been told."""
        if modalities := (response or {}).get("output_modalities"):
            fields["output_modalities"] = modalities
        self._owed = {**(self._owed or {}), **fields}

    def pay(self) -> Iterator[Command]:
        turns = self.state.turns
        # Asked first: it also notes that his turn is over, which must not be looked for again and again.
        if turns.is_users(self.state.now) or turns.is_asked:
            return
        if self._owed is None or self.state.stalled or turns.is_speaking or turns.must_wait:
            return
        self._paid, self._owed = self._owed, None
        turns.expect_ours(self.state.now)
        yield from before(self.state, self._create(self._paid))

    @property
    def due_by(self) -> float | None:
        """When the user should have been answered, so that nobody waits for that any longer."""
        return None if self._owed is None else self.state.turns.users_until

    def begun(self, response: Response) -> None:
        """It knows all that the model has been told, unless that is still on its way."""
        if not response.out_of_band and self.state.turns.has_heard_all:
            self._owed = self._paid = None

    def is_refused(self, error: Mapping[str, Any]) -> bool:
        """Whether an error that names no event is about a request of ours."""
        return error.get("code") == _BUSY and self.state.turns.has_ours

    def own_order_failed(self, event_id: str) -> Iterator[Command]:
        """An order of ours was refused by the provider; the client never learns of it. ``event_id`` "": a request."""
        yield from self.state.withheld("error", "about an order of ours")
        self.state.turns.not_heard(event_id)
        if event_id in ("", self._own_response):
            yield from self.request_failed()

    def request_failed(self) -> Iterator[Command]:
        """Our request for a response has come to nothing. Where another response was under way, which may not know
        what this one was to tell, it is asked for once more behind it."""
        turns = self.state.turns
        if turns.due_by is None and turns.is_speaking and self._paid is not None:
            self._owed = {**self._paid, **(self._owed or {})}
        turns.ours_failed()
        yield from self.pay()

    # -- parts of the above

    def _after(self, response: dict[str, Any], calls: list[Call]) -> None:
        calls = [call for call in calls if call.state is not CallState.ABANDONED]
        if not calls or any(_is_clients(call) for call in calls):
            self.state.turns.not_denied()
        elif self._runs(calls):
            self._unsettled[str(response["id"])] = response
        elif response.get("status") == "cancelled":  # somebody wants to say something, or silence
            self.state.turns.not_denied()
        elif all(call.state is CallState.DENIED for call in calls):
            self.owe(response, **self.state.turns.after_denial())
        else:
            self.owe(response)

    def _runs(self, calls: list[Call]) -> bool:
        """Whether the model still waits for one of them: also a result that has come may be under judgement."""
        runs = self.state.turns.runs
        return any(call.state in _RUN and call.call_id in runs for call in calls)

    def _create(self, fields: dict[str, Any]) -> ToUpstream:
        order = self.state.order("response.create", **({"response": fields} if fields else {}))
        self._own_response = order.event["event_id"]
        return order


def _is_clients(call: Call) -> bool:
    """The client has it, or had it: it goes on by itself."""
    return not call.ours and not call.told and call.state in _CLIENTS

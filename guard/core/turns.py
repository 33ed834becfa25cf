"""Whose turn it is: responses under way, and the ones that Sallyport asks for after it has refused a call."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

from guard.core.commands import Event

_MOST_ACTIVE = 64
_MOST_QUEUED = 8
_PATIENCE = 10.0
"""Seconds: a provider that does not even begin our response by then will not."""
_LONGEST_SPEECH = 60.0
"""Seconds: whoever began to speak and was never heard to end, since his sound was thrown away, ends by then."""
_MOST_NOTICES = 3
"""In a row. A provider that does not give our metadata back makes a notice look like any other response."""
_DENIED_ROUNDS = 2
"""After this many responses in a row that held nothing but denied calls, the model must answer in words."""


class TooManyQueued(Exception):
    """The client asked for more responses than may wait behind one of ours."""


@dataclass(slots=True)
class Response:
    """``bytes_per_ms`` of its sound, None when it does not say. ``is_notice``: it says that something was withheld;
    ``withheld``: some of its speech was; ``noticed``: and that was said. ``unwanted``: the client has cancelled it."""

    response_id: str
    out_of_band: bool = False
    ours: bool = False
    cancelling: bool = False
    bytes_per_ms: int | None = None
    is_notice: bool = False
    withheld: bool = False
    noticed: bool = False
    unwanted: bool = False


class Turns:
    """At most one response writes to the conversation at a time; the provider refuses a second one with
    ``conversation_already_has_active_response``. So while one of ours is due, the client's wait."""

    def __init__(self) -> None:
        self.active: dict[str, Response] = {}
        self._over: OrderedDict[str, Response] = OrderedDict()
        self._due_by: float | None = None
        self._queued: deque[Event] = deque()
        self._denied_rounds = 0
        self._notices = 0
        self._client_commits: deque[tuple[str, float]] = deque(maxlen=_MOST_QUEUED)
        self.runs: set[str] = set()
        """Ids of calls that Sallyport runs and that the model has had no answer to."""
        self._passed: set[str] = set()
        self._unheard: dict[str, str] = {}
        self._speaks_until: float | None = None
        self._answered_until: float | None = None

    def created(self, response_id: str, *, out_of_band: bool) -> Response:
        if response_id in self.active:
            return self.active[response_id]  # said twice: what is known of it stays known
        if len(self.active) >= _MOST_ACTIVE:
            raise OverflowError("too many responses at once")
        ours = self._due_by is not None and not out_of_band
        if ours:
            self._due_by = None
        if not out_of_band:
            self._answered_until = None
        response = self.active[response_id] = Response(response_id, out_of_band, ours)
        return response

    def done(self, response_id: str) -> Response:
        response = self.active.pop(response_id, None) or Response(response_id)
        self._over[response_id] = response
        if not response.withheld:
            self._notices = 0
        if len(self._over) > _MOST_ACTIVE:
            self._over.popitem(last=False)
        return response

    def cancel(self, response_id: str | None) -> None:
        """A cancel is on its way: texts that end from here on may be cut in mid-value."""
        for response in self.active.values():
            if response_id in (None, response.response_id):
                response.cancelling = True

    def client_cancels(self, response_id: str | None) -> list[Event]:
        """Also what he had asked for before it: requests that wait, if he names no response, will not be made."""
        self.cancel(response_id)
        for response in self.active.values():
            response.unwanted = response.unwanted or response_id in (None, response.response_id)
        self.moves_on()
        withdrawn = list(self._queued) if response_id is None else []
        if withdrawn:
            self._queued.clear()
        return withdrawn

    def moves_on(self) -> None:
        """The user has said something new, or wants no more of this: nobody waits for the calls that run now. What they
        return is said behind it."""
        self._passed = set(self.runs)

    def is_unwanted(self, response_id: str) -> bool:
        response = self.active.get(response_id)
        return response is not None and response.unwanted

    def withheld(self, response_id: object) -> bool:
        """Speech of the response was kept from the client. True if the response is over already."""
        active = self.active.get(response_id) if isinstance(response_id, str) else None
        response = active or self.over(response_id)
        if response is not None:
            response.withheld = True
        return active is None

    def may_notice(self) -> bool:
        """Whether one more notice may be asked for: not when the last ones were withheld themselves."""
        self._notices += 1
        return self._notices <= _MOST_NOTICES

    def over(self, response_id: object) -> Response | None:
        """One of the last responses that have ended."""
        return self._over.get(response_id) if isinstance(response_id, str) else None

    def is_cancelling(self, response_id: object) -> bool:
        response = self.active.get(response_id) if isinstance(response_id, str) else None
        return response is not None and response.cancelling

    # -- turns of the user

    def user_speaks(self, now: float, *, interrupts: bool) -> None:
        """``interrupts``: the provider may stop what is being said right now."""
        self._speaks_until = now + _LONGEST_SPEECH
        if interrupts:
            self.cancel(None)

    def user_spoke(self, now: float, *, is_answered: bool) -> None:
        """``is_answered``: by a response of its own. Else the client asks for one, or nobody does."""
        self._speaks_until = None
        if is_answered:
            self.is_to_be_answered(now)

    def is_to_be_answered(self, now: float) -> None:
        """A response that we have not asked for begins any moment now: one to the user's turn, or the client's."""
        self._answered_until = now + _PATIENCE

    def is_not_answered(self) -> None:
        """It has been refused."""
        self._answered_until = None

    def is_users(self, now: float) -> bool:
        """Whether he speaks, or is about to be answered."""
        if self._speaks_until is not None and now >= self._speaks_until:
            self._speaks_until = None
        if self._answered_until is not None and now >= self._answered_until:
            self._answered_until = None
        return self.users_until is not None

    @property
    def users_until(self) -> float | None:
        """When to look again whether it is still his turn, None when it is not."""
        both = (self._speaks_until, self._answered_until)
        return min((until for until in both if until is not None), default=None)

    def client_commits(self, event_id: str, now: float) -> None:
        """The client ends a turn by itself. It does not expect an answer before it asks for one."""
        self._client_commits.append((event_id, now))

    def is_ending(self, now: float) -> bool:
        """Whether the client has just ended a turn and the provider has not said so yet."""
        return any(now - began < _PATIENCE for _, began in self._client_commits)

    def commit_failed(self, event_id: str) -> None:
        """``event_id`` "": the provider did not say which."""
        failed = [each for each in self._client_commits if event_id in ("", each[0])]
        for each in failed:
            self._client_commits.remove(each)

    def committed_by_client(self) -> bool:
        """Whether the turn that has just ended is one of those, which are over in the order they were ended in."""
        if not self._client_commits:
            return False
        self._client_commits.popleft()
        return True

    # -- what the model has been told by us

    def told(self, item_id: str, event_id: str) -> None:
        """An item of ours goes up. A response that begins before the provider has confirmed it may not know of it."""
        self._unheard[item_id] = event_id

    def heard(self, item_id: str) -> None:
        self._unheard.pop(item_id, None)

    def not_heard(self, event_id: str) -> None:
        """The provider refused it."""
        self._unheard = {item: event for item, event in self._unheard.items() if event != event_id}

    @property
    def has_heard_all(self) -> bool:
        return not self._unheard

    # -- the responses that we ask for

    def after_denial(self) -> dict[str, str]:
        """Fields of our own ``response.create`` after a response that held nothing but denied calls."""
        self._denied_rounds += 1
        return {"tool_choice": "none"} if self._denied_rounds >= _DENIED_ROUNDS else {}

    def not_denied(self) -> None:
        """A response that held anything else."""
        self._denied_rounds = 0

    def expect_ours(self, now: float) -> None:
        """A ``response.create`` of our own goes up: the next response in the conversation answers it."""
        self._due_by = now + _PATIENCE

    @property
    def is_speaking(self) -> bool:
        """Whether a response writes to the conversation now."""
        return any(not response.out_of_band for response in self.active.values())

    def stop_all(self) -> list[str]:
        """Ids of the responses that must be cancelled now."""
        stopped = [each.response_id for each in self.active.values() if not each.cancelling]
        self.cancel(None)
        return stopped

    @property
    def due_by(self) -> float | None:
        """When we stop waiting for the response that we asked for."""
        return self._due_by

    @property
    def must_wait(self) -> bool:
        """While one of ours is due or under way, or a call of the model's last words has no answer yet."""
        return self.has_ours or not self.runs <= self._passed

    @property
    def has_ours(self) -> bool:
        return self._due_by is not None or any(response.ours for response in self.active.values())

    @property
    def is_asked(self) -> bool:
        """Whether the client has asked for a response that waits for nothing but its turn."""
        return bool(self._queued)

    def queue(self, event: Event) -> None:
        if len(self._queued) >= _MOST_QUEUED:
            raise TooManyQueued
        self._queued.append(event)

    def ours_failed(self) -> None:
        self._due_by = None

    def next_queued(self) -> Event | None:
        """The client's oldest waiting ``response.create``, once nothing of ours is in its way."""
        return self._queued.popleft() if self._queued and not self.must_wait else None

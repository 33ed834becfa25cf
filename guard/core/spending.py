"""Budgets: what the session spends is counted, and judged before every response and while it is spent.

What belongs to the session alone is judged at once. What belongs to the user's day is asked about, because other
sessions of the same user may run anywhere: a request for a response waits for the answer, a response that the provider
has begun by itself is cancelled when the answer is no. Without an answer there is no response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Any

from guard.core.budget import DayUse, Exhausted, Use
from guard.core.closing import EndReason
from guard.core.commands import AskLedger, Command, End, Event, ToClient, ToUpstream
from guard.core.events import Treatment, treatment_of
from guard.core.frames import ServerFault, decode_server
from guard.core.ledger import Question
from guard.core.prices import Prices
from guard.core.shapes import OWN_PREFIX
from guard.core.state import CLIENT_PREFIX, State

UNAVAILABLE = "service_unavailable"
_NO_ANSWER = "The budget could not be looked at; ask again."
_DAY_OVER = "The budget of this day is used up."
_NO_PRICE = "no price for the model"

Refuse = Callable[[Event], Iterator[Command]]
"""What becomes of a provider's ``error`` about a request: here it is we who refuse it."""


class Spent(Enum):
    """By one event. What the provider has REPORTED is news to other sessions of the user."""

    NOTHING = auto()
    SPEECH = auto()
    REPORTED = auto()


# -- what is spent


def arrived(state: State, frame: str | bytes) -> Iterator[Command]:
    """A frame that must wait before it is looked at: what it tells of has been spent all the same."""
    try:
        event = decode_server(frame)
    except ServerFault:
        return
    yield from judge(state, count(state, event))


def count(state: State, event: Event) -> Spent:
    """An event of the provider, once, as soon as it arrives."""
    treatment = treatment_of(event["type"]) if isinstance(event.get("type"), str) else None
    if treatment is Treatment.AUDIO_DELTA and isinstance(event.get("delta"), str):
        state.meter.spoke(event["delta"], _bytes_per_ms(state, event.get("response_id")))
        return Spent.SPEECH
    if treatment is Treatment.RESPONSE_DONE and isinstance(response := event.get("response"), dict):
        what = ("response", str(response.get("id")))
        return _reported(state, what, response.get("usage"), _prices(state))
    if treatment is Treatment.TRANSCRIPT:
        place = ("heard", str(event.get("item_id")), str(event.get("content_index")))
        prices = state.policy.prices.get(state.policy.transcription_model) or _prices(state)
        return _reported(state, place, event.get("usage"), prices)
    return Spent.NOTHING


def use(state: State) -> Use:
    return state.meter.use(state.deadlines.age(state.now))


def _reported(state: State, what: tuple[str, ...], usage: Any, prices: Prices | None) -> Spent:
    is_news = isinstance(usage, dict) and state.meter.reported(what, usage, prices)
    return Spent.REPORTED if is_news else Spent.NOTHING


def _bytes_per_ms(state: State, response_id: object) -> int:
    """Where nobody says how the sound is encoded it may be in the densest way."""
    response = state.turns.active.get(response_id) if isinstance(response_id, str) else None
    said = response.bytes_per_ms if response else None
    return said or state.configuration.least_bytes_per_ms


def _prices(state: State) -> Prices | None:
    return state.policy.prices.get(state.configuration.model)


# -- whether there is anything left


def judge(state: State, spent: Spent) -> Iterator[Command]:
    if spent is not Spent.NOTHING:
        yield from _judged(state, tell=spent is Spent.REPORTED)


def _judged(state: State, *, tell: bool) -> Iterator[Command]:
    """``tell``: the day's account should know now."""
    if found := _exhausted(state):
        yield from _over(state, found)
    elif tell and state.policy.budgets.are_of_day:
        yield _ask(state)


def before(state: State, order: ToUpstream) -> Iterator[Command]:
    """Every request for a response, whoever makes it, goes up through here."""
    if found := _exhausted(state):
        yield from _over(state, found)
    elif state.policy.budgets.are_of_day:
        yield _ask(state, order)
    else:
        yield order


def begun(state: State, response_id: str) -> Iterator[Command]:
    """A response that the provider has begun, on request or by itself."""
    granted = state.ledger.is_granted(state.now)
    if found := _exhausted(state):
        yield from _over(state, found, response_id)
    elif state.policy.budgets.are_of_day and not granted:
        yield _ask(state, response_id=response_id)


def tick(state: State, refuse: Refuse) -> Iterator[Command]:
    for question in state.ledger.overdue(state.now):
        yield from _unanswered(state, question, refuse)
    yield from _judged(state, tell=state.now >= state.ledger.report_at)


def due_by(state: State) -> float | None:
    """When ``tick`` is needed at the latest."""
    reports = state.policy.budgets.are_of_day
    times = [state.ledger.due_by(reports), _time_is_up(state)]
    return min((at for at in times if at is not None), default=None)


def _time_is_up(state: State) -> float | None:
    most, day = state.policy.budgets.day_seconds, state.ledger.estimate(use(state), state.now)
    if most is None or day is None:
        return None
    return state.now + max(0.0, most - day.milliseconds / 1_000)


def _exhausted(state: State) -> Exhausted | None:
    budgets, used = state.policy.budgets, use(state)
    if (unjudged := budgets.unjudged()) and _prices(state) is None:
        return unjudged
    day = state.ledger.estimate(used, state.now)
    return budgets.session_over(state.carried.use + used) or (budgets.day_over(day) if day else None)


def _over(state: State, found: Exhausted, response_id: str = "") -> Iterator[Command]:
    """The end cancels what is being said."""
    active = response_id or next(iter(state.turns.active), "")
    yield state.record(
        "budget.exhausted",
        found.budget,
        outcome="ended",
        reason="" if found.used is not None else _NO_PRICE,
        fields={
            "budget": found.budget,
            "most": found.most,
            "used": found.used,
            **({"response_id": active} if active else {}),
        },
    )
    yield End(EndReason.BUDGET_EXHAUSTED, _DAY_OVER if found.is_of_day else "")


# -- the day


def answered(state: State, number: int, day: DayUse | None, refuse: Refuse) -> Iterator[Command]:
    """``day`` None: nobody could say. An answer that comes late changes nothing."""
    question = state.ledger.take(number)
    if question is None:
        return
    if day is None:
        yield from _unanswered(state, question, refuse)
        return
    state.ledger.learned(question, day, state.now)
    if (at := _time_is_up(state)) is not None:
        state.ledger.hurry(at - state.now, state.now)
    if found := _exhausted(state):
        yield from _over(state, found, question.response_id)
    elif question.order is not None:
        state.ledger.grant(state.now)
        yield question.order


def _ask(state: State, order: ToUpstream | None = None, response_id: str = "") -> AskLedger:
    return state.ledger.ask(state.number(), use(state), state.now, order, response_id)


def _unanswered(state: State, question: Question, refuse: Refuse) -> Iterator[Command]:
    """The conversation goes on, without this response."""
    if question.order is not None:
        yield _kept_back(state, "response.create")
        yield from refuse(_error(state, question.order.event["event_id"]))
        yield from _not_ours(state, question.order.event)
    elif question.response_id in state.turns.active:
        yield _kept_back(state, "response.created")
        state.turns.cancel(question.response_id)
        yield state.order("response.cancel", response_id=question.response_id)
        yield ToClient(_error(state, None))


def _not_ours(state: State, request: Event) -> Iterator[Command]:
    """One that Sallyport made answers what the user has said, or a call: he should hear that nothing will."""
    if request["event_id"].startswith(CLIENT_PREFIX) or not request["event_id"].startswith(OWN_PREFIX):
        return
    if request.get("response", {}).get("conversation") != "none":
        state.turns.ours_failed()
    yield ToClient(_error(state, None))


def _kept_back(state: State, event_type: str) -> Command:
    return state.record("frame.rejected", event_type, rule="ledger", fields={"code": UNAVAILABLE})


def _error(state: State, event_id: str | None) -> Event:
    error = {
        "type": "server_error",
        "code": UNAVAILABLE,
        "message": _NO_ANSWER,
        "param": None,
        "event_id": event_id,
    }
    return {"type": "error", "event_id": state.own_id("event_sp_"), "error": error}

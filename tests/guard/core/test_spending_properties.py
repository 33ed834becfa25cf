"""Whatever is said and reported in whatever order: no budget is overshot by more than one response."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from provider import event, response
from script import Admitted, Orders, Script, policy

from guard.core.budget import Budgets, DayUse, Use
from guard.core.commands import AskLedger
from guard.core.prices import Prices

PRICES = {"gpt-realtime": Prices(4, 32, 16, 64)}
MOST = 100
SOUND = base64.b64encode(bytes(48 * 100)).decode()
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "vad", "done", "sound", "answer", "silence", "other", "wait"]),
        st.integers(1, 60),
    ),
    max_size=60,
)


class Desk:
    """A user's day with one session that is tested, and others that spend beside it."""

    def __init__(self, **budgets: int) -> None:
        self.script = Script(
            Admitted(
                policy(budgets=Budgets(**budgets), prices=PRICES),
                seconds_left=10**6,
                day=DayUse(Use(), 80_000),
            )
        )
        self.account, self.settled = Use(), Use()
        self.questions: list[AskLedger] = []
        self.running: list[str] = []
        self.requested = self.serial = self.begun_after_end = 0
        self.over = False
        self.largest = 0
        self.told: list[Use] = []

    def take(self, orders: Orders) -> None:
        self.questions += [each for each in orders if isinstance(each, AskLedger)]
        self.requested += sum(each["type"] == "response.create" for each in orders.to_upstream)
        for each in orders.to_upstream:
            if each["type"] == "response.cancel" and each.get("response_id") in self.running:
                self.running.remove(each["response_id"])
        self.over = self.over or orders.end is not None

    def step(self, kind: str, number: int) -> None:
        getattr(self, f"_{kind}")(number)

    def _create(self, number: int) -> None:
        self.take(self.script.client({"type": "response.create", "event_id": f"c{number}"}))
        if self.requested:
            self.requested -= 1
            self._vad(number)

    def _vad(self, number: int) -> None:
        self.serial += 1
        self.running.append(f"resp_{self.serial}")
        audio = {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}
        self.take(self.script.server(response("response.created", id=self.running[-1], audio=audio)))

    def _done(self, number: int) -> None:
        if self.running:
            done: dict[str, Any] = response(
                "response.done", "completed", id=self.running.pop(0), usage={"output_tokens": number}
            )
            self.largest = max(self.largest, number)
            self.take(self.script.server(done, done))

    def _sound(self, number: int) -> None:
        if self.running:
            where = {"response_id": self.running[0], "item_id": "item_1"}
            self.take(self.script.server(event("response.output_audio.delta", **where, delta=SOUND)))

    def _answer(self, number: int) -> None:
        if self.questions:
            question = self.questions.pop(number % len(self.questions))
            added = question.total.since(self.settled)
            self.settled, self.account = self.settled + added, self.account + added
            self.told.append(added)
            self.take(self.script.day(question, self.account, 80_000))

    def _silence(self, number: int) -> None:
        if self.questions:
            self.take(self.script.day(self.questions.pop(), None))

    def _other(self, number: int) -> None:
        self.account += Use(tokens=number)

    def _wait(self, number: int) -> None:
        self.take(self.script.wait(number / 60))


def played(steps: list[tuple[str, int]], **budgets: int) -> Desk:
    desk = Desk(**budgets)
    for kind, number in steps:
        if desk.over:
            break
        desk.step(kind, number)
    return desk


@given(STEPS)
@settings(deadline=None, max_examples=150)
def test_tokens_and_cost_of_a_session_are_overshot_by_one_response_at_most(
    steps: list[tuple[str, int]],
) -> None:
    for budgets, most, unit in (({"session_tokens": MOST}, MOST, 1), ({"session_cents": 1}, 10_000, 64)):
        desk = played(steps, **budgets)
        usage = desk.script.session.summary()["usage"]
        used = usage["total_tokens"] if unit == 1 else usage["micros"]
        assert used < most + desk.largest * unit
        assert desk.over == (used >= most)


@given(STEPS)
@settings(deadline=None, max_examples=150)
def test_speech_is_overshot_by_the_delta_at_hand(steps: list[tuple[str, int]]) -> None:
    desk = played(steps, session_audio_seconds=1)
    assert desk.script.session.summary()["usage"]["audio_milliseconds"] <= 1_000
    assert desk.over == (desk.script.session.summary()["usage"]["audio_milliseconds"] >= 1_000)


@given(STEPS)
@settings(deadline=None, max_examples=200)
def test_no_response_is_let_through_once_the_account_says_that_the_day_is_over(
    steps: list[tuple[str, int]],
) -> None:
    desk = Desk(day_tokens=MOST)
    for kind, number in steps:
        if desk.over:
            break
        was_over = desk.account.tokens >= MOST
        before = desk.requested
        desk.step(kind, number)
        if was_over and kind == "answer":
            assert desk.over or desk.requested == before


@given(STEPS)
@settings(deadline=None, max_examples=150)
def test_what_the_account_is_told_sums_up_to_the_meter(steps: list[tuple[str, int]]) -> None:
    desk = played([each for each in steps if each[0] != "other"], day_tokens=10**6)
    usage = desk.script.session.summary()["usage"]
    total = Use(usage["milliseconds"], usage["total_tokens"], usage["audio_milliseconds"], usage["micros"])
    assert sum(desk.told, Use()) + total.since(desk.settled) == total

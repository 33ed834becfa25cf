"""Questions of one session to classifiers, asked beside everything else it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from guard.core.classifier import Judgement, Question
from guard.ports import Classifiers
from guard.tasks import spawn


class Asking:
    """``answered`` gets the number of the question and its judgement. ``tasks`` are those under way."""

    def __init__(
        self, classifiers: Classifiers, answered: Callable[[int, Judgement], Awaitable[None]], name: str
    ) -> None:
        self._classifiers = classifiers
        self._answered = answered
        self._name = name
        self.tasks: set[asyncio.Task[None]] = set()

    def ask(self, question: Question) -> None:
        task = spawn(self._ask(question), f"ask {self._name}")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _ask(self, question: Question) -> None:
        judgement = await self._classifiers.judge(question)
        await self._answered(question.number, judgement)

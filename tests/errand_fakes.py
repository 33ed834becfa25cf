"""Who runs tools and who is asked about calls, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from guard.core.classifier import Judgement, Question
from guard.core.decision import Decision
from guard.core.engine import EngineAnswer, EngineQuestion
from guard.core.running import Execution, ToolAnswer


class FakeClassifiers:
    """Answers with what ``judges`` makes of a question: nothing found, until the test says otherwise. ``hold`` makes
    every question wait."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.judges: Callable[[Question], Judgement] = lambda question: Judgement()
        self.hold: asyncio.Event | None = None

    async def judge(self, question: Question) -> Judgement:
        self.questions.append(question)
        if self.hold is not None:
            await self.hold.wait()
        return self.judges(question)


class FakeTools:
    """Runs a call by ``answers``; keeps what it was asked to run."""

    def __init__(self) -> None:
        self.executions: list[Execution] = []
        self.answers: Callable[[Execution], ToolAnswer] = lambda execution: ToolAnswer('{"done":true}')

    async def run(self, session_id: str, execution: Execution) -> ToolAnswer:
        self.executions.append(execution)
        return self.answers(execution)


class FakeEngines:
    def __init__(self) -> None:
        self.questions: list[EngineQuestion] = []
        self.answer = EngineAnswer(Decision.ALLOW)

    async def ask(self, question: EngineQuestion) -> EngineAnswer:
        self.questions.append(question)
        return self.answer


class FakeRefusals:
    """``full`` turns everybody away; ``added`` holds the addresses that were refused."""

    def __init__(self) -> None:
        self.full = False
        self.added: list[str] = []

    async def turns_away(self, address: str) -> bool:
        return self.full

    async def add(self, address: str) -> None:
        self.added.append(address)

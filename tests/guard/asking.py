"""Classifiers that ask the judge server, with a clock and keys of the test's own."""

from __future__ import annotations

import asyncio

from guard.classifiers import HttpClassifiers
from guard.core.classifier import Classifier, Judgement, Question, Shape, Span
from tests.guard.judge_server import JudgeServer, Mood

TEXT = "I am Dana Whitfield."
KEY = "sk-classifier-0123456789"
FOUND = Judgement(True, ("PERSON",), (Span(5, 19, "PERSON"),))
CLEAN = Judgement()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Keys:
    """``ControlPlane.classifier_key``."""

    def __init__(self) -> None:
        self.key: str | Exception = KEY
        self.asked: list[tuple[str, str]] = []
        self.delay = 0.0

    async def __call__(self, name: str, url: str) -> str:
        self.asked.append((name, url))
        await asyncio.sleep(self.delay)
        if isinstance(self.key, Exception):
            raise self.key
        return self.key


class Asking:
    """``judge`` ends after ten seconds, whatever hangs."""

    def __init__(self, server: JudgeServer) -> None:
        self.server = server
        self.clock = Clock()
        self.keys = Keys()
        self.classifiers = HttpClassifiers(self.keys, self.clock)
        self.plain = Classifier("pii", f"{server.url}/plain", deadline=5.0)
        self.moderation = Classifier(
            "tone", f"{server.url}/v1/moderations", shape=Shape.MODERATION, deadline=5.0
        )

    async def judge(self, text: str = TEXT, by: Classifier | None = None, direction: str = "to_client"):
        question = Question(1, by or self.plain, text, direction)
        async with asyncio.timeout(10):
            return await self.classifiers.judge(question)

    async def fail(self, times: int) -> list[str]:
        """As many failures, each of a text of its own."""
        self.server.mood = Mood(status=500)
        failures = [(await self.judge(f"text {n}")).failure for n in range(times)]
        self.server.mood = Mood()
        return failures

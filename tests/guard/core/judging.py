"""A classifier of the tests: answers a script's questions at once, late, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from script import Orders, Script

from guard.core.classifier import Classifier, Judgement, Question, Span
from guard.core.commands import Ask, Command

NAMES = Classifier("names", "http://judge/")


def flags(word: str) -> Callable[[Question], Judgement]:
    return lambda question: Judgement(flagged=word in question.text, labels=("found",))


def names(word: str) -> Callable[[Question], Judgement]:
    """Names every place where ``word`` stands."""

    def judge(question: Question) -> Judgement:
        text, spans, at = question.text, [], -1
        while (at := text.find(word, at + 1)) >= 0:
            spans.append(Span(at, at + len(word), "PERSON"))
        return Judgement(bool(spans), ("PERSON",) if spans else (), tuple(spans))

    return judge


@dataclass
class Judge:
    """Feeds a script and answers the questions that come of it. ``asked`` lists them all; ``held`` those kept back by
    ``hold``, until ``answer``."""

    script: Script
    judgement: Callable[[Question], Judgement] = lambda question: Judgement()
    hold: bool = False
    asked: list[Question] = field(default_factory=list)
    held: list[Question] = field(default_factory=list)

    def server(self, *events: Any) -> Orders:
        """Each event's questions are answered before the next event comes."""
        return Orders(each for one in events for each in self._answered(self.script.server(one)))

    def client(self, *events: Any) -> Orders:
        return Orders(each for one in events for each in self._answered(self.script.client(one)))

    def answer(self, *, first: bool = False) -> Orders:
        """Answers what was held: all of it, or only the oldest question."""
        waiting, self.held = (self.held[:1], self.held[1:]) if first else (self.held, [])
        orders = Orders()
        for question in waiting:
            orders += self._told(question)
        return self._answered(orders)

    def _answered(self, commands: Iterable[Command]) -> Orders:
        """The commands, and what comes of their questions: no answer comes before the last of them was performed."""
        orders = Orders(commands)
        questions = [command.question for command in orders if isinstance(command, Ask)]
        self.asked += questions
        if self.hold:
            self.held += questions
            return orders
        for question in questions:
            orders += self._answered(self._told(question))
        return orders

    def _told(self, question: Question) -> list[Command]:
        session = self.script.session
        return session.receive_judgement(question.number, self.judgement(question), self.script.now)

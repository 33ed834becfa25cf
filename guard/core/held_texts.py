"""Texts on their way to the model that wait for their classifiers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from guard.core.classifier import Classifier, Timing
from guard.core.commands import Command
from guard.core.shown import judged
from guard.core.state import State

DIRECTION = "to_model"

Judged = Callable[[dict[str, str]], Iterator[Command]]
"""Goes on with what the classifiers have left of each text."""


@dataclass(slots=True)
class Waiting:
    """What waits for its ``texts`` to be judged: a client's event, or a result of a tool that Sallyport has run.
    ``refused`` is what follows when one of them is blocked."""

    texts: list[str]
    classifiers: tuple[Classifier, ...]
    passed: Judged
    refused: Callable[[], Iterator[Command]]


def asked(
    state: State, texts: list[str], item_id: str, passed: Judged, refused: Callable[[], Iterator[Command]]
) -> Generator[Command, None, Waiting]:
    """Puts the questions, and returns what waits for the answers."""
    classifiers = state.policy.model_classifiers
    held = tuple(each for each in classifiers if each.timing is Timing.HELD)
    for text in texts if classifiers else ():
        yield from state.inquiry.ask(classifiers, text, DIRECTION, item_id, state.now)
    return Waiting(texts, held, passed, refused)


def is_judged(state: State, texts: list[str], classifiers: tuple[Classifier, ...]) -> bool:
    return all(state.inquiry.is_judged(classifiers, text, DIRECTION) for text in texts)


def goes_on(state: State, waiting: Waiting) -> Iterator[Command]:
    """All has been judged."""
    left: dict[str, str] = {}
    for text in waiting.texts:
        left[text], verdict = judged(state.inquiry, [text], waiting.classifiers, DIRECTION)
        if verdict.blocked:
            yield from waiting.refused()
            return
    yield from waiting.passed(left)

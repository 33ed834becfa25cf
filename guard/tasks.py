"""The one way to start a task: held by a strong reference until it is done, its failure logged.

The event loop keeps weak references only, so a bare ``create_task`` may vanish in the middle of a session.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Start ``work``. Await the task, or rely on the log for its failure."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    _running.add(task)
    task.add_done_callback(_done)
    return task


def running() -> int:
    """How many spawned tasks are alive (leak tests and metrics)."""
    return len(_running)


async def settled(prefix: str, seconds: float) -> bool:
    """Whether all tasks whose name begins with ``prefix`` were over within ``seconds``."""
    tasks = {task for task in _running if task.get_name().startswith(prefix)}
    _, late = await asyncio.wait(tasks, timeout=seconds) if tasks else ((), ())
    return not late


def _done(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task %s failed", task.get_name(), exc_info=error)

"""One watch per process: how an edit, a lock or a revocation reaches the sessions that run here.

The truth is in the database. The channel layer is a doorbell: it loses messages without a word, and when Redis dies
its errors would take every consumer that listens with it (traps M2, M3, M9). So exactly one task of the process
listens, its failures are logged and tried again, and the epoch is read from the database every two seconds anyway.

The same question renews the lease of this process. Who is told that the lease is gone has no sessions any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol, TypeVar

from guard.core.closing import EndReason
from guard.core.commands import End
from guard.core.policy import Policy
from guard.ports import ControlPlane, Refused, Unavailable
from guard.tasks import spawn

log = logging.getLogger(__name__)
T = TypeVar("T")

GROUP = "guard"
NUDGE = "guard.nudge"
POLL_SECONDS = 2.0
DEADLINE = 2.0
"""For each question to the database: a hung back end never answers (trap M15)."""
AT_ONCE = 8
REFRESH_SECONDS = 15.0
"""Each session's policy is read this often even if nothing rang: an edit by SQL or a restored backup rings nobody."""
REJOIN_SECONDS = 3600.0
"""Membership of a group runs out by itself after a day."""
_BACKOFF = (0.5, 1.0, 2.0, 5.0)


class Doorbell(Protocol):
    """The part of a channel layer that is used."""

    async def new_channel(self) -> str: ...
    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def receive(self, channel: str) -> dict[str, Any]: ...


class Watched(Protocol):
    """What the watch asks of a relay. None of it may wait for the client or the provider for long."""

    session_id: str

    def end(self, end: End) -> None: ...
    def drain(self) -> None: ...
    def policy_seen(self) -> None: ...
    async def replace_policy(self, policy: Policy) -> None: ...
    async def look_for_approvals(self) -> None: ...


class _View:
    """What one session has seen. ``asked`` counts the reasons to look again, also those during a reload."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.read_at = 0.0
        self.asked = 0
        self.reloading = False

    def is_current(self, epoch: int, now: float) -> bool:
        return self.epoch == epoch and not self.asked and now - self.read_at < REFRESH_SECONDS


class Watch:
    """Runs from its start, or its first relay, until it is closed. ``doorbell`` is asked for inside the event loop;
    None there: polls only."""

    def __init__(self, control: ControlPlane, doorbell: Callable[[], Doorbell | None]) -> None:
        self._control = control
        self._doorbell = doorbell
        self._views: dict[Watched, _View] = {}
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_leased = False
        self._is_draining = False

    def __len__(self) -> int:
        return len(self._views)

    def start(self) -> None:
        """The lease is renewed whether or not anything runs here: what ended while the database was away is written
        with a later renewal."""
        if all(task.done() for task in self._tasks):
            self._tasks = [spawn(self._poll(), "watch poll"), spawn(self._listen(), "watch doorbell")]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    def add(self, relay: Watched) -> None:
        """The policy of a new session may be older than the last nudge: it is looked at right away."""
        self._views[relay] = _View()
        self._wake.set()
        self.start()
        if self._is_draining:
            relay.drain()

    def discard(self, relay: Watched) -> None:
        self._views.pop(relay, None)

    def drain(self) -> None:
        """The process is to stop: every session is told, and so is one that is just being let in."""
        self._is_draining = True
        for relay in list(self._views):
            relay.drain()

    def end_all(self, reason: EndReason) -> None:
        for relay in list(self._views):
            relay.end(End(reason))

    def ring(self) -> None:
        """Somebody changed something: every session looks again, now."""
        for view in self._views.values():
            view.asked += 1
        self._wake.set()

    # -- the database

    async def _poll(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._look()
            except Refused as refused:
                self.end_all(refused.reason)
            except Exception as failure:
                # Sessions notice by themselves that nobody confirms their policy: they deny, then they end.
                unexpected = not isinstance(failure, Unavailable)
                log.warning("the policy view could not be confirmed: %s", failure, exc_info=unexpected)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def _look(self) -> None:
        try:
            epoch = await _answer(self._control.renew_lease({relay.session_id for relay in self._views}))
        except BaseException:
            self._is_leased = False
            raise
        self._is_leased = True
        over = await self._end_barred(epoch)
        now = time.monotonic()
        for relay, view in list(self._views.items()):
            if relay.session_id in over:
                continue
            if view.is_current(epoch, now):
                relay.policy_seen()
            elif not view.reloading:
                view.reloading = True
                spawn(self._reload(relay, view, epoch), f"reload {relay.session_id}")

    async def _end_barred(self, epoch: int) -> Collection[str]:
        """Before any policy is read again: when a lock ends hundreds, the last must not wait for all those reads.
        Answers with the ids of those that are over."""
        if all(view.epoch == epoch and not view.asked for view in self._views.values()):
            return ()
        relays = {relay.session_id: relay for relay in self._views}
        barred = await _answer(self._control.barred(list(relays)))
        for session_id, reason in barred.items():
            relays[session_id].end(End(reason))
        return barred.keys()

    async def _reload(self, relay: Watched, view: _View, epoch: int) -> None:
        """``epoch`` was read before the policy: what changes in between raises it once more."""
        asked = view.asked
        try:
            async with self._slots:
                policy = await _answer(self._control.policy(relay.session_id))
            await relay.replace_policy(policy)
            # No deadline around it: cut in the middle, a decision would be taken and only half of it carried out.
            await relay.look_for_approvals()
        except Refused as refused:
            relay.end(End(refused.reason, refused.message))
        except Unavailable as failure:
            log.warning("session %s: its policy could not be read: %s", relay.session_id, failure)
        else:
            if self._is_leased:  # also now, after all that was waited for
                relay.policy_seen()
            view.epoch, view.asked, view.read_at = epoch, view.asked - asked, time.monotonic()
            if view.asked:
                self._wake.set()
        finally:
            view.reloading = False

    # -- the doorbell

    async def _listen(self) -> None:
        failures = 0
        while (doorbell := self._doorbell()) is not None:
            try:
                await self._hear(doorbell)
                failures = 0
            except Exception as failure:
                log.warning("the doorbell is out of order, polling goes on: %r", failure)
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                failures += 1

    async def _hear(self, doorbell: Doorbell) -> None:
        """Listen until it is time to join again. One channel for the whole process, never one per session."""
        channel = await doorbell.new_channel()
        await doorbell.group_add(GROUP, channel)
        self.ring()  # whatever was rung while nobody listened
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REJOIN_SECONDS):
                    while True:
                        if (await doorbell.receive(channel)).get("type") == NUDGE:
                            self.ring()
        finally:
            with contextlib.suppress(Exception):  # the group forgets an absent member by itself
                await doorbell.group_discard(GROUP, channel)


async def _answer(question: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(DEADLINE):
            return await question
    except TimeoutError:
        raise Unavailable("the database did not answer in time") from None

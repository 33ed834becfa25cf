"""One relay per session: two pumps, one clock, one lock around *decide, then perform in order*.

Whoever sees the end first (a pump, the clock, the watch, a drain) calls ``end``: the first reason stands, nothing
waits. ``run`` then cancels whatever is stuck, closes both sockets, and writes the one terminal record; each step takes
bounded time, and none is skipped because another one failed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from guard.client import Client
from guard.core.closing import CLOSINGS, EndReason
from guard.core.commands import Command, End, Event, Record, RequestApproval, ToClient, ToUpstream
from guard.core.frames import encode
from guard.core.policy import Policy
from guard.core.session import Session
from guard.errands import Errands
from guard.farewell import bounded, last_commands, last_fields, leave_client, leave_provider
from guard.journal import Journal
from guard.longframes import LongFrames
from guard.ports import Admission, Ports, Refused, Unavailable, UpstreamConnection
from guard.refusal import error_event
from guard.tasks import spawn
from guard.upstream import safety_identifier

log = logging.getLogger(__name__)

STUCK_SECONDS = 5.0
"""A send that makes no progress for this long ends the session: the other side no longer reads (P31)."""
BEAT_SECONDS = 1.0
"""The clock looks this often at least; batched records wait no longer than this."""
END_SECONDS = 2.0
OVERDUE_SECONDS = 0.5
_LOCK_PATIENCE = 0.25


class Registry(Protocol):
    """Where running relays are found by nudges and drains (``guard.watch.Watch``)."""

    def add(self, relay: Relay) -> None: ...
    def discard(self, relay: Relay) -> None: ...


class Relay:
    """``run`` lasts until the session is over; ``feed`` takes the client's frames meanwhile."""

    def __init__(
        self,
        admission: Admission,
        client: Client,
        ports: Ports,
        registry: Registry,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session_id = admission.session_id
        self._admission = admission
        self._client = client
        self._ports = ports
        self._registry = registry
        self._now = now
        self._session = Session(admission, now())
        self._expires = now() + admission.seconds_left
        self._wake = self._session.next_tick()
        self._journal = Journal(ports.audit, admission.session_id)
        self._provider: UpstreamConnection | None = None
        self._lock = asyncio.Lock()
        self._long_frames = LongFrames(admission.session_id)
        self._errands = Errands(self._session, admission.session_id, self._learn, ports)
        self._opened, self._draining = asyncio.Event(), asyncio.Event()
        self._over: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        # One frame: what comes behind it stays in the client's socket (back-pressure).
        self._inbox: asyncio.Queue[str | bytes] = asyncio.Queue(maxsize=1)
        self._sending: tuple[float, EndReason] | None = None

    async def run(self) -> None:
        end = End(EndReason.INTERNAL)
        try:
            end = await self._live()
        finally:
            await asyncio.shield(spawn(self._finish(end), f"finish {self.session_id}"))

    def end(self, end: End) -> None:
        """The session is over, from any task, at once. The first reason stands."""
        if not self._over.done():
            self._over.set_result(end)

    @property
    def is_over(self) -> bool:
        return self._over.done()

    async def feed(self, frame: str | bytes) -> None:
        """A frame of the client. Waits while the one before it waits."""
        if not self.is_over:
            await self._inbox.put(frame)

    def frame_rejected(self, reason: EndReason) -> None:
        """The server could not take a frame: too large, too many fragments, not UTF-8."""
        if not self.is_over:
            fields = {"code": CLOSINGS[reason].error_code}
            self._journal.add(Record("frame.rejected", rule=reason, fields=fields))
        self.end(End(reason))

    async def replace_policy(self, policy: Policy) -> None:
        await self._ending_on_failure(self._step(self._session.replace_policy, policy))

    async def look_for_approvals(self) -> None:
        """Whether people have decided about calls that wait for them, or shown a ticket elsewhere. Raises
        ``Unavailable``."""
        if not self.is_over:
            await self._errands.look_for_news()

    def drain(self) -> None:
        """The process is about to stop: the client is told, as soon as it may hear anything, and may go on."""
        self._draining.set()

    def policy_seen(self) -> None:
        """The watch confirms that this session runs under the newest policy."""
        self._session.policy_seen(self._now())

    # -- while it lives

    async def _live(self) -> End:
        self._registry.add(self)
        try:
            await self._client.accept()
        except OSError:
            return End(EndReason.CLIENT_LEFT)
        work = (self._clock(), self._pump_upstream(), self._pump_client(), self._tell_of_drain())
        tasks = [spawn(self._ending_on_failure(each), f"session {self.session_id}") for each in work]
        try:
            return await self._over
        finally:
            tasks += self._errands.tasks
            for task in tasks:
                task.cancel()
            # A task that resists must not hold up the end of the session.
            await asyncio.wait(tasks, timeout=OVERDUE_SECONDS)

    async def _ending_on_failure(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("session %s: internal fault", self.session_id)
            self.end(End(EndReason.INTERNAL))

    async def _pump_upstream(self) -> None:
        admission = self._admission
        try:
            self._provider = await self._ports.upstream.dial(
                admission.provider, admission.model, safety_identifier(admission.policy.principal.id)
            )
        except Unavailable as failure:
            self.end(End(EndReason.UPSTREAM_LOST, str(failure)))
            return
        while (frame := await self._next_frame(self._provider)) is not None:
            await self._step(self._session.receive_server, frame)
            if self._session.is_open:
                self._opened.set()
            await asyncio.sleep(0)  # a flood of words must not keep the loop from everybody else

    async def _next_frame(self, provider: UpstreamConnection) -> str | bytes | None:
        try:
            return await provider.receive()
        except ConnectionError as closed:
            log.info("session %s: %s", self.session_id, closed)
            self.end(End(EndReason.UPSTREAM_LOST))
            return None

    async def _pump_client(self) -> None:
        """Nothing of the client is looked at before the provider runs under our configuration."""
        await self._opened.wait()
        while True:
            frame = await self._inbox.get()
            await self._step(self._session.receive_client, frame)

    async def _tell_of_drain(self) -> None:
        await self._draining.wait()
        await self._opened.wait()
        await self._step(lambda now: [ToClient(error_event(Refused(EndReason.DRAINING)))])

    async def _clock(self) -> None:
        """Never waits long for anything: a stuck send is what it must be able to see."""
        while True:
            await asyncio.sleep(self._nap())
            self._cut_what_is_stuck()
            if await self._try_lock():
                try:
                    await self._decide_and_perform(self._session.tick)
                finally:
                    self._lock.release()
            self._cut_what_is_overdue()
            self._journal.start_append()

    def _nap(self) -> float:
        now = self._now()
        stuck = self._sending[0] + STUCK_SECONDS if self._sending else self._wake
        return max(min(now + BEAT_SECONDS, self._wake, stuck) - now, 0.01)

    def _cut_what_is_stuck(self) -> None:
        if self._sending is not None and self._now() - self._sending[0] >= STUCK_SECONDS:
            self.end(End(self._sending[1]))

    def _cut_what_is_overdue(self) -> None:
        """The session ends itself on time, and knows why; this holds even while a stuck send keeps the lock from it."""
        if self._now() >= self._expires + OVERDUE_SECONDS:
            self.end(End(EndReason.EXPIRED))

    async def _try_lock(self) -> bool:
        try:
            async with asyncio.timeout(_LOCK_PATIENCE):
                return await self._lock.acquire()
        except TimeoutError:
            return False

    async def _learn(self, receive: Callable[..., list[Command]], *answer: object) -> None:
        await self._ending_on_failure(self._step(receive, *answer))

    # -- decide, then perform in order

    async def _step(self, decide: Callable[..., list[Command]], *subject: object) -> None:
        async with self._lock:
            await self._decide_and_perform(decide, *subject)

    async def _decide_and_perform(self, decide: Callable[..., list[Command]], *subject: object) -> None:
        if self.is_over:
            return
        commands = await self._long_frames.judged(decide, *subject, self._now())
        # Under the lock: the session may be on a thread whenever the clock would ask it.
        self._wake = self._session.next_tick()
        for command in commands:
            if not self.is_over:
                await self._perform(command)

    async def _perform(self, command: Command) -> None:
        match command:
            case ToClient(event=event):
                await self._to_client(event)
            case ToUpstream(event=event):
                await self._to_upstream(event)
            case Record():
                await self._record(command)
            case End():
                self.end(command)
            case RequestApproval():
                await self._errands.ask_people(command)
            case errand:
                self._errands.start(errand)

    async def _to_client(self, event: Event) -> None:
        self._sending = (self._now(), EndReason.SLOW_CLIENT)
        try:
            await self._client.send(event)
        except OSError:
            self.end(End(EndReason.CLIENT_LEFT))
        finally:
            self._sending = None

    async def _to_upstream(self, event: Event) -> None:
        if self._provider is None:
            raise RuntimeError("the session ordered an event before there was a provider")
        self._sending = (self._now(), EndReason.UPSTREAM_LOST)
        try:
            await self._provider.send(encode(event))
        except ConnectionError:
            self.end(End(EndReason.UPSTREAM_LOST))
        finally:
            self._sending = None

    async def _record(self, record: Record) -> None:
        """Durable before the next command, if it matters; else the next command does not happen."""
        try:
            await self._journal.write(record)
        except Unavailable as failure:
            log.error("session %s: %s", self.session_id, failure)
            self.end(End(EndReason.AUDIT_UNAVAILABLE))

    # -- the end

    async def _finish(self, end: End) -> None:
        self.end(end)
        self._registry.discard(self)
        while not self._inbox.empty():  # releases a ``feed`` that waits for room
            self._inbox.get_nowait()
        await self._long_frames.settled(END_SECONDS)
        last = last_commands(self._session, self._now(), self.session_id)
        for command in last:
            if isinstance(command, Record):
                self._journal.add(command)
        await asyncio.gather(leave_client(self._client, end, last), leave_provider(self._provider, last))
        name = f"session {self.session_id}"
        await bounded(self._journal.flush(), END_SECONDS, f"{name}: last audit records not written")
        ended = self._ports.control.end(
            self.session_id, end.reason, last_fields(self._session, end, self.session_id)
        )
        await bounded(ended, END_SECONDS, f"{name}: the end is not recorded yet; the reaper will")

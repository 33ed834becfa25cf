"""What the watch watches, and a doorbell that is out of order."""

from __future__ import annotations

import asyncio

from guard.core.commands import End
from guard.core.policy import Policy


class FakeRelay:
    def __init__(self, session_id: str = "s1") -> None:
        self.session_id = session_id
        self.policies: list[Policy] = []
        self.seen = 0
        self.drained = 0
        self.looked = 0
        self.ended: End | None = None
        self.hold: asyncio.Event | None = None
        self.looking: asyncio.Event | None = None

    def end(self, end: End) -> None:
        self.ended = self.ended or end

    def drain(self) -> None:
        self.drained += 1

    def policy_seen(self) -> None:
        self.seen += 1

    async def replace_policy(self, policy: Policy) -> None:
        if self.hold is not None:
            await self.hold.wait()
        self.policies.append(policy)

    async def look_for_approvals(self) -> None:
        if self.looking is not None:
            await self.looking.wait()
        self.looked += 1


class BrokenDoorbell:
    def __init__(self) -> None:
        self.tries = 0

    async def new_channel(self) -> str:
        self.tries += 1
        raise ConnectionError("redis is gone")

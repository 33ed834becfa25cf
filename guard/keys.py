"""Keys of endpoints, remembered for a moment: the database is not asked once per question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cachetools import TTLCache

from guard.lines import MAX_ENDPOINTS, Endpoint

KEY_SECONDS = 5.0

KeyFor = Callable[[str, str], Awaitable[str]]


class Keys:
    """``key_for(name, url)`` gives the key in clear, "" when there is none."""

    def __init__(self, key_for: KeyFor, clock: Callable[[], float]) -> None:
        self._key_for = key_for
        self._keys: TTLCache[Endpoint, str] = TTLCache(MAX_ENDPOINTS, KEY_SECONDS, clock)
        self._asking = asyncio.Lock()

    async def bearer(self, endpoint: Endpoint) -> dict[str, str]:
        """The header that shows the key, if there is one."""
        key = await self._of(endpoint)
        return {"Authorization": f"Bearer {key}"} if key else {}

    async def _of(self, endpoint: Endpoint) -> str:
        if (key := self._keys.get(endpoint)) is not None:
            return key
        async with self._asking:
            if (key := self._keys.get(endpoint)) is None:
                key = self._keys[endpoint] = await self._key_for(*endpoint)
            return key

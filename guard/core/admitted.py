"""What a session starts from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from guard.core.budget import DayUse
from guard.core.carried import Carried
from guard.core.limits import Renewal
from guard.core.policy import Policy


class Admitted(Protocol):
    """What a session starts from (``guard.ports.Admission``). ``session`` is the client's configuration from the
    mint; ``seconds_left`` counts to the end-by; ``expires_at`` (unix seconds, 0 when unknown) is shown to the
    client in place of the provider's; ``carried`` is what the sessions that this one replaces had used."""

    @property
    def session_id(self) -> str: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def model(self) -> str: ...
    @property
    def session(self) -> Mapping[str, Any]: ...
    @property
    def seconds_left(self) -> float: ...
    @property
    def expires_at(self) -> int: ...
    @property
    def renewal(self) -> Renewal | None: ...
    @property
    def day(self) -> DayUse | None: ...
    @property
    def carried(self) -> Carried: ...

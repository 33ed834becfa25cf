"""The session configuration at the provider: what we asked for, what it says it runs under, and whose update
is whose.

The lock is only as good as the echo: a ``session.updated`` that differs from what was sent in a locked field
means that the model runs under somebody else's instructions or tools, and that ends the session.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guard.core.encodings import LEAST_BYTES_PER_MS, PCM_BYTES_PER_MS, bytes_per_ms
from guard.core.policy import Policy
from guard.core.session_config import echo_faults, opening, turn_detection_of

_LOCKED = ("instructions", "tools", "tool_choice")
_HEARING = ("transcription", "turn_detection")
_MOST_UNDER_WAY = 64
_PATIENCE = 10.0
"""Seconds."""


class TooManyUpdates(Exception):
    """The provider has not answered so many updates that another one cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Update:
    """One ``session.update`` under way. ``change`` holds the keys that it sets, ``asked`` what the client wanted."""

    event_id: str
    change: Mapping[str, Any]
    by_client: bool
    asked: Mapping[str, Any]
    sent_at: float


class Configuration:
    """The provider answers updates in order, and a refused one changes nothing: so what is in force is what was
    confirmed, plus what is still under way."""

    def __init__(self, policy: Policy, model: str, minted: Mapping[str, Any]) -> None:
        self.model = model
        self._asked = dict(minted)
        self._confirmed: dict[str, Any] = opening(policy, model, minted)
        self._under_way: deque[Update] = deque()
        self._output: Any = _output_of(self._confirmed)
        self._asked_bytes_per_ms = PCM_BYTES_PER_MS

    @property
    def expected(self) -> dict[str, Any]:
        """The whole configuration once all that is under way is in force."""
        expected = dict(self._confirmed)
        for update in self._under_way:
            expected = merged(expected, update.change)
        return expected

    @property
    def output(self) -> Any:
        """``audio.output`` as the provider runs it (beta: the name of its format), None when it has not said."""
        return self._output

    @property
    def speed(self) -> float:
        """How much faster than normal the voice may speak: as it does, or as it has been asked to."""
        asked = [_output_of(update.change) for update in self._under_way]
        return max(_speed_of(output) for output in (self._output, *asked))

    @property
    def least_bytes_per_ms(self) -> int:
        """The densest encoding that a response may use that does not say which one it uses."""
        return min(bytes_per_ms(self._output) or LEAST_BYTES_PER_MS, self._asked_bytes_per_ms)

    def asked_of_response(self, response: Mapping[str, Any]) -> None:
        """A client's request for one response, which may ask for an encoding of its own."""
        output = _output_of(response)
        if isinstance(output, Mapping) and "format" in output:
            self._asked_bytes_per_ms = min(
                self._asked_bytes_per_ms, bytes_per_ms(output) or LEAST_BYTES_PER_MS
            )

    @property
    def interrupts(self) -> bool:
        """Whether the provider stops what it is saying when the user begins to speak."""
        detection = turn_detection_of(self.expected)
        return not isinstance(detection, Mapping) or detection.get("interrupt_response") is not False

    def amend(self, change: Mapping[str, Any]) -> None:
        """Before anything was sent: the opening itself changes."""
        self._confirmed = merged(self._confirmed, change)

    def sent(
        self,
        event_id: str,
        change: Mapping[str, Any],
        *,
        by_client: bool,
        now: float = 0.0,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """Notes an update that goes up now. Raises ``TooManyUpdates`` for a client's; ours are few."""
        if by_client and len(self._under_way) >= _MOST_UNDER_WAY:
            raise TooManyUpdates
        self._under_way.append(Update(event_id, change, by_client, asked or {}, now))

    @property
    def answer_by(self) -> float | None:
        """When our oldest update must have been answered: until then the model runs under the policy of before."""
        ours = [update.sent_at for update in self._under_way if not update.by_client]
        return min(ours) + _PATIENCE if ours else None

    def change_for(self, policy: Policy) -> dict[str, Any]:
        """The locked keys that a new policy changes, empty when none. What the client asked for is narrowed anew."""
        wanted, expected = opening(policy, self.model, self.asked), self.expected
        change = {key: wanted[key] for key in _LOCKED if wanted[key] != expected.get(key)}
        return {**change, **_change_of_hearing(wanted, expected)}

    @property
    def asked(self) -> Mapping[str, Any]:
        """All that the client has asked for, at the mint and since."""
        asked = dict(self._asked)
        for update in self._under_way:
            asked = merged(asked, update.asked)
        return asked

    @property
    def answers_turns(self) -> bool:
        """Whether the client expects an answer to each turn that is detected, as the provider would give by itself."""
        detection = turn_detection_of(self.asked)
        if detection == "":
            return True
        return isinstance(detection, Mapping) and detection.get("create_response") is not False

    def updated(self, echo: Mapping[str, Any], *, gated: bool = False) -> tuple[bool, tuple[str, ...]]:
        """Whether the client's update is answered by this echo, and the locked keys in which it differs. ``gated``: no
        turn may be answered unasked."""
        update = self._under_way.popleft() if self._under_way else None
        self._output = _output_of(echo) or self._output
        if update is not None:
            self._confirmed = merged(self._confirmed, update.change)
            self._asked = merged(self._asked, update.asked)
        return update is not None and update.by_client, echo_faults(echo, self._confirmed, gated=gated)

    def failed(self, event_id: str) -> bool:
        """An update of ours was refused by the provider. A refused client update is only forgotten."""
        update = next((u for u in self._under_way if u.event_id == event_id), None)
        if update is None:
            return False
        self._under_way.remove(update)
        return not update.by_client


def merged(session: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The session after an update: ``audio`` and its two sides are changed key by key, as providers do it."""
    result = {**session, **change}
    if isinstance(session.get("audio"), Mapping) and isinstance(change.get("audio"), Mapping):
        before, after = session["audio"], change["audio"]
        sides = {side: {**(before.get(side) or {}), **(after.get(side) or {})} for side in {*before, *after}}
        result["audio"] = sides
    return result


def _change_of_hearing(wanted: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``audio.input`` is the policy's: who transcribes, and whether turns are answered unasked."""
    now, then = wanted["audio"]["input"], (expected.get("audio") or {}).get("input") or {}
    change = {key: now[key] for key in _HEARING if key in now and now[key] != then.get(key)}
    detection = then.get("turn_detection")
    if (
        "turn_detection" not in now
        and isinstance(detection, Mapping)
        and detection.get("create_response") is False
    ):
        change["turn_detection"] = {
            "type": "server_vad"
        }  # the gate is gone, and nobody had asked for another one
    return {"audio": {"input": change}} if change else {}


def _output_of(session: Mapping[str, Any]) -> Any:
    audio = session.get("audio")
    return audio.get("output") if isinstance(audio, Mapping) else session.get("output_audio_format")


def _speed_of(output: Any) -> float:
    speed = output.get("speed") if isinstance(output, Mapping) else None
    return float(speed) if isinstance(speed, int | float) else 1.0

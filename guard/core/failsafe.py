"""What a fault of ours costs: the frame at hand, and after a few of them the session. Never more than that."""

from __future__ import annotations

from collections.abc import Iterator

from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, ToClient
from guard.core.events import named
from guard.core.state import Phase, State

_MOST_FAULTS = 3
"""Each fault of ours withholds the frame at hand; this many end the session."""


class Failsafe:
    def __init__(self, state: State) -> None:
        self.state = state
        self._faults = 0

    def run(self, side: str, event: Event, news: Iterator[Command]) -> list[Command]:
        """Fail closed: nothing more of what had a fault is delivered. What was decided before the fault stays decided,
        so its record and the answer to the model go out."""
        commands: list[Command] = []
        try:
            for command in news:
                commands.append(command)
        except Exception as fault:
            commands = [command for command in commands if not isinstance(command, ToClient)]
            commands += self.fault(side, event, fault)
        return commands

    def fault(self, side: str, event: Event, fault: Exception) -> list[Command]:
        """The class of the exception only: its text may quote the frame."""
        self._faults += 1
        reason = f"{side} frame: {type(fault).__name__}"
        commands: list[Command] = [
            self.state.record("frame.withheld", named(event.get("type")), rule="fault", reason=reason)
        ]
        if self._faults >= _MOST_FAULTS:
            commands.append(End(EndReason.INTERNAL))
        return commands

    def ending(self, commands: list[Command]) -> list[Command]:
        """Nothing follows the first End."""
        for at, command in enumerate(commands):
            if isinstance(command, End):
                self.state.phase = Phase.OVER
                return commands[: at + 1]
        return commands

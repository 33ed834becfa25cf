"""Runs the scripted provider: the demo's upstream, and a test double for any client. Needs no database."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError, CommandParser

from guard.sandbox import Options, Sandbox, script
from guard.sandbox.options import DEFAULT_PORT


class Command(BaseCommand):
    help = "Run the scripted provider. What you type decides the answer:\n\n" + (script.__doc__ or "")
    requires_system_checks: list[str] = []  # it must start without a database, and beside one that migrates

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        default = Options()
        parser.add_argument("--host", default=default.host)
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0: any free port")
        parser.add_argument("--fixtures", help="JSON file with answers, tried before the built-in script")
        parser.add_argument(
            "--chunk", type=int, default=default.chunk, help="characters per delta; 0: as a tokenizer cuts"
        )
        parser.add_argument("--word-ms", type=int, default=default.word_ms, help="length of one spoken word")
        parser.add_argument("--seconds", type=float, default=default.seconds, help="life of a session")
        parser.add_argument(
            "--log-bytes", type=int, default=default.log_bytes, help="kept per connection; 0: none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("host", "port", "fixtures", "chunk", "word_ms", "seconds", "log_bytes")
        chosen = Options(**{name: options[name] for name in names}, api_keys=api_keys())
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve(chosen))
        except (OSError, ValueError) as problem:
            raise CommandError(f"cannot start the sandbox: {problem}") from None

    async def _serve(self, options: Options) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        sandbox = Sandbox(options)
        await sandbox.start()
        self.stdout.write(f"sandbox provider (no model behind it) on {sandbox.url}")
        self.stdout.flush()
        await stopped.wait()
        await sandbox.stop()


def api_keys() -> tuple[str, ...]:
    """SANDBOX_API_KEYS, separated by commas; with none given, any key is accepted."""
    return tuple(key.strip() for key in os.environ.get("SANDBOX_API_KEYS", "").split(",") if key.strip())

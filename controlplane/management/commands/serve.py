"""``manage.py serve``: the ASGI application under uvicorn (half of Daphne's cost per event, and real back-pressure)."""

from __future__ import annotations

import argparse
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from guard import lifetime
from guard.server import GuardedHttp, GuardedWebsocket

MAX_FRAME_BYTES = 4 * 1024 * 1024 + 64 * 1024
"""A little more than the session's own cap, so that its refusal, with record and code, comes first."""
MAX_HEAD_BYTES = 32 * 1024
END_SECONDS = 10
"""For the last words and records of all sessions together, behind the drain."""


class Command(BaseCommand):
    help = "Serve HTTP and websockets with uvicorn."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to bind (default: this machine only)"
        )
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to bind (default: PORT)")
        parser.add_argument(
            "--workers", type=int, default=1, help="processes that share the port (default: 1)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        config = configuration(options["host"], options["port"], options["workers"])
        self.stdout.write(f"serving on http://{options['host']}:{options['port']}")
        lifetime.run(config, settings.DRAIN_SECONDS)


def configuration(host: str, port: int, workers: int) -> uvicorn.Config:
    """Each line that differs from uvicorn's default closes something that was measured open."""
    return uvicorn.Config(
        "controlplane.asgi:application",
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=GuardedHttp,
        ws=GuardedWebsocket,
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # bombs (M18), and the length of a frame must not tell its content
        ws_ping_interval=10.0,  # a client that has vanished without a word is noticed within 25 s
        ws_ping_timeout=15.0,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        lifespan="on",  # the lease of the process; connections to endpoints are closed after the last session
        log_config=None,  # Django's settings configure logging
        access_log=False,  # it would hold query strings
        server_header=False,
        proxy_headers=False,  # the peer is who connects; forwarding headers are anybody's words
        timeout_graceful_shutdown=END_SECONDS,
    )

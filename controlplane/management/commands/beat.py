"""``manage.py beat``: Celery's beat, exactly one of all that are started. The others wait for its place."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import Any

from celery.apps.beat import Beat
from celery.exceptions import OperationalError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from controlplane.celery import app
from controlplane.place import Place

log = logging.getLogger(__name__)

LAST_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Run Celery's beat as soon as no other one does. It stops when it cannot be sure to be the only one."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        place = Place("beat", self._stop)
        place.start()
        if not place.taken.wait(0.5):
            self.stdout.write("another beat runs: waiting for its place")
        while not place.taken.wait(1.0):
            pass
        self.stdout.write("this is the one beat")
        _sweep_now()
        try:
            # Not every sweep on the terminal: two lines each five seconds would bury what `dev.py up` has to say.
            # No file: what was missed while nobody beat has just been sent, and a sweep too many does no harm.
            Beat(app=app, scheduler="celery.beat:Scheduler", loglevel="WARNING", quiet=True).run()
        finally:
            if self._is_lost.is_set():
                raise CommandError("the place is lost: another beat may run now")

    _is_lost = threading.Event()

    def _stop(self) -> None:
        self._is_lost.set()
        os.kill(os.getpid(), signal.SIGTERM)
        # Whatever it hangs in (a broker that does not answer), it must not go on beating.
        threading.Event().wait(LAST_SECONDS)
        os._exit(1)


def _sweep_now() -> None:
    for name, seconds in settings.SWEEPS.items():
        try:
            app.send_task(f"controlplane.tasks.{name}", expires=seconds)
        except OperationalError as failure:
            log.warning("%s could not be sent yet: %r", name, failure)

"""``manage.py lock``: the kill switch at the command line. It needs the database and nothing else: with Redis down the
sessions see the lock at their next look."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actors import Actor
from controlplane.models import Lock
from controlplane.operations import locks
from controlplane.operations.reasons import BadReason

NOBODY = "command line"


class Command(BaseCommand):
    help = (
        "Lock a session, user, role, tool, provider or everything, until it is lifted. Running sessions end within "
        "seconds; a locked tool ends none, its calls are denied."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", choices=Lock.Kind.values, metavar="KIND", help="what to lock")
        parser.add_argument(
            "target", nargs="?", default="", metavar="TARGET", help="its name; none: everything"
        )
        parser.add_argument("--reason", default="", help="why; goes into the audit record")
        parser.add_argument("--by", default=NOBODY, metavar="NAME", help="who answers for it")
        parser.add_argument("--list", action="store_true", help="say what is locked, and do nothing")
        parser.add_argument("--lift", type=int, metavar="ID", help="lift this lock")
        parser.add_argument(
            "--alone",
            action="store_true",
            help="lift a lock on everything though you have raised it, because there is nobody else; recorded",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [bool(options["kind"]), options["list"], options["lift"] is not None]
        if sum(wanted) != 1:
            raise CommandError("say one of: KIND to lock, --list, --lift ID")
        try:
            if options["list"]:
                self._list()
            elif options["kind"]:
                self._raise(options)
            else:
                self._lift(options)
        except (locks.BadTarget, BadReason) as fault:
            raise CommandError(str(fault)) from fault
        except locks.SecondPerson as alone:
            raise CommandError(f"{alone} If there is nobody else: --alone.") from alone

    def _raise(self, options: dict[str, Any]) -> None:
        kind, target = options["kind"], options["target"]
        sessions = locks.concerned(kind, target).count()
        lock = locks.raise_lock(actor=_actor(options), kind=kind, target=target, reason=options["reason"])
        concerns = "may call it" if kind == Lock.Kind.TOOL else "end"
        self.stdout.write(
            f"Locked: {lock} (lock {lock.pk}). Sessions and tickets that {concerns}: {sessions}."
        )

    def _lift(self, options: dict[str, Any]) -> None:
        lock = Lock.objects.filter(pk=options["lift"]).first()
        if lock is None:
            raise CommandError(f"there is no lock {options['lift']}")
        lifted = locks.lift_lock(
            actor=_actor(options), lock=lock, reason=options["reason"], alone=options["alone"]
        )
        self.stdout.write(f"Lifted: {lock}." if lifted else f"It had been lifted before: {lock}.")

    def _list(self) -> None:
        holding = Lock.objects.filter(lifted_at=None)
        for lock in holding:
            self.stdout.write(
                f"{lock.pk}: {lock}, since {lock.created_at:%Y-%m-%d %H:%M:%S} UTC, by {lock.created_by}: {lock.reason}"
            )
        if not holding:
            self.stdout.write("Nothing is locked.")


def _actor(options: dict[str, Any]) -> Actor:
    """Whoever runs a command can name anybody: the record says that it was the command line."""
    return Actor("system", "lock", options["by"].strip() or NOBODY)

"""``manage.py create_service_key NAME``: a key for an application's backend, shown this once."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actors import system
from controlplane.operations.keys import create_service_key


class Command(BaseCommand):
    help = "Create a service key. The last line of the output is the key; it cannot be shown again."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", help="which application uses it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key, secret = create_service_key(actor=system("create_service_key"), name=options["name"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"service key {key.name}, shown this once:")
        self.stdout.write(secret)

"""``manage.py seed_demo``: the demo's roles, tools, grants, patterns, users and provider. Safe to run again."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from audit.actors import system
from controlplane import demo
from controlplane.models import Provider
from controlplane.operations.demo import seed


class Command(BaseCommand):
    help = "Create the demo's catalogue and users. What exists is left as it is."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--password", default="", help="for all demo users (default: random for new ones)"
        )
        parser.add_argument(
            "--json", action="store_true", help='print {"users": {name: password}} and nothing else'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = seed(actor=system("seed_demo"), password=options["password"])
        if options["json"]:
            self.stdout.write(json.dumps({"users": passwords}))
            return
        self._tell(passwords)

    def _tell(self, passwords: dict[str, str]) -> None:
        provider = Provider.objects.get(is_default=True, retired_at=None)
        self.stdout.write(f"provider {provider.name} at {provider.url}")
        if not settings.UPSTREAM_URL and provider.is_sandbox:
            self.stdout.write("no UPSTREAM_URL is set: sessions talk to the sandbox, no model behind it")
        for name, values in demo.USERS.items():
            role = values["role"] or ", ".join(values.get("groups", []))
            self.stdout.write(f"{name} ({role}): {passwords.get(name, 'password unchanged')}")

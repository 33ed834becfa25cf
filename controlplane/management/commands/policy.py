"""``manage.py policy export|diff|apply|replay|rollback``: the policy as a file, from version to version.

Exit codes: 0 done, or no difference; 1 a difference was found, or the policy was refused; 2 bad input.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand

from controlplane.management.policy import SUBCOMMANDS


class Command(BaseCommand):
    help = (
        "The policy as a file: export it, say what one would change, try it on past calls, apply it, go back."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
        for name, subcommand in SUBCOMMANDS.items():
            subcommand.add_arguments(parts.add_parser(name, help=subcommand.help))

    def handle(self, *args: Any, **options: Any) -> None:
        if code := SUBCOMMANDS[options["subcommand"]].run(options, self.stdout):
            sys.exit(code)

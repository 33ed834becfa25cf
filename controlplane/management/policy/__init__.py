"""The parts of ``manage.py policy``. To add one: a module with ``add_arguments(parser)`` and ``run(options, stdout)``,
which returns the exit code, and a line in ``SUBCOMMANDS``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.management.base import OutputWrapper

from controlplane.management.policy import applying, comparing, exporting, replaying, rolling_back


@dataclass(frozen=True, slots=True)
class Subcommand:
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[dict[str, Any], OutputWrapper], int]


SUBCOMMANDS: dict[str, Subcommand] = {
    "export": Subcommand("write a version as a file", exporting.add_arguments, exporting.run),
    "diff": Subcommand("say what a file would change", comparing.add_arguments, comparing.run),
    "apply": Subcommand("put a file into force", applying.add_arguments, applying.run),
    "replay": Subcommand("decide calls on record again by a file", replaying.add_arguments, replaying.run),
    "rollback": Subcommand("put an earlier version into force", rolling_back.add_arguments, rolling_back.run),
}

"""``policy rollback``: what an earlier version said, put into force as a new one."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import OutputWrapper

from controlplane import cautions, document
from controlplane.management.policy import saying
from controlplane.management.policy.applying import add_trial_arguments
from controlplane.management.policy.exits import DONE, named_exits
from controlplane.management.policy.operator import operator
from controlplane.operations import drafts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", type=int, metavar="N", help="the version whose policy is to be in force")
    add_trial_arguments(parser)


def run(options: dict[str, Any], stdout: OutputWrapper) -> int:
    before = document.current()
    with named_exits():
        applied = drafts.rollback(
            actor=operator(),
            number=options["number"],
            reason=options["reason"],
            dry_run=options["dry_run"],
        )
    saying.applied(applied, cautions.between(before, applied.document), options["dry_run"], stdout)
    return DONE

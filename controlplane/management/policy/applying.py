"""``policy apply``: a file put into force, or tried."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import OutputWrapper

from controlplane import cautions, document
from controlplane.management.policy import saying
from controlplane.management.policy.exits import DONE, named_exits
from controlplane.management.policy.operator import operator
from controlplane.management.policy.reading import content_of
from controlplane.operations import drafts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a policy, as `policy export` writes it; - reads stdin")
    add_trial_arguments(parser)


def add_trial_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="check everything, change nothing")
    parser.add_argument("--reason", default="", help="why; it is kept with the version and the records")


def run(options: dict[str, Any], stdout: OutputWrapper) -> int:
    content, before = content_of(options["file"]), document.current()
    reason = options["reason"] or f"policy apply {options['file']}"
    with named_exits():
        applied = drafts.apply(actor=operator(), content=content, reason=reason, dry_run=options["dry_run"])
    saying.applied(applied, cautions.between(before, applied.document), options["dry_run"], stdout)
    return DONE

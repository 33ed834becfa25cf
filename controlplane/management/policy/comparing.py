"""``policy diff``: what a file would change, in sentences."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import OutputWrapper

from controlplane import differences, document, draft
from controlplane.management.policy import saying
from controlplane.management.policy.exits import DIFFERS, DONE, named_exits
from controlplane.management.policy.reading import content_of
from controlplane.operations import drafts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a policy, as `policy export` writes it; - reads stdin")
    parser.add_argument(
        "--against",
        type=int,
        metavar="N",
        help="compare with this version (default: the policy as it is now)",
    )


def run(options: dict[str, Any], stdout: OutputWrapper) -> int:
    number = options["against"]
    with named_exits():
        wanted = draft.checked(content_of(options["file"]))
        old = document.current() if number is None else drafts.document_of(number)
    found = differences.between(old, wanted)
    saying.differences(found, stdout)
    return DIFFERS if found else DONE

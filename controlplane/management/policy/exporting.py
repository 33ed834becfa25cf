"""``policy export``: a version as YAML that ``policy apply`` takes back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import OutputWrapper

from controlplane.management.policy.exits import DONE, bad_input, named_exits
from controlplane.operations import drafts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--version", dest="number", type=int, metavar="N", help="this version (default: the one in force)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: print it)")


def run(options: dict[str, Any], stdout: OutputWrapper) -> int:
    with named_exits():
        text = drafts.file_of(options["number"])
    if options["output"]:
        _write(options["output"], text)
    else:
        stdout.write(text, ending="")
    return DONE


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise bad_input(f"{path}: cannot be written: {error.strerror}") from error

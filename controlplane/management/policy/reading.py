"""The file that somebody names on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from controlplane import files
from controlplane.management.policy.exits import bad_input

STDIN = "-"


def content_of(path: str) -> Any:
    """What the file says, not yet checked. Raises ``CommandError``."""
    try:
        return files.read(_text(path))
    except OSError as error:
        raise bad_input(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise bad_input(f"{path}: is not UTF-8") from error
    except files.BadFile as error:
        raise bad_input(f"{path}: {error}") from error


def _text(path: str) -> str:
    """One character more than a file may have, for ``files.read`` to refuse."""
    if path == STDIN:
        return sys.stdin.read(files.LARGEST + 1)
    with Path(path).open(encoding="utf-8") as file:
        return file.read(files.LARGEST + 1)

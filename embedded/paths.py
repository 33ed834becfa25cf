"""Where things are, and files that only their owner can read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from embedded.console import Failed

ROOT = Path(__file__).resolve().parent.parent
SLUG = "sallyport"
MARK = "SALLYPORT_EMBEDDED_STATE"
"""Every process that we start carries this variable; its value is the state directory. It finds leftovers."""


def state_dir(root: Path = ROOT) -> Path:
    """``EMBEDDED_DIR``, or ``.embedded`` in the tree: secrets, ports, lock, logs and env.json."""
    chosen = os.environ.get("EMBEDDED_DIR")
    return Path(chosen).expanduser().resolve() if chosen else root / ".embedded"


def far_engine_dir(state: Path) -> Path:
    """Where the engines live when their user cannot walk to ``state``."""
    digest = hashlib.sha256(str(state).encode()).hexdigest()[:10]
    return Path("/var/tmp") / f"{SLUG}-engines-{os.geteuid()}-{digest}"  # noqa: S108 - see owned_dir


def owned_dir(path: Path, mode: int = 0o700) -> Path:
    """Make the directory if need be. Refuses another user's: in /var/tmp anybody may have put it there."""
    path.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise Failed(
            f"{path} belongs to somebody else: remove it, or name another one (EMBEDDED_DIR, TMPDIR)"
        )
    path.chmod(mode)  # mkdir's mode is cut by the umask, and the directory may be older than we are
    return path


def refuse_foreign(state: Path, root: Path = ROOT) -> None:
    """We change its mode, and `reset` removes it: the state needs a directory of its own."""
    default = root / ".embedded"
    if state in (default, default.resolve()) or not state.exists():
        return
    if any(state.iterdir()) and not (state / "lock").exists():
        raise Failed(f"EMBEDDED_DIR={state} has other things in it: name a directory of its own")


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and mode 0600 before the first byte is in it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(temporary).replace(path)

"""One stack for each state directory. The kernel drops the lock when its holder dies, kill -9 included."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


class Lock:
    """An advisory lock on a file; it is held until ``release`` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self, wait_seconds: float = 0.0) -> bool:
        """False if another process holds it for all of ``wait_seconds``."""
        # O_CLOEXEC is Python's default: a child that outlives us must not keep the lock.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return False
                time.sleep(0.05)
            else:
                self._descriptor = descriptor
                return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock right now."""
    if not path.exists():
        return False
    probe = Lock(path)
    if probe.take():
        probe.release()
        return False
    return True

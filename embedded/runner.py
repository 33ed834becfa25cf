"""Who runs the engines. PostgreSQL refuses to run as root, so root lends them the account `nobody`."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.console import Failed


@dataclass(frozen=True, slots=True)
class Runner:
    """``account`` is None when the engines run as ourselves."""

    account: pwd.struct_passwd | None

    @property
    def name(self) -> str:
        return self.account.pw_name if self.account else f"uid {os.geteuid()}"

    @property
    def uid(self) -> int:
        return self.account.pw_uid if self.account else os.geteuid()

    def identity(self) -> dict[str, Any]:
        """Arguments of ``subprocess`` that change to the account; the groups of root go as well."""
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Whether the account can walk to ``path``: everybody may pass through it and all above it."""
        if self.account is None:
            return True
        real = path.resolve()
        return all(step.stat().st_mode & 0o001 for step in (real, *real.parents) if step.is_dir())

    def has_passwd_entry(self) -> bool:
        """False under ``docker run -u 12345``: initdb insists on one, the server itself does not."""
        try:
            pwd.getpwuid(self.uid)
        except KeyError:
            return False
        return True


def current_runner() -> Runner:
    """Ourselves, or for root the account in ``EMBEDDED_USER`` (default `nobody`). Raises ``Failed``."""
    if os.geteuid() != 0:
        return Runner(None)
    name = os.environ.get("EMBEDDED_USER", "nobody")
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        raise Failed(
            f"there is no account {name!r} to run PostgreSQL with: set EMBEDDED_USER to one"
        ) from None
    if account.pw_uid == 0:
        raise Failed(
            f"EMBEDDED_USER={name} is root, and PostgreSQL refuses to run as root: name another account"
        )
    return Runner(account)

"""What the processes of the stack find in their environment. What the caller has set, wins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from embedded.keys import encryption_key, kept, secret_key
from embedded.paths import MARK
from embedded.ports import LOOPBACK

FOREIGN = (
    "DJANGO_SETTINGS_MODULE",
    "PYTHONPATH",
    "PYTHONHOME",
)  # a shell that was set up for another project


def settings(
    caller: Mapping[str, str], state: Path, urls: Mapping[str, str], port: int, sandbox_port: int
) -> dict[str, str]:
    """The settings of DESIGN §6 for this stack. ``UPSTREAM_API_KEY`` is never written down."""
    defaults = {
        "SECRET_KEY": kept(state, "secret-key", secret_key),
        "ENCRYPTION_KEYS": kept(state, "encryption-key", encryption_key),
        "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "DATA_DIR": str(state),
        "SANDBOX_URL": f"ws://{LOOPBACK}:{sandbox_port}/v1/realtime",
        # Everybody who tries this stack, test suites included, comes from one address.
        "REFUSALS_PER_MINUTE": "100000",
        "DRAIN_SECONDS": "5",  # who presses Ctrl-C does not want to wait for a minute
        **urls,
    }
    chosen = {name: caller.get(name) or value for name, value in defaults.items()}
    if caller.get("UPSTREAM_URL"):
        chosen["UPSTREAM_URL"] = caller["UPSTREAM_URL"]
    return {**chosen, "PORT": str(port)}


def environment(caller: Mapping[str, str], state: Path, chosen: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process of the stack."""
    kept = caller if caller.get("DATABASE_URL") else without_libpq(caller)
    return {
        **{name: value for name, value in kept.items() if name not in FOREIGN},
        **chosen,
        **direct_loopback(caller),
        **_quiet_root(caller),
        MARK: str(state),
        "PYTHONUNBUFFERED": "1",
    }


def _quiet_root(caller: Mapping[str, str]) -> dict[str, str]:
    """As root is a supported way to try it out, so Celery's paragraph about it is noise here."""
    if os.geteuid() != 0:
        return {}
    known = caller.get("PYTHONWARNINGS", "")
    return {"PYTHONWARNINGS": ",".join(part for part in (known, "ignore:You're running the worker") if part)}


def forget_libpq() -> None:
    """For this very process: its own logins are bent by PGCHANNELBINDING, PGTARGETSESSIONATTRS and the like."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def without_libpq(caller: Mapping[str, str]) -> dict[str, str]:
    """PGSSLMODE, PGHOST or PGOPTIONS of the person's shell would bend the connection to our own server."""
    return {name: value for name, value in caller.items() if not name.startswith("PG")}


def direct_loopback(caller: Mapping[str, str]) -> dict[str, str]:
    """A proxy for the outside world is of no use for our own processes, and breaks their websockets."""
    known = caller.get("no_proxy") or caller.get("NO_PROXY") or ""
    hosts = ",".join(part for part in (known, LOOPBACK, "localhost") if part)
    return {"no_proxy": hosts, "NO_PROXY": hosts}

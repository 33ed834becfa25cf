"""Whoever runs a command. Four eyes does not bind him: he could as well write to the database."""

from __future__ import annotations

import getpass

from audit.actors import Actor


def operator() -> Actor:
    """Named after the account of the machine, as far as it has a name."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not be in its list of users
        account = "unknown"
    return Actor("system", "policy", f"policy command ({account})")

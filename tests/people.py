"""The demo's people and what tests do in their name."""

from __future__ import annotations

from typing import Any

from audit.actors import Actor, system
from controlplane.models import Role, User
from controlplane.operations.policy import publish_policy
from controlplane.operations.tickets import Issued, Wish, mint
from guard.ports import Handshake

TESTER: Actor = system("tests")
ADDRESS = "203.0.113.7"


def user(name: str) -> User:
    return User.objects.get(username=name)


def ticket_for(name: str = "alice", **wish: Any) -> Issued:
    """A fresh ticket, as the application's backend would get it."""
    return mint(actor=TESTER, wish=Wish(user(name), **wish))


def handshake(ticket: str | None, **said: Any) -> Handshake:
    defaults = {"model": None, "origin": None, "ip": ADDRESS, "user_agent": "tests"}
    return Handshake(ticket, **{**defaults, **said})


def edit_role(name: str, **values: Any) -> Role:
    """Change a role and put the change into force."""
    Role.objects.filter(name=name).update(**values)
    publish_policy(actor=TESTER)
    return Role.objects.get(name=name)

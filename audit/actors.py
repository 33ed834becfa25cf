"""Who did it: kept as strings, because a record must outlive the row of its actor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

ActorKind = Literal["user", "service", "system", "session"]
KINDS: tuple[str, ...] = get_args(ActorKind)


@dataclass(frozen=True, slots=True)
class Actor:
    """``id`` is the primary key as text, ``label`` what people call it (a username, a key's name).

    A ``session`` is the model or client inside a guarded session: its id is the session's id, its label the
    username that the session is bound to, so that a search for a person finds what was done in that person's
    name. Raises ValueError on an unknown kind.
    """

    kind: ActorKind
    id: str
    label: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"actor kind must be one of {', '.join(KINDS)}; got {self.kind!r}")


def of_user(user: Any) -> Actor:
    """The signed-in user of a request; someone who is not signed in is named as such, not left blank."""
    if not user.is_authenticated:
        return Actor("user", "", "anonymous")
    return Actor("user", str(user.pk), user.get_username())


def system(name: str) -> Actor:
    """A part of Sallyport that acts by itself, e.g. ``system("reaper")``."""
    return Actor("system", name, name)

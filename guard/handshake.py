"""What a client's upgrade request says, or why it is refused before anybody is asked.

Headers and query are the client's: repeated ones would let two readers see different requests, so they are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from guard.client import Scope
from guard.core.closing import EndReason
from guard.ports import Handshake, Refused
from guard.refusal import BETA_CODE

KEY_SUBPROTOCOL = "openai-insecure-api-key."
BETA_SUBPROTOCOL = "openai-beta.realtime-v1"

_KEY_NAMES = ("key", "token", "ticket", "secret", "password", "authorization")
_KEY_PREFIXES = ("ek_", "sp_", "sk-")
_MAX_USER_AGENT = 200


def read_handshake(scope: Scope) -> Handshake:
    """Raises ``Refused``: BAD_FRAME for a malformed request, UNAUTHENTICATED for two keys that differ."""
    _check_dialect(scope)
    return Handshake(
        ticket=_ticket(scope),
        model=_model(scope),
        origin=_single(scope, b"origin"),
        ip=address_of(scope),
        user_agent=(_single(scope, b"user-agent") or "")[:_MAX_USER_AGENT],
        cookies="; ".join(_values(scope, b"cookie")),
    )


def peer(scope: Scope) -> tuple[str, str]:
    """Origin and user agent as sent, for the record of a refusal; never anything that could be a key."""
    origin, user_agent = (" ".join(_values(scope, name)) for name in (b"origin", b"user-agent"))
    return origin[:_MAX_USER_AGENT], user_agent[:_MAX_USER_AGENT]


def _check_dialect(scope: Scope) -> None:
    """The retired beta dialect is answered as the provider answers it, and its header never goes on."""
    asked = any("realtime=v1" in value for value in _values(scope, b"openai-beta"))
    if asked or BETA_SUBPROTOCOL in scope["subprotocols"]:
        message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
        raise Refused(EndReason.NOT_ALLOWED, message, code=BETA_CODE)


def _ticket(scope: Scope) -> str | None:
    """From ``Authorization: Bearer`` or the subprotocol that browsers must use. Never from the query string."""
    header = _single(scope, b"authorization")
    found = {_bearer(header)} if header is not None else set()
    offered: Sequence[str] = scope["subprotocols"]
    found |= {each.removeprefix(KEY_SUBPROTOCOL) for each in offered if each.startswith(KEY_SUBPROTOCOL)}
    if len(found) > 1:
        raise Refused(EndReason.UNAUTHENTICATED, "The request carries two different keys.")
    return next(iter(found), None) or None


def _bearer(header: str) -> str:
    scheme, _, key = header.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _model(scope: Scope) -> str | None:
    """The one query key there is. Query strings end up in logs, so a key there is refused even if it is valid."""
    try:
        query = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, strict_parsing=False)
    except UnicodeDecodeError:
        raise Refused(EndReason.BAD_FRAME, "The query string is not ASCII.") from None
    if any(_is_key(name, value) for name, value in query):
        raise Refused(
            EndReason.BAD_FRAME,
            "Keys are not accepted in the query string; send Authorization: Bearer or the subprotocol.",
            code="key_in_query",
        )
    names = [name for name, _ in query]
    for name in names:
        _check_query_name(name, names)
    return dict(query).get("model")


def _is_key(name: str, value: str) -> bool:
    """By its name, or by its look: ``?ek_…`` has the key where a name should be."""
    if any(word in name.lower() for word in _KEY_NAMES):
        return True
    return any(part.strip().lower().startswith(_KEY_PREFIXES) for part in (name, value))


def _check_query_name(name: str, names: list[str]) -> None:
    if name in ("intent", "call_id"):
        raise Refused(
            EndReason.NOT_ALLOWED, f"{name} is not supported here.", code="not_supported", param=name
        )
    if name != "model":
        # The name is anybody's words, perhaps a key without its prefix: neither answered nor recorded.
        raise Refused(EndReason.BAD_FRAME, "Unknown query parameter.", code="unknown_parameter")
    if names.count(name) > 1:
        raise Refused(
            EndReason.BAD_FRAME, f"{name} is given more than once.", code="repeated_parameter", param=name
        )


def _single(scope: Scope, name: bytes) -> str | None:
    values = _values(scope, name)
    if len(values) > 1:
        said = name.decode().title()
        raise Refused(
            EndReason.BAD_FRAME, f"The header {said} is given more than once.", code="repeated_header"
        )
    return values[0] if values else None


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def address_of(scope: Scope) -> str:
    """The socket's peer, or whom a trusted proxy speaks for (``controlplane.asgi``). Forwarding headers of anybody
    else are not looked at."""
    client = scope.get("client")
    return str(client[0]) if client else ""

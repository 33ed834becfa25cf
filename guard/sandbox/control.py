"""The control pages: plain GETs on the sandbox's own port, for black-box tests and for curious people.

    /_sandbox/connections                            who is and was connected
    /_sandbox/log?session=ID                         the exact frames that the client of a session sent, its headers;
                                                     without ``session``: of every connection
    /_sandbox/faults?FIELD=VALUE&…                   faults (see ``faults``) of every new connection
             …&next=N                                of the next N connections only
             …&session=ID                            of a running session, from now on
    /_sandbox/calm                                   no faults any more, anywhere
    /_sandbox/send?session=ID&frame=TEXT             a text frame to the client, as it is
    /_sandbox/close?session=ID&code=1011&reason=…    close the connection
    /_sandbox/drop?session=ID                        cut the TCP connection

GET, since the websocket library parses nothing else. ``session`` may be left out where one is meant: the latest open
one. Answered to this machine only, and not to pages of a foreign site in a browser that runs on it: the log holds
conversations.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from websockets.datastructures import Headers

from guard.sandbox import upgrade
from guard.sandbox.connection import Connection
from guard.sandbox.faults import CALM, parse

if TYPE_CHECKING:
    from guard.sandbox.server import Sandbox

PREFIX = "/_sandbox/"
Page = tuple[int, Any]
"""HTTP status and JSON body."""


_OWN_PAGES = ("none", "same-origin")


def _host(headers: Headers) -> str:
    """The name by which the client calls this server: a foreign site can point a name of its own at 127.0.0.1."""
    return urlsplit(f"//{headers.get('Host', '')}").hostname or ""


def _is_here(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


async def page(sandbox: Sandbox, path: str, headers: Headers, peer: str) -> Page:
    same_site = headers.get("Sec-Fetch-Site", "none") in _OWN_PAGES
    if not (same_site and _is_here(peer) and _is_here(_host(headers))):
        return 403, {"error": "the control pages answer to this machine only"}
    url = urlsplit(path)
    action = _PAGES.get(url.path[len(PREFIX) :])
    if action is None:
        return 404, {"error": f"no such page; one of {', '.join(_PAGES)}"}
    try:
        return await action(sandbox, dict(parse_qsl(url.query, keep_blank_values=True)))
    except LookupError as problem:
        return 404, {"error": str(problem.args[0])}
    except ValueError as problem:
        return 400, {"error": str(problem)}


def _shown(connection: Connection) -> dict[str, Any]:
    request = connection.socket.request
    headers = request.headers if request is not None else Headers()
    return {
        "session": connection.session.id,
        "model": connection.session.shape["model"],
        "open": connection.open,
        "close_code": connection.socket.close_code,
        "path": request.path if request is not None else "",
        "headers": upgrade.shown(headers),
        "key_sha256": upgrade.digest(upgrade.key_of(headers)),
        "received": connection.tape.received,
        "forgotten": connection.tape.forgotten,
        "sent": connection.sender.sent,
    }


async def _connections(sandbox: Sandbox, query: dict[str, str]) -> Page:
    return 200, {"connections": [_shown(connection) for connection in sandbox.connections]}


async def _log(sandbox: Sandbox, query: dict[str, str]) -> Page:
    if "session" not in query:
        return 200, {"sessions": [_taped(connection) for connection in sandbox.connections]}
    return 200, _taped(sandbox.find(query["session"]))


def _taped(connection: Connection) -> dict[str, Any]:
    return {**_shown(connection), "frames": connection.tape.lines()}


async def _faults(sandbox: Sandbox, query: dict[str, str]) -> Page:
    session, count = query.pop("session", None), query.pop("next", None)
    faults = parse(query)
    if session is not None:
        sandbox.find(session).sender.faults = faults
    elif count is not None:
        sandbox.next_faults.extend([faults] * int(count))
    else:
        sandbox.faults = faults
    return 200, {"faults": query, "session": session, "next": count}


async def _calm(sandbox: Sandbox, query: dict[str, str]) -> Page:
    sandbox.faults = CALM
    sandbox.next_faults.clear()
    for connection in sandbox.connections:
        connection.sender.faults = CALM
    return 200, {"faults": {}}


async def _send(sandbox: Sandbox, query: dict[str, str]) -> Page:
    connection = sandbox.find(query.get("session"))
    await sandbox.send(query.get("frame", ""), connection.session.id)
    return 200, {"session": connection.session.id}


async def _close(sandbox: Sandbox, query: dict[str, str]) -> Page:
    connection = sandbox.find(query.get("session"))
    await connection.socket.close(int(query.get("code", "1011")), query.get("reason", ""))
    return 200, {"session": connection.session.id}


async def _drop(sandbox: Sandbox, query: dict[str, str]) -> Page:
    connection = sandbox.find(query.get("session"))
    connection.socket.transport.abort()
    return 200, {"session": connection.session.id}


_PAGES: dict[str, Callable[[Sandbox, dict[str, str]], Awaitable[Page]]] = {
    "connections": _connections,
    "log": _log,
    "faults": _faults,
    "calm": _calm,
    "send": _send,
    "close": _close,
    "drop": _drop,
}

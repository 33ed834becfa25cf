"""Who runs a tool, and what an answer looks like. The core only orders; ``guard.tools`` does it over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Runner(StrEnum):
    """CLIENT: the call is delivered, and the client answers. HTTP: Sallyport asks an endpoint, the client never learns
    of the call. MCP: the provider asks a server of its own accord, after Sallyport's approval."""

    CLIENT = "client"
    HTTP = "http"
    MCP = "mcp"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where calls of an HTTP tool go. ``private_hosts`` may have an address that is not public."""

    url: str
    private_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server that the provider calls. ``tool`` is the tool's name there; ``authorization`` what the provider shows to
    it, "" for nothing."""

    label: str
    url: str
    tool: str
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Execution:
    """A call that Sallyport runs itself. ``number`` is the session's own, for the answer; ``deadline`` in seconds.
    ``use``: which call of this ``call_id`` it is, since some providers count them anew in each response."""

    number: int
    call_id: str
    tool: str
    endpoint: Endpoint
    arguments: Mapping[str, Any]
    deadline: float
    policy_version: int
    use: int = 1


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """``text`` is the body as it came. ``failure`` says in a word why there is none: ``timeout``, ``connection``,
    ``blocked_address``, ``redirect``, ``status``, ``too_large``, ``encoding``, ``revoked``; ``detail`` adds to it for
    the record, and holds nothing that came from the endpoint but its status."""

    text: str = ""
    failure: str = ""
    detail: str = ""

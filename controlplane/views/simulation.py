"""``/api/policy/simulate``: what would be decided about a call, with the reason. For people who may read the policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from controlplane import callers, compile, simulation
from controlplane.callers import caller_of
from controlplane.facts import BadFact, Facts
from controlplane.models import User
from controlplane.operations import simulations
from controlplane.operations.simulations import Question
from controlplane.views.official import endpoint, invalid, read_body, unknown
from guard.core.closing import EndReason
from guard.core.policy import Verdict
from guard.ports import Refused

KEYS = {"user", "role", "tool", "arguments", "facts", "policy_version"}
LONGEST_NAME = 150
HIGHEST_VERSION = 2**31 - 1


def simulated(request: HttpRequest) -> dict[str, Any]:
    """``POST /api/policy/simulate``"""
    caller = caller_of(request)
    if not simulations.may_ask(caller.user):
        said = "You may not ask about the policy: that needs the permission to see policy versions and users."
        raise Refused(EndReason.NOT_ALLOWED, said, "permission_missing")
    question = _question(read_body(request, KEYS))
    where = request.META.get("REMOTE_ADDR", "")
    try:
        return _view(simulations.ask(actor=caller.actor, question=question, source_ip=where))
    except compile.NotInForce as error:
        named = "role" if question.version is None else "policy_version"
        raise invalid(named, f"what the policy knows ({error})") from error


def _record(request: HttpRequest, refused: Refused) -> None:
    simulations.record_refusal(
        actor=callers.actor_for(request),
        refused=refused,
        username=request.headers.get(callers.USER_HEADER, "")[:LONGEST_NAME],
        source_ip=request.META.get("REMOTE_ADDR", ""),
    )


simulate = endpoint(_record, POST=simulated)


def _question(body: Mapping[str, Any]) -> Question:
    user = User.objects.filter(username=_name(body, "user")).first()
    if user is None:
        raise invalid("user", "the name of a user")
    return Question(
        user,
        _name(body, "role"),
        _name(body, "tool"),
        _arguments(body.get("arguments", {})),
        _facts(body.get("facts", {})),
        _version(body.get("policy_version")),
    )


def _name(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if value is None:
        raise Refused(
            EndReason.BAD_FRAME, f"Missing required parameter: '{key}'.", "missing_required_parameter", key
        )
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise invalid(key, f"text of 1 to {LONGEST_NAME} characters")
    return value


def _arguments(given: object) -> str:
    """Text is judged as it stands: it may be what a model really sent, and no JSON at all."""
    if isinstance(given, str):
        return given
    if isinstance(given, dict):
        return json.dumps(given)
    raise invalid("arguments", "an object, or its JSON text")


def _facts(given: object) -> Facts:
    if not isinstance(given, dict):
        raise invalid("facts", "an object")
    try:
        return Facts.parse(given)
    except BadFact as bad:
        if bad.expected:
            raise invalid(f"facts.{bad.name}", bad.expected) from bad
        raise _unknown_fact(bad.name) from bad


def _unknown_fact(name: str) -> Refused:
    """A name that may be repeated is; another one is only placed."""
    *above, last = name.split(".", 1) if name.startswith("session.") else (name,)
    place = ".".join(["facts", *above])
    known = unknown(last).param
    param = f"{place}.{known}" if known else place
    return Refused(EndReason.BAD_FRAME, f"Unknown parameter: '{param}'.", "unknown_parameter", param)


def _version(given: object) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= HIGHEST_VERSION:
        raise invalid("policy_version", "the number of a policy version")
    return given


def _view(verdict: Verdict) -> dict[str, Any]:
    return {
        "object": "policy.simulation",
        **simulation.as_json(verdict),
        "message": verdict.message or None,
        "considered": list(verdict.considered),
        "shadow": None if verdict.shadow is None else simulation.as_json(verdict.shadow),
    }

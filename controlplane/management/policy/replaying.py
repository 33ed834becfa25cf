"""``policy replay``: what a draft would have said to the calls of the last days."""

from __future__ import annotations

import argparse
import json
import re
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import OutputWrapper
from django.utils import timezone

from controlplane import drafted
from controlplane.affected import Affected
from controlplane.management.policy.exits import DIFFERS, DONE, bad_input, named_exits
from controlplane.management.policy.operator import operator
from controlplane.management.policy.reading import content_of
from controlplane.operations.replays import Report, replay_since
from controlplane.replays import Call, Standing

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_PERIOD = re.compile(r"([0-9]{1,5})([mhd])")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--draft", required=True, metavar="FILE", help="as `policy export` writes it; - reads stdin"
    )
    parser.add_argument("--since", default="7d", help="how far back: 30m, 12h, 7d (the default)")
    parser.add_argument("--limit", type=int, metavar="N", help="look at N calls at most, the oldest first")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")


def run(options: dict[str, Any], stdout: OutputWrapper) -> int:
    if options["limit"] is not None and options["limit"] < 1:
        raise bad_input("--limit: must be at least 1")
    since = _since(options["since"])
    with named_exits():
        try:
            draft = drafted.from_content(content_of(options["draft"]))
        except drafted.BadDraft as error:
            raise bad_input(str(error)) from error
        report = replay_since(actor=operator(), draft=draft, since=since, limit=options["limit"])
    stdout.write(json.dumps(as_json(report)) if options["json"] else as_text(report))
    return DIFFERS if report.calls.changes else DONE


def _since(text: str) -> datetime:
    found = _PERIOD.fullmatch(text)
    if found is None:
        raise bad_input("--since: must be a number and a unit, such as 30m, 12h or 7d")
    return timezone.now() - timedelta(**{_UNITS[found[2]]: int(found[1])})


def as_json(report: Report) -> dict[str, Any]:
    return {
        "since": report.since.isoformat(),
        "complete": not report.is_cut,
        "counts": _counts(report),
        "doubts": dict(report.calls.doubts.most_common()),
        "changes": [_call(call) for call in report.calls.changes],
        "not_reproducible": [_call(call) for call in _not_reproducible(report)],
        "sessions": [_session(session) for session in report.sessions],
    }


def _counts(report: Report) -> dict[str, int]:
    counts = report.calls.counts
    return {"calls": counts.total(), **{standing.value: counts[standing] for standing in Standing}}


def _not_reproducible(report: Report) -> list[Call]:
    return [call for call in report.calls.listed if call.standing is Standing.NOT_REPRODUCIBLE]


def _call(call: Call) -> dict[str, Any]:
    return {
        "time": call.when.isoformat(),
        "session_id": call.session_id,
        "call_id": call.call_id,
        "user": call.user,
        "role": call.role,
        "tool": call.tool,
        "recorded": dict(zip(("decision", "rule"), call.before, strict=True)),
        "draft": dict(zip(("decision", "rule"), call.after, strict=True)) if call.after else None,
        "certain": call.standing is Standing.CHANGED,
        "why": call.why,
    }


def _session(session: Affected) -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "user": session.user,
        "role": session.role,
        "differs": list(session.parts),
    }


# -- as text


def as_text(report: Report) -> str:
    lines = [_line(call) for call in report.calls.listed]
    lines += [
        f"live session {each.session_id} of {each.user} as {each.role}: {', '.join(each.parts)} would differ"
        for each in report.sessions
    ]
    return "\n".join([*lines, _summary(report)])


def _line(call: Call) -> str:
    about = f"{call.when:%Y-%m-%d %H:%M:%S} {call.user} as {call.role}, {call.tool} ({call.call_id})"
    was = " ".join((call.before[0], f"({call.before[1]})"))
    if call.standing is Standing.NOT_REPRODUCIBLE:
        return f"{about}: {was}, not reproducible by the version that decided it"
    after = f"{call.after[0]} ({call.after[1]})" if call.after else "unknown"
    doubt = f", uncertain: {call.why}" if call.standing is Standing.UNCERTAIN else f", {call.why}"
    return f"{about}: {was} → {after}{doubt}"


def _summary(report: Report) -> str:
    counts = _counts(report)
    said = (
        f"{counts['calls']} calls: {counts['changed']} changed, {counts['same']} the same, {counts['uncertain']} "
        f"uncertain, {counts['not_reproducible']} not reproducible; {len(report.sessions)} live sessions affected"
    )
    return f"{said}; there are more calls than the limit" if report.is_cut else said

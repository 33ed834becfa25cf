"""Grants: which tool a role may call, and how far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controlplane.differences.sentence import (
    LOOSER,
    NEUTRAL,
    STRICTER,
    Difference,
    Effect,
    Said,
    Teller,
    amount,
    collection,
    of_fields,
    ranked,
    same,
    switch,
    word,
)

APPROVER = {"none": "allow", "user": "needs the user", "supervisor": "needs supervisor"}
NARROWING = ("at_most", "at_least", "max_length", "one_of", "owned")
"""Rules that leave fewer values than before. A value that is fixed or dropped may be the wrong one."""
_RAISED = {"at_most": LOOSER, "at_least": STRICTER, "max_length": LOOSER}


def _approver(old: Any, new: Any) -> Iterator[Said]:
    """The user's own yes and a supervisor's are not more and less; none and any are."""
    effect = LOOSER if new == "none" else STRICTER if old == "none" else NEUTRAL
    yield f"{APPROVER.get(old, old)} → {APPROVER.get(new, new)}", effect


def _condition(old: Any, new: Any) -> Iterator[Said]:
    if old and new:
        yield f"condition changed: {len(old)} → {len(new)} characters", NEUTRAL
    elif new:
        yield f"now on a condition: {_short(new)}", STRICTER
    else:
        yield f"no longer on a condition: {_short(old)}", LOOSER


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def _rules(old: Any, new: Any) -> Iterator[Said]:
    for argument in sorted((old or {}).keys() | (new or {}).keys()):
        before, after = (old or {}).get(argument, {}), (new or {}).get(argument, {})
        for kind in sorted(before.keys() | after.keys()):
            yield from _rule(f"{argument} {kind.replace('_', ' ')}", kind, before, after)


def _rule(what: str, kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Said]:
    narrows = STRICTER if kind in NARROWING else NEUTRAL
    if kind not in old:
        yield f"now {what} {word(new[kind])}", narrows
    elif kind not in new:
        yield f"no longer {what} {word(old[kind])}", narrows.opposite
    elif not same(old[kind], new[kind]):
        yield f"{what} {word(old[kind])} → {word(new[kind])}", _moved(kind, old[kind], new[kind])


def _moved(kind: str, old: Any, new: Any) -> Effect:
    if kind in _RAISED and old != new:
        return _RAISED[kind] if new > old else _RAISED[kind].opposite
    if kind == "one_of":
        more = all(value in new for value in old)
        fewer = all(value in old for value in new)
        return NEUTRAL if more is fewer else LOOSER if more else STRICTER
    return NEUTRAL


def _cap(when: str) -> Teller:
    return amount("calls", when, more=LOOSER, none="no limit")


TELLERS: dict[str, Teller] = {
    "mode": ranked("rules", ("enforce", "shadow"), {"enforce": "enforced", "shadow": "only tried (SHADOW)"}),
    "approver": _approver,
    "rules": _rules,
    "condition": _condition,
    "per_turn": _cap("per turn"),
    "per_session": _cap("per session"),
    "per_day": _cap("per day"),
    "approval_seconds": amount("time to approve", "seconds"),
    "visible_fields": collection(
        "the model sees of the result:",
        "no longer sees of the result:",
        LOOSER,
        everything="all but what is hidden",
    ),
    "hidden_fields": collection("hides in the result:", "no longer hides in the result:", STRICTER),
    "streams_arguments": switch(
        "shows arguments before the call is decided",
        "no longer shows arguments before the call is decided",
        LOOSER,
    ),
}
JUDGED = ("approver", "rules", "condition", "per_turn", "per_session", "per_day")
"""What counts for nothing while the grant is only tried."""


def between(role: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for tool in sorted(old.keys() | new.keys()):
        if tool not in new:
            yield Difference(role, f"may no longer call {tool}", STRICTER)
        elif tool not in old:
            yield Difference(role, f"may now call {tool}{_terms(new[tool])}", LOOSER)
        else:
            yield from _changed(role, tool, old[tool], new[tool])


def _terms(grant: Mapping[str, Any]) -> str:
    terms = [] if grant["approver"] == "none" else [APPROVER.get(grant["approver"], grant["approver"])]
    terms += ["rules only tried (SHADOW)"] if grant["mode"] == "shadow" else []
    terms += [f"{argument} {kind.replace('_', ' ')} {word(value)}" for argument, kind, value in _given(grant)]
    return f" ({'; '.join(terms)})" if terms else ""


def _given(grant: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for argument, rules in sorted(grant["rules"].items()):
        yield from ((argument, kind, value) for kind, value in sorted(rules.items()))


def _changed(role: str, tool: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    tried = old["mode"] == new["mode"] == "shadow"
    for field in (*TELLERS, *sorted((old.keys() | new.keys()) - TELLERS.keys())):
        one, other = ({field: grant.get(field)} for grant in (old, new))
        for found in of_fields(role, one, other, {field: TELLERS[field]} if field in TELLERS else {}):
            effect = NEUTRAL if tried and field in JUDGED else found.effect
            yield Difference(role, f"{tool} {found.said}", effect, found.before, found.after)

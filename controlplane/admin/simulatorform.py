"""The form of the simulator: a question as an address, and an address as a question."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from audit.models import Record
from controlplane.facts import ENGINE, MOST, NAMES, BadFact, Facts
from controlplane.models import User
from controlplane.models.json import StorableJSON
from controlplane.operations.simulations import Question

COUNTS = ("tool_in_turn", "tool_in_session", "tool_on_day", "calls_in_turn")
LONGEST = 16 * 1024
"""Of the arguments. Servers take no longer addresses."""


def _name(label: str, suggested: str, said: str) -> forms.CharField:
    box = forms.TextInput(attrs={"list": suggested, "autocomplete": "off", "class": "vTextField"})
    return forms.CharField(label=label, max_length=150, widget=box, help_text=said)


def _count(label: str, said: str = "Empty: none.") -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=MOST, help_text=said)


class SimulatorForm(forms.Form):
    user = _name("User", "users", "Attributes, roles and locks as they are now.")
    role = _name("Role", "roles", "As what the session would run.")
    tool = _name("Tool", "tools", "As the model names it.")
    arguments = forms.CharField(
        label="Arguments",
        required=False,
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 4, "cols": 80, "class": "vLargeTextField json", "spellcheck": "false"}
        ),
        help_text="JSON text, as the model sends it. Empty: {}.",
    )
    policy_version = forms.IntegerField(
        label="Policy version",
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Empty: in force now.",
    )
    tool_in_turn = _count("Calls of the tool in this turn")
    tool_in_session = _count("Calls of the tool in this session")
    tool_on_day = _count("Calls of the tool today", "Empty: as counted today.")
    calls_in_turn = _count("Calls of all tools in this turn")
    approved = forms.BooleanField(
        label="A person has agreed to exactly this",
        required=False,
        help_text="As if approval had been given.",
    )
    engine = forms.ChoiceField(
        label="The decision engine answers",
        required=False,
        choices=[("", "it was not asked"), *((answer, answer.replace("_", " ")) for answer in ENGINE)],
        help_text="It is never asked from here; a role that has one denies without its answer.",
    )
    session = forms.CharField(
        label="Session",
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "spellcheck": "false"}),
        help_text='For conditions: JSON object of "id", "model", "seconds", "calls". Empty: a fresh session.',
    )
    now = forms.CharField(
        label="Time",
        required=False,
        max_length=40,
        help_text="For conditions, such as 2026-11-22T20:16:03+00:00. Empty: the time of asking.",
    )

    def clean_user(self) -> User:
        found = User.objects.filter(username=self.cleaned_data["user"]).first()
        if found is None:
            raise forms.ValidationError("There is no such user.")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        try:
            cleaned["facts"] = Facts.parse(_facts(cleaned))
        except json.JSONDecodeError as error:
            self.add_error("session", f"This is no JSON: {error}")
        except BadFact as bad:
            said = f"Expected {bad.expected}." if bad.expected else f"There is no {bad.name}."
            self.add_error(bad.name.partition(".")[0], said)
        return cleaned

    def question(self) -> Question:
        given = self.cleaned_data
        return Question(
            given["user"],
            given["role"],
            given["tool"],
            given["arguments"] or "{}",
            given["facts"],
            given["policy_version"],
        )


def _facts(cleaned: dict[str, Any]) -> dict[str, Any]:
    """What was filled in. Raises ``json.JSONDecodeError``."""
    given = {
        name: cleaned[name]
        for name in NAMES
        if cleaned.get(name) not in (None, "", False) or _is_zero(cleaned, name)
    }
    if "session" in given:
        given["session"] = json.loads(given["session"], cls=StorableJSON)
    return given


def _is_zero(cleaned: dict[str, Any], name: str) -> bool:
    """A count of 0 is one; False is not."""
    return name in COUNTS and cleaned.get(name) == 0


def of_question(question: Question) -> dict[str, str]:
    """The fields of the form that ask this."""
    asked = {
        "user": question.user.username,
        "role": question.role,
        "tool": question.tool,
        "arguments": question.arguments,
        "policy_version": "" if question.version is None else str(question.version),
    }
    return asked | _fields(question.facts)


def of_record(row: Record) -> dict[str, str]:
    """The fields of the form that ask again what is on record: by the same version, with the facts of then. Arguments
    as they were recorded, so what was redacted stays so."""
    arguments = row.fields.get("arguments", "{}")
    asked = {
        "user": row.actor_label,
        "role": row.role,
        "tool": str(row.fields.get("tool", "")),
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
        "policy_version": str(row.policy_version or ""),
    }
    return asked | _fields(_recorded(row.fields.get("inputs")))


def _fields(facts: Facts) -> dict[str, str]:
    shape = facts.as_json()
    texts = {name: str(value) for name, value in shape.items() if name not in ("session", "approved")}
    texts |= {"session": json.dumps(shape["session"])} if "session" in shape else {}
    return texts | ({"approved": "on"} if facts.approved else {})


def _recorded(inputs: Any) -> Facts:
    """Records from before there were inputs have none, and cut ones are no help."""
    if not isinstance(inputs, dict):
        return Facts()
    engine = inputs.get("engine") or {}
    given = {name: inputs.get(name) for name in (*COUNTS, "session", "now") if inputs.get(name) is not None}
    if engine:
        given["engine"] = "no answer" if engine.get("failure") else _answer(engine.get("decision"))
    try:
        return Facts.parse(given | {"approved": bool(inputs.get("approved"))})
    except BadFact:
        return Facts()


def _answer(decision: Any) -> Any:
    """An engine that narrows permits, as far as the rules here go."""
    return "allow" if decision == "constrain" else decision

"""What an edit may have widened by mistake: sentences for whoever made it. Nothing here refuses anything.

One function for each mistake, over the shapes of a policy document (``document.GRANT_FIELDS``, ``TOOL_FIELDS``), so
that a form and a file are told the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from controlplane.budgets import prices_of
from controlplane.models import Tool, User
from controlplane.models.grants import APPROVERS
from controlplane.models.ruling import parsed
from guard.core.arguments import ATTRIBUTE, ArgumentRule, RuleKind

Shape = Mapping[str, Any]

_CAPS = ("per_turn", "per_session", "per_day")
_OF_COST = ("session_cents", "day_cents")
_STRICTNESS = [value for value, _ in APPROVERS]
_PLACEHOLDER = re.compile(r"[*{}<>]|%s|\$\w|/:\w")


def of_grant(role: str, name: str, before: Shape | None, after: Shape, tool: Shape) -> list[str]:
    """``before`` is None for a new grant; ``tool`` is what is granted."""
    edited = [caution(before, after) for caution in _OF_EDITED_GRANTS] if before else []
    said = [*edited, _out_of_reach(after, tool), *_nobodys_attributes(role, after)]
    return [f"{name} for {role}: {sentence}" for sentence in [*said, _anything(tool)] if sentence]


def of_tool(name: str, tool: Shape, others: Iterable[str]) -> list[str]:
    """``others`` are the names of the other tools."""
    said = [_anything(tool), _open_address(tool), _unjudged_result(tool), _look_alike(name, others)]
    return [f"{name}: {sentence}" for sentence in said if sentence]


def unsigned(tool: Tool) -> list[str]:
    """Apart from the rest because no document holds a key, nor whether there is one."""
    if tool.runner == "http" and not tool.api_key_ciphertext:
        return [f"{tool}: it has no signing secret, so its endpoint cannot tell Sallyport from anybody else"]
    return []


def of_pattern(name: str, before: Shape | None, after: Shape) -> list[str]:
    if before and _to_shadow(before, after):
        return [f"{name}: it hides nothing any more; what it finds passes, and is recorded"]
    return []


def of_costs(roles: Shape, providers: Shape) -> list[str]:
    """Of budgets that cannot be judged. The roles and providers of a document."""
    costly = {name: role for name, role in sorted(roles.items()) if any(role.get(each) for each in _OF_COST)}
    return [sentence for name, role in costly.items() if (sentence := _unpriced(name, role, providers))]


def between(before: Shape, after: Shape) -> list[str]:
    """Everything that whoever replaces one complete policy document by another should hear."""
    return [
        *_tools_between(before, after),
        *_grants_between(before, after),
        *_patterns_between(before, after),
        *_costs_between(before, after),
    ]


# -- documents


def _tools_between(before: Shape, after: Shape) -> Iterator[str]:
    for name, tool in after["tools"].items():
        if tool != before["tools"].get(name):
            yield from of_tool(name, tool, after["tools"].keys() - {name})


def _grants_between(before: Shape, after: Shape) -> Iterator[str]:
    for role, shape in after["roles"].items():
        old = before["roles"].get(role, {}).get("grants", {})
        for name, grant in shape["grants"].items():
            if grant != old.get(name) and name in after["tools"]:
                yield from of_grant(role, name, old.get(name), grant, after["tools"][name])


def _patterns_between(before: Shape, after: Shape) -> Iterator[str]:
    old = {pattern["rule"]["name"]: pattern for pattern in before["patterns"]}
    for pattern in after["patterns"]:
        name = pattern["rule"]["name"]
        yield from of_pattern(name, old.get(name), pattern)


def _costs_between(before: Shape, after: Shape) -> list[str]:
    known = of_costs(before["roles"], before["providers"])
    return [each for each in of_costs(after["roles"], after["providers"]) if each not in known]


# -- what became wider


def _to_shadow(before: Shape, after: Shape) -> str:
    was = (before["mode"], after["mode"]) == ("enforce", "shadow")
    return "its rules, caps, condition and approval are only tried from now on" if was else ""


def _caps_gone(before: Shape, after: Shape) -> str:
    gone = [cap for cap in _CAPS if before[cap] is not None and after[cap] is None]
    words = " and ".join(cap.replace("_", " ") for cap in gone)
    return f"calls {words} are no longer limited" if gone else ""


def _approver_weaker(before: Shape, after: Shape) -> str:
    if _STRICTNESS.index(after["approver"]) >= _STRICTNESS.index(before["approver"]):
        return ""
    if after["approver"] == "none":
        return f"nobody has to agree to a call any more; until now it was {_who(before)}"
    return f"the user now agrees to a call; until now it was {_who(before)}"


def _who(grant: Shape) -> str:
    return dict(APPROVERS)[grant["approver"]].partition(":")[0]


def _rules_gone(before: Shape, after: Shape) -> str:
    gone = _rule_names(before) - _rule_names(after)
    return f"no longer held to: {', '.join(sorted(gone))}" if gone else ""


def _rule_names(grant: Shape) -> set[str]:
    return {f"{rule.argument} {rule.kind}" for rule in parsed(grant["rules"])}


def _condition_gone(before: Shape, after: Shape) -> str:
    return "it has no condition any more" if before["condition"] and not after["condition"] else ""


def _fields_shown(before: Shape, after: Shape) -> str:
    shown = sorted(set(before["hidden_fields"]) - set(after["hidden_fields"]))
    if before["visible_fields"] and not after["visible_fields"]:
        return "the model sees the whole result now but the hidden fields"
    return f"the model sees {', '.join(shown)} of the result now" if shown else ""


_OF_EDITED_GRANTS: tuple[Callable[[Shape, Shape], str], ...] = (
    _to_shadow,
    _caps_gone,
    _approver_weaker,
    _rules_gone,
    _condition_gone,
    _fields_shown,
)


# -- what is wide, whatever it was


def _anything(tool: Shape) -> str:
    """An endpoint runs within the network: what it is sent should be what somebody has thought of."""
    schema = tool["parameters"] or {}
    if tool["runner"] != "http":
        return ""
    if not schema.get("properties"):
        return (
            "its schema names no arguments, and Sallyport calls its endpoint with whatever the model writes"
        )
    if schema.get("additionalProperties") is not False:
        return (
            "its schema lets arguments through that it does not name; set additionalProperties to false, as "
            "Sallyport calls its endpoint with them"
        )
    return ""


def _open_address(tool: Shape) -> str:
    found = _PLACEHOLDER.search(tool["url"])
    return f"the address is used as it stands: nothing is put in place of {found.group()}" if found else ""


def _unjudged_result(tool: Shape) -> str:
    if tool["runner"] == "mcp" and tool["result_schema"]:
        return "the provider hands the result of an MCP tool to the model itself: its schema is not checked"
    return ""


def _out_of_reach(grant: Shape, tool: Shape) -> str:
    if tool["runner"] == "mcp" and (grant["visible_fields"] or grant["hidden_fields"]):
        return "the provider hands the result of an MCP tool to the model itself: no field is hidden from it"
    return ""


def _look_alike(name: str, others: Iterable[str]) -> str:
    """A model takes one name for the other, and so does the next administrator."""
    alike = sorted(other for other in others if other != name and _seen(other) == _seen(name))
    return f"its name looks like that of {', '.join(alike)}" if alike else ""


def _seen(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().replace("-", "_")


def _nobodys_attributes(role: str, grant: Shape) -> Iterator[str]:
    users = User.objects.filter(roles__name=role, is_active=True)
    for rule in parsed(grant["rules"]):
        attribute = _attribute_of(rule)
        if attribute and not users.filter(attributes__has_key=attribute).exists():
            yield f"{rule.argument}: no user of the role has the attribute {attribute}, so every call is denied"


def _attribute_of(rule: ArgumentRule) -> str:
    if rule.kind is RuleKind.OWNED:
        return str(rule.value)
    is_attribute = isinstance(rule.value, str) and rule.value.startswith(ATTRIBUTE)
    return rule.value.removeprefix(ATTRIBUTE) if rule.kind is RuleKind.FIXED and is_attribute else ""


def _unpriced(name: str, role: Shape, providers: Shape) -> str:
    default = next((each for each, provider in providers.items() if provider["is_default"]), "")
    provider = role["provider"] or default
    if provider not in providers:
        return ""
    models = role["model_names"] or providers[provider]["model_names"]
    without = [model for model in models if model not in prices_of(providers[provider])]
    if not without:
        return ""
    reason = f"because {provider} has no complete price for it"
    return f"{name}: what {', '.join(without)} costs cannot be judged, {reason}; sessions with it are refused"

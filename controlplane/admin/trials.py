"""The page "safe to enforce?": for every grant and pattern in shadow mode, what enforcing it would have done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from controlplane import trials
from controlplane.admin import trialwords
from controlplane.admin.base import link_to, records_url
from controlplane.admin.words import stamp
from controlplane.models import RedactionPattern, ToolGrant
from controlplane.operations.rows import subject_of
from controlplane.trials import CallTrial, FindTrial, Seen

TITLE = "Safe to enforce?"


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Of one period. ``rules`` are the commonest ones: what they would have said, their name, how often."""

    sentence: str
    links: tuple[Link, ...]
    first: str | SafeString
    last: str | SafeString
    rules: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OnTrial:
    anchor: str
    title: SafeString
    findings: tuple[Finding, ...]


def page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Each kind of row to those who may see it; the records behind a number to those who may read records."""
    user = request.user
    if not user.has_perm("controlplane.view_toolgrant") and not user.has_perm(
        "controlplane.view_redactionpattern"
    ):
        raise PermissionDenied
    reads = user.has_perm("audit.view_record")
    context = site.each_context(request) | {
        "title": TITLE,
        "grants": _grants(reads) if user.has_perm("controlplane.view_toolgrant") else [],
        "patterns": _patterns(reads) if user.has_perm("controlplane.view_redactionpattern") else [],
    }
    return TemplateResponse(request, "admin/controlplane/trials.html", context)


def link_for(row: ToolGrant | RedactionPattern) -> str | SafeString:
    """For the row's own page."""
    if row.mode != "shadow":
        return "not in shadow mode"
    url = f"{reverse('admin:controlplane_trials')}#{anchor_of(row)}"
    return format_html('<a href="{}">{}</a>', url, TITLE)


def anchor_of(row: ToolGrant | RedactionPattern) -> str:
    return subject_of(row).replace(":", "-")


def _grants(reads: bool) -> list[OnTrial]:
    found = {period: trials.of_calls(period) for period in trials.PERIODS}
    return [
        _on_trial(
            grant,
            (
                _of_calls(grant, period, by_name.get((grant.role.name, grant.tool.name), CallTrial()), reads)
                for period, by_name in found.items()
            ),
        )
        for grant in trials.grants()
    ]


def _patterns(reads: bool) -> list[OnTrial]:
    found = {period: trials.of_finds(period) for period in trials.PERIODS}
    return [
        _on_trial(
            pattern,
            (
                _of_finds(pattern, period, by_name.get(pattern.name, FindTrial()), reads)
                for period, by_name in found.items()
            ),
        )
        for pattern in trials.patterns()
    ]


def _on_trial(row: ToolGrant | RedactionPattern, findings: Iterable[Finding]) -> OnTrial:
    return OnTrial(anchor_of(row), link_to(row), tuple(findings))


def _of_calls(grant: ToolGrant, period: str, trial: CallTrial, reads: bool) -> Finding:
    sentence = trialwords.of_calls(trial, trials.PERIODS[period][0])
    links = tuple(_links(grant, period, trial)) if reads else ()
    return Finding(sentence, links, *_seen(trial.seen), rules=tuple(_rules(trial)))


def _links(grant: ToolGrant, period: str, trial: CallTrial) -> Iterator[Link]:
    """What enforcing would have changed, decision by decision."""
    query = {"verb": "tool.decided", "role": grant.role.name, "tool": grant.tool.name, "period": period}
    for decision, words in trialwords.OUTCOMES.items():
        if trial.would[decision] and decision != "allow":
            yield Link(records_url(**query, shadow=str(decision)), f"{trial.would[decision]} {words}")


def _rules(trial: CallTrial) -> Iterator[tuple[str, str, int]]:
    for decision, rule, number in trial.commonest:
        yield trialwords.OUTCOMES.get(decision, decision), rule, number  # type: ignore[call-overload]


def _of_finds(pattern: RedactionPattern, period: str, trial: FindTrial, reads: bool) -> Finding:
    query = {"verb": "redaction.hit", "pattern": pattern.name, "mode": "shadow", "period": period}
    links = (Link(records_url(**query), "Show the finds"),) if reads and trial.finds else ()
    return Finding(trialwords.of_finds(trial, trials.PERIODS[period][0]), links, *_seen(trial.seen))


def _seen(seen: Seen) -> tuple[str | SafeString, str | SafeString]:
    def told(when: datetime | None) -> str | SafeString:
        return stamp(when) if when else ""

    return told(seen.first), told(seen.last)

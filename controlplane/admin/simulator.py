"""The page that asks what would be decided about a call, and shows why. Its address holds the whole question."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from audit import log
from audit.models import Record
from controlplane import compile, simulation
from controlplane.admin import simulatorwords
from controlplane.admin.base import actor_of, address_of
from controlplane.admin.simulatorform import SimulatorForm, of_question, of_record
from controlplane.models import Role, Tool, User
from controlplane.operations import simulations
from controlplane.operations.simulations import Question

TITLE = "Simulator"
SUGGESTED = 200


def page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    if not simulations.may_ask(request.user):
        raise PermissionDenied
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if "record" in request.GET:
        return HttpResponseRedirect(_url(of_record(_record(request))))
    form = SimulatorForm(request.GET if request.GET else None)
    answered = _answered(request, form) if form.is_valid() else {}
    context = site.each_context(request) | {
        "title": TITLE,
        "form": form,
        "suggested": _suggested(),
        **answered,
    }
    return TemplateResponse(request, "admin/controlplane/simulator.html", context)


def _url(query: dict[str, str]) -> str:
    return f"{reverse('admin:controlplane_simulator')}?{urlencode(query)}"


def _record(request: HttpRequest) -> Record:
    """Reading a record is itself on record, wherever it is read."""
    number = request.GET["record"]
    if not request.user.has_perm("audit.view_record"):
        raise PermissionDenied
    is_number = number.isascii() and number.isdigit() and len(number) <= 18
    row = Record.objects.filter(pk=number, verb="tool.decided").first() if is_number else None
    if row is None:
        raise Http404("there is no such decision")
    log.record(
        "audit.read",
        actor=actor_of(request),
        subject=f"record:{row.pk}",
        source_ip=address_of(request),
        fields={"view": "simulator", "record": row.pk},
    )
    return row


def _answered(request: HttpRequest, form: SimulatorForm) -> dict[str, Any]:
    """The answer, for the page. The link asks exactly this again: the version, the time and the count are in it."""
    question = form.question()
    try:
        settled = _settled(question)
        verdict = simulations.ask(actor=actor_of(request), question=settled, source_ip=address_of(request))
    except compile.NotInForce as error:
        form.add_error("role" if question.version is None else "policy_version", str(error))
        return {}
    return {
        "answer": simulatorwords.told(verdict),
        "shadow": verdict.shadow and simulatorwords.told(verdict.shadow),
        "permalink": _url(of_question(settled)),
        "raw": simulation.as_json(verdict),
    }


def _settled(question: Question) -> Question:
    """Raises ``compile.NotInForce``."""
    version = compile.in_force().number if question.version is None else question.version
    facts = simulation.settled(question.facts, question.user, question.tool)
    return Question(question.user, question.role, question.tool, question.arguments, facts, version)


def _suggested() -> dict[str, list[str]]:
    """Names to choose from; others can be typed: of a tool that nobody has, or of a role of long ago."""
    return {
        "users": list(User.objects.order_by("username").values_list("username", flat=True)[:SUGGESTED]),
        "roles": list(Role.objects.filter(retired_at=None).values_list("name", flat=True)[:SUGGESTED]),
        "tools": list(Tool.objects.filter(retired_at=None).values_list("name", flat=True)[:SUGGESTED]),
    }

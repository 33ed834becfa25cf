"""The admin site: grouped by what people come for, with what must not be overlooked at the top of every page.

Outside ``controlplane.admin`` because Django loads it before the pages, and loading a package loads all of
it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import update_wrapper
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import BadRequest, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from audit.actors import of_user
from audit.models import Record
from controlplane import trials
from controlplane.callers import login_of
from controlplane.models import Approval, Epoch, PolicyVersion, Provider, Role, SessionBinding, User
from controlplane.operations import signins, simulations

SECTIONS = {
    "Sessions": ("SessionBinding", "Approval", "Lock"),
    "Policy": ("Role", "Tool", "ToolGrant", "RedactionPattern", "Classifier", "PolicyVersion"),
    "People and applications": ("User", "Group", "ServiceKey"),
    "Providers": ("Provider",),
    "Audit": ("Record",),
}


@dataclass(frozen=True, slots=True)
class Band:
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the start page; ``url`` leads to the rows behind it."""

    title: str
    value: str
    url: str
    tone: str = "plain"


class SignInForm(AdminAuthenticationForm):
    """Records the outcome before anybody is let in: what cannot be recorded fails."""

    def clean(self) -> dict[str, Any]:
        where = _where(self.request)
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            signins.record_failed_sign_in(username=self.cleaned_data.get("username", ""), **where)
            raise
        if user := self.get_user():
            self._leave_the_other(user)
            signins.record_sign_in(user=user, **where)
        else:  # a field was malformed, and Django did not even try
            signins.record_failed_sign_in(username="", **where)
        return cleaned

    def _leave_the_other(self, user: User) -> None:
        """One browser holds one sign-in: Django drops whose it was."""
        request = self.request
        if request is not None and request.user.is_authenticated and request.user != user:
            signins.sign_out(user=request.user, login=login_of(request), **_where(request))


def signing_out(request: HttpRequest, leave: Callable[[], HttpResponse]) -> HttpResponse:
    """Sign-in, sessions and record in one transaction: nobody gets in between."""
    if not request.user.is_authenticated:
        return leave()
    who, login = request.user, login_of(request)
    with transaction.atomic():
        response = leave()
        signins.sign_out(user=who, login=login, **_where(request))
    return response


def _where(request: HttpRequest | None) -> dict[str, str]:
    if request is None:
        raise TypeError("a sign-in without a request cannot be recorded")
    return {"path": request.path, "source_ip": str(request.META.get("REMOTE_ADDR", ""))}


class Site(AdminSite):
    site_header = "Sallyport"
    site_title = "Sallyport"
    index_title = "Control plane"
    empty_value_display = "none"
    login_form = SignInForm
    enable_nav_sidebar = True

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        def readable(request: HttpRequest, *given: Any, **named: Any) -> Any:
            if "%00" in request.get_full_path():
                raise BadRequest("the address has a NUL character")  # PostgreSQL would fail on it
            return view(request, *given, **named)

        return super().admin_view(update_wrapper(readable, view), cacheable)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        return context | {"bands": bands() if context["has_permission"] else []}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"figures": figures(request)} | (extra_context or {}))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        leave = functools.partial(super().logout, request, extra_context)
        return signing_out(request, leave) if request.method == "POST" else leave()

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.user.is_authenticated:
            request.user.acting = of_user(request.user)
        return super().password_change(request, extra_context)

    def get_urls(self) -> list[Any]:
        from controlplane.admin import simulator  # not before the pages are there, see above

        page = self.admin_view(lambda request: simulator.page(self, request))
        return [path("simulate/", page, name="controlplane_simulator"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Models under the headings of ``SECTIONS``, then whatever no section names."""
        apps: list[Any] = super().get_app_list(request, app_label)
        if app_label:
            return apps
        by_name = {model["object_name"]: model for app in apps for model in app["models"]}
        sections = [
            section(title, [by_name.pop(name) for name in names if name in by_name])
            for title, names in SECTIONS.items()
        ]
        if simulations.may_ask(request.user):
            next(each for each in sections if each["name"] == "Policy")["models"].append(simulator_entry())
        sections.append(section("More", list(by_name.values())))
        return [found for found in sections if found["models"]]


def section(title: str, models: list[Any]) -> dict[str, Any]:
    label = title.lower().replace(" ", "-")
    return {"name": title, "app_label": label, "app_url": reverse("admin:index"), "models": models}


def simulator_entry() -> dict[str, Any]:
    """A page without a model, in the list of models: it is looked for next to the policy."""
    url = reverse("admin:controlplane_simulator")
    return {
        "name": "Simulator",
        "object_name": "Simulator",
        "admin_url": url,
        "add_url": None,
        "view_only": True,
    }


def bands() -> list[Band]:
    """Where this is, and what must not be overlooked."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    found = [
        Band(f"This machine only ({host}): development", "care") if _is_near(host) else Band(host, "plain")
    ]
    if fault := Epoch.objects.values_list("fault", flat=True).get(pk=1):
        found.append(Band(f"The last edit is NOT in force, the policy of before is: {fault}", "bad"))
    if sandbox_in_use():
        found.append(Band("The sandbox provider is in use: scripted answers, no model behind them", "bad"))
    loud = Role.objects.filter(retired_at=None, audio="deliver").values_list("name", flat=True)
    if names := ", ".join(loud):
        found.append(Band(f"Speech is delivered unredacted to {names}", "bad"))
    return found


def sandbox_in_use() -> bool:
    """Whether a session that starts now could go to the scripted provider."""
    current = Provider.objects.filter(retired_at=None, is_sandbox=True)
    return current.filter(Q(is_default=True) | Q(roles__retired_at=None, roles__isnull=False)).exists()


def figures(request: HttpRequest) -> list[Figure]:
    """The numbers of the start page, as far as this user may see the rows behind them."""
    sources: dict[str, Callable[[], Figure]] = {
        "controlplane.view_sessionbinding": _live_sessions,
        "controlplane.decide_approval": _waiting_calls,
        "audit.view_record": _denied_calls,
        "controlplane.view_policyversion": _policy_in_force,
        "controlplane.view_toolgrant": _on_trial,
        "controlplane.view_provider": _provider,
    }
    return [figure() for permission, figure in sources.items() if request.user.has_perm(permission)]


def _live_sessions() -> Figure:
    live = SessionBinding.objects.filter(state=SessionBinding.State.ACTIVE).count()
    return Figure("live sessions", str(live), reverse("admin:controlplane_sessionbinding_changelist"))


def _waiting_calls() -> Figure:
    waiting = Approval.objects.standing("pending").count()
    url = reverse("admin:controlplane_approval_changelist")
    return Figure("tool calls waiting for approval", str(waiting), url, "bad" if waiting else "plain")


def _denied_calls() -> Figure:
    since = timezone.now() - timedelta(days=1)
    denied = Record.objects.filter(verb="tool.decided", outcome="deny", occurred_at__gte=since).count()
    url = f"{reverse('admin:audit_record_changelist')}?verb=tool.decided&outcome=deny"
    return Figure("tool calls denied in 24 hours", str(denied), url, "bad" if denied else "plain")


def _policy_in_force() -> Figure:
    newest = PolicyVersion.objects.order_by("-number").only("number").first()
    url = reverse("admin:controlplane_policyversion_changelist")
    return Figure("policy in force", f"v{newest.number}" if newest else "none yet", url)


def _on_trial() -> Figure:
    number = trials.grants().count() + trials.patterns().count()
    return Figure("in shadow mode: safe to enforce?", str(number), reverse("admin:controlplane_trials"))


def _provider() -> Figure:
    default = Provider.objects.filter(retired_at=None, is_default=True).first()
    url = reverse("admin:controlplane_provider_changelist")
    tone = "bad" if default is None or default.is_sandbox else "plain"
    return Figure("default provider", default.name if default else "none", url, tone)


def _is_near(host: str) -> bool:
    return host in settings.LOOPBACK

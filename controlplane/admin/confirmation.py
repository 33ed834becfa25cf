"""Actions that ask first: what will happen, to whom, and why. No reason, no action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

SHOWN = 25


@dataclass(frozen=True, slots=True)
class Question:
    """``action`` is the name of the admin action, ``consequence`` says in words what will happen. ``details``, each
    shown by ``template``, take the place of the rows' names where a name does not say enough. ``form`` asks for more
    than the reason."""

    action: str
    title: str
    consequence: str
    yes: str
    details: Sequence[Mapping[str, Any]] = ()
    template: str = ""
    form: forms.Form | None = None


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "class": "vLargeTextField"}),
        help_text="Goes into the audit record. Say what the next reader needs to know.",
    )


def given(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: nothing, as long as the question has not been put."""
    return request.POST if "apply" in request.POST else None


def reason_given(request: HttpRequest) -> str:
    """The reason from a confirmed question; "" as long as the question must be asked."""
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["reason"]) if "apply" in request.POST and form.is_valid() else ""


def ask(page: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], question: Question) -> HttpResponse:
    """The page that asks. It posts the same action again, with ``apply`` and the reason."""
    names = [str(row) for row in rows[: SHOWN + 1]]
    context = page.admin_site.each_context(request) | {
        "title": question.title,
        "question": question,
        "form": question.form or ReasonForm(given(request)),
        "names": names[:SHOWN],
        "more": rows.count() - SHOWN if len(names) > SHOWN else 0,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "opts": page.opts,
    }
    return TemplateResponse(request, "admin/controlplane/confirmation.html", context)

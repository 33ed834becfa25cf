"""Pages that add a row through an operation, because the operation does more than insert."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from controlplane.admin.base import ReadOnlyAdmin


class AddsByOperation(ReadOnlyAdmin):
    """``add_form`` collects what the operation needs; ``perform`` calls it. The form is plain, not a model
    form, so that nothing can be saved past the operation."""

    add_form: type[forms.Form]
    add_note = ""
    add_button = "Add"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.add_{self.opts.model_name}"))

    def perform(self, request: HttpRequest, cleaned: dict[str, Any]) -> HttpResponse:
        """Raises ValueError, ``field: what is wrong``, which goes to that field."""
        raise NotImplementedError

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.add_form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                return self.perform(request, form.cleaned_data)
            except ValueError as refusal:
                field, _, message = str(refusal).rpartition(": ")
                form.add_error(field if field in form.fields else None, message)
        context = self.admin_site.each_context(request) | {
            "title": f"Add {self.opts.verbose_name}",
            "form": form,
            "opts": self.opts,
            "note": self.add_note,
            "button": self.add_button,
        }
        return TemplateResponse(request, "admin/controlplane/add.html", context)

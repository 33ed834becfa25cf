"""What every page of an admin-managed row does: record the edit where it happens, delete nothing, read
well."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit import actors
from audit.actors import Actor
from audit.filters import DefaultedFilter
from controlplane.admin import confirmation, edits, foureyes
from controlplane.admin.counting import concerned
from controlplane.admin.words import IndentedJSON, count
from controlplane.models import SessionBinding
from controlplane.models.retiring import Retirable
from controlplane.operations import rows, selfservice


class Admin(admin.ModelAdmin):
    """``secret_fields`` are recorded as changed, never with their value. ``whole_list`` is the query under which the
    list hides no row, so that a button on a row's page finds it.
    """

    secret_fields: frozenset[str] = frozenset()
    whole_list = ""
    change_form_template = "admin/controlplane/change_form.html"
    empty_value_display = "none"
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    formfield_overrides = {
        models.JSONField: {
            "widget": forms.Textarea(
                attrs={"rows": 4, "cols": 80, "class": "vLargeTextField json", "spellcheck": "false"}
            )
        },
    }

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Records point at rows for ever: rows are retired, never deleted.
        return False

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        if isinstance(db_field, models.JSONField):
            options["encoder"] = IndentedJSON
        return super().formfield_for_dbfield(db_field, request, **options)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Django calls this inside the edit's transaction, after many-to-many fields and inlines are saved
        (pinned by a test). So what is recorded here commits with the edit, and an edit that cannot be
        recorded does not happen.
        """
        changes = edits.of_form(form, self.secret_fields, created=add)
        changes |= edits.of_formsets(formsets or (), self.secret_fields)
        if add or changes:
            row = edits.row_of(form)
            foureyes.forbid(request, row, changes, is_new=add)
            rows.record_edit(
                actor=actor_of(request),
                row=row,
                changes=changes,
                created=add,
                source_ip=address_of(request),
            )
        return super().construct_change_message(request, form, formsets, add)

    def changeform_view(self, request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *given, **named)
        except foureyes.OwnEdit as refusal:
            return foureyes.refuse(self.admin_site, request, refusal)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's own log is left empty: two histories would differ one day, and this one can be edited."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """See ``log_addition``."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        return HttpResponseRedirect(self.history_url(row))

    def history_url(self, row: Any) -> str:
        """Where the records about ``row`` are; operations that name their subject otherwise override it."""
        return records_url(subject=rows.subject_of(row))

    def offers(self, row: Any) -> tuple[str, ...]:
        """The actions that make sense for ``row`` as it is now: buttons on its page."""
        return ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": str(self.opts.verbose_name_plural).capitalize()}
        return super().changelist_view(request, title | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *options: Any, **more: Any
    ) -> HttpResponse:
        offered = {name: action[2] for name, action in self.get_actions(request).items() if action}
        wanted = self.offers(context["original"]) if context.get("original") else ()
        context["page_actions"] = [(name, offered[name]) for name in wanted if name in offered]
        here = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        context["action_url"] = f"{reverse(here)}?{self.whole_list}"
        context["own"] = foureyes.notice(request, context.get("original"))
        return super().render_change_form(request, context, *options, **more)


class ReadOnlyAdmin(Admin):
    """Rows that only operations write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_operate(self, request: HttpRequest) -> bool:
        """Whether this user may run the actions: the change permission, though there is nothing to type
        in."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))


class InUseFilter(DefaultedFilter):
    title = "use"
    parameter_name = "use"

    def default(self, request: HttpRequest) -> str:
        return "current"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", "In use"), ("retired", "Retired"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if self.chosen in ("retired", "current"):
            return queryset.filter(retired_at__isnull=self.chosen == "current")
        return queryset


class RetirableForm(forms.ModelForm):
    """For rows with a constraint among those in use. Django skips a constraint whose condition names a field that the
    form lacks, and the database would answer with an error page."""

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"retired_at"}  # type: ignore[misc]


class RetirableAdmin(Admin):
    """Rows that are taken out of use. ``retiring`` says what that means, for the page that asks; ``sessions_by`` is
    the way from a session to the row, "" where sessions have nothing to do with it."""

    retiring = ""
    sessions_by = ""
    whole_list = "use=all"
    actions = ("retire", "put_back")
    exclude = ("retired_at",)

    def offers(self, row: Any) -> tuple[str, ...]:
        return ("put_back",) if row.retired_at else ("retire",)

    @admin.action(description="Retire…", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        question = confirmation.Question(
            "retire", f"Retire {self._named(queryset)}?", self._consequence(queryset), "Yes, retire"
        )
        return self._each(request, queryset, question, rows.retire, "retired")

    @admin.action(description="Put back into use…", permissions=["change"])
    def put_back(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> HttpResponse | None:
        said = "They count again from now on, in running sessions too."
        question = confirmation.Question(
            "put_back", f"Put {self._named(queryset)} back into use?", said, "Yes, put back"
        )
        return self._each(request, queryset, question, rows.put_back, "put back into use")

    def _each(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        question: confirmation.Question,
        operation: Any,
        done: str,
    ) -> HttpResponse | None:
        reason = confirmation.reason_given(request)
        if not reason:
            return confirmation.ask(self, request, queryset, question)
        changed = 0
        for row in queryset:
            if why := selfservice.conflict(request.user, row):
                foureyes.deny(request, row, question.action.replace("_", " "), why)
                self.message_user(request, f"{row}: {why}", messages.ERROR)
                continue
            try:
                changed += operation(
                    actor=actor_of(request), row=row, reason=reason, source_ip=address_of(request)
                )
            except ValidationError as refusal:
                self.message_user(request, f"{row}: {' '.join(refusal.messages)}", messages.ERROR)
        self.message_user(request, f"{count(changed, str(self.opts.verbose_name))} {done}.", messages.SUCCESS)
        return None

    def _consequence(self, queryset: models.QuerySet[Any]) -> str:
        if not self.sessions_by:
            return self.retiring
        rows = SessionBinding.objects.filter(**{f"{self.sessions_by}__in": queryset.values("pk")}).distinct()
        return f"{self.retiring} Concerned: {concerned(rows)}."

    def _named(self, queryset: models.QuerySet[Any]) -> str:
        return count(queryset.count(), str(self.opts.verbose_name))

    @admin.display(description="in use", boolean=True)
    def in_use(self, row: Retirable) -> bool:
        return row.retired_at is None


def actor_of(request: HttpRequest) -> Actor:
    return actors.of_user(request.user)


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def link_to(row: models.Model) -> SafeString:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, row)


def records_url(**query: str) -> str:
    return f"{reverse('admin:audit_record_changelist')}?{urlencode(query)}"

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Count, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from controlplane import compile
from controlplane.admin import cautions, edits, permissions
from controlplane.admin.base import Admin, InUseFilter, RetirableAdmin
from controlplane.admin.cautions import Cautious
from controlplane.admin.counting import live_link, live_sessions
from controlplane.admin.grants import rules_link
from controlplane.admin.keyed import EngineKeyForm, ending
from controlplane.admin.words import BAD, PLAIN, badge, span
from controlplane.models import Role, Tool, ToolGrant, User
from controlplane.models.bounds import BUDGETS


class GrantForm(forms.ModelForm):
    """A grant is not deleted but revoked: records name it for ever. What is not here is on the grant's own page."""

    revoke = forms.BooleanField(required=False, help_text="Calls of this tool are denied from now on.")
    public_fields = ("revoke",)

    class Meta:
        model = ToolGrant
        fields = ("tool", "hidden_fields", "streams_arguments", "note")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for each in self.visible_fields():
            # In a table no label belongs to a field. The picker of tools is wrapped, and hides what its wrapper has.
            widget: Any = getattr(each.field.widget, "widget", each.field.widget)
            widget.attrs["aria-label"] = each.label

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get("revoke") and not self.instance.pk:
            self.add_error("revoke", "this tool has not been granted yet")
        elif cleaned and cleaned.get("revoke"):
            # Before the row is checked: a grant that could not be saved as it is can still be revoked.
            self.instance.retired_at = timezone.now()
        return cleaned

    def _update_errors(self, errors: ValidationError) -> None:
        """The row may blame a field that only the grant's own page has: Django would answer with an error page."""
        found = getattr(errors, "error_dict", {})
        elsewhere = [name for name in found if name not in self.fields and name != NON_FIELD_ERRORS]
        for name in elsewhere:
            for sentence in ValidationError(found.pop(name)).messages:
                self.add_error(None, f"{name.replace('_', ' ')}: {sentence}")
        super()._update_errors(errors)  # type: ignore[misc]


class GrantFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """No tool twice. The database would refuse as well, but only with an error page."""
        super().clean()
        if any(form.instance.pk is None for form in self.initial_forms):
            # Django would leave such a row out without a word, and save the rest.
            raise ValidationError("A tool was revoked while you were editing: open the page again.")
        seen = self._granted_meanwhile()
        for form in self.forms:
            tool = form.cleaned_data.get("tool") if hasattr(form, "cleaned_data") else None
            if tool is None or form.cleaned_data.get("revoke"):
                continue
            if tool in seen:
                form.add_error("tool", "this role has been granted this tool already")
            seen.add(tool)

    def _granted_meanwhile(self) -> set[Tool]:
        """By somebody else, since this page was opened: no form is about these."""
        shown = [form.instance.pk for form in self.forms if form.instance.pk]
        others = ToolGrant.objects.filter(role=self.instance.pk, retired_at=None).exclude(pk__in=shown)
        return {grant.tool for grant in others.select_related("tool")}


class GrantInline(admin.TabularInline):
    model = ToolGrant
    form = GrantForm
    formset = GrantFormSet
    fields = ("tool", "hidden_fields", "streams_arguments", "note", "rules_", "revoke")
    readonly_fields = ("rules_",)
    autocomplete_fields = ("tool",)
    extra = 0
    can_delete = False
    verbose_name = "tool"
    verbose_name_plural = "Tools that this role may call: everything else is denied"
    formfield_overrides = {
        key: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 40, "class": "json", "spellcheck": "false"})}
        for key in Admin.formfield_overrides
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[ToolGrant]:
        return super().get_queryset(request).filter(retired_at=None).select_related("tool", "role")

    @admin.display(description="rules, approval, mode")
    def rules_(self, grant: ToolGrant) -> str | SafeString:
        return rules_link(grant)


class RoleForm(EngineKeyForm):
    def clean(self) -> dict[str, Any] | None:
        """The database refuses it as well, but belongs to no field."""
        cleaned = super().clean()
        if cleaned and cleaned.get("gated_turns") and not cleaned.get("transcription_model"):
            self.add_error("gated_turns", "needs a transcription model: without it nothing can be judged")
        return cleaned


@admin.register(Role)
class RoleAdmin(Cautious, RetirableAdmin):
    form = RoleForm
    list_display = ("name", "description", "tools", "audio_", "longest", "live", "in_use")
    list_filter = (InUseFilter, "audio")
    change_form_template = "admin/controlplane/role/change_form.html"
    list_select_related = ("provider",)
    search_fields = ("name", "description")
    search_help_text = "Part of a role's name or description."
    inlines = (GrantInline,)
    fieldsets = (
        (None, {"fields": ("name", "description", "may_do", "live")}),
        ("What the model is told", {"fields": ("constraints", "instructions")}),
        (
            "What clients may add",
            {"fields": ("accepts_client_instructions", "accepts_history", "may_use_webrtc")},
        ),
        ("Model", {"fields": ("provider", "model_names")}),
        (
            "Speech and text",
            {
                "fields": (
                    "audio",
                    "speech_rate",
                    "withheld_notice",
                    "spread_values",
                    "transcription_model",
                    "gated_turns",
                ),
            },
        ),
        (
            "Calls",
            {
                "fields": (
                    "calls_per_turn",
                    "engine_url",
                    "engine_deadline_ms",
                    "stored_key",
                    "engine_key",
                    "remove_key",
                ),
                "description": "The decision engine is asked after the rules of a grant, with the user, the tool and "
                "the arguments. What it answers can deny a call or send it to a supervisor, never allow more. Its key "
                "is sent as Authorization: Bearer.",
            },
        ),
        (
            "Limits",
            {
                "fields": (
                    "max_session_seconds",
                    "idle_seconds",
                    "ticket_seconds",
                    "max_output_tokens",
                    "binds_address",
                    "second_connection",
                    "reauthenticate_seconds",
                    "grace_seconds",
                    "sessions_per_user",
                    "sessions_at_once",
                ),
                "description": "Times are in seconds. Running sessions take a change over within a second.",
            },
        ),
        (
            "Budgets",
            {
                "fields": BUDGETS,
                "description": "Looked at before every response and when the provider reports what one has used: at "
                "most one response goes over. Days are those of UTC. Costs need prices on the provider.",
            },
        ),
    )
    readonly_fields = ("may_do", "live", "stored_key")
    sessions_by = "role"
    retiring = "Sessions with this role end now, and no new ones start. Its grants stay as they are."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        usable = Q(grants__retired_at=None, grants__tool__retired_at=None)
        counted = Count("grants", filter=usable, distinct=True)
        return super().get_queryset(request).annotate(granted=counted, live_sessions=live_sessions("role"))

    def cautions_of(self, form: Any, formsets: Any, is_new: bool) -> Iterable[str]:
        for formset in formsets:
            for grant in (
                each for each in formset.forms if each.has_changed() and not each.instance.retired_at
            ):
                yield from cautions.of_grant(grant, grant.instance in edits.formset_added(formsets))
        yield from cautions.of_costs(role=form.instance.name)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if field is not None:
            field.empty_label = "the default provider"
        return field

    @admin.display(description="tools", ordering="granted")
    def tools(self, role: Any) -> str:
        return str(role.granted) if role.granted else "none"

    @admin.display(description="speech", ordering="audio")
    def audio_(self, role: Role) -> SafeString:
        words = str(role.get_audio_display()).partition(":")[0]
        return badge(f"{words}: unredacted", BAD) if role.audio == "deliver" else badge(words, PLAIN)

    @admin.display(description="longest session", ordering="max_session_seconds")
    def longest(self, role: Role) -> str:
        return span(role.max_session_seconds)

    @admin.display(description="key stored now")
    def stored_key(self, role: Role) -> str:
        return ending(role)

    @admin.display(description="live sessions", ordering="live_sessions")
    def live(self, role: Any) -> str:
        return live_link(getattr(role, "live_sessions", 0), f"role__id__exact={role.pk}")

    @admin.display(description="what this role may do")
    def may_do(self, role: Role) -> str | SafeString:
        if not role.pk:
            return "Save the role to see what it may do."
        try:
            snapshot = compile.in_force()
            # Nobody in particular: what depends on the person is decided call by call.
            policy = compile.policy_for(User(username="anybody"), role.name, snapshot)
        except compile.NotInForce as reason:
            return f"Nothing: no session can start. ({reason})"
        context = {
            "may": permissions.may(policy),
            "may_not": permissions.may_not(policy, list(snapshot.document["tools"])),
            "rest": permissions.sentences(policy),
            "version": policy.version,
        }
        return render_to_string("admin/controlplane/role/may_do.html", context)

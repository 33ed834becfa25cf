from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.utils.html import format_html

from controlplane.admin.base import InUseFilter, RetirableAdmin
from controlplane.admin.words import CARE, badge
from controlplane.models import Provider


class ProviderForm(forms.ModelForm):
    """``api_key`` goes in and never comes out: the page shows its last four characters at most."""

    api_key = forms.CharField(
        label="API key",
        required=False,
        max_length=500,
        # A line break in a key would be a header of its own.
        validators=[RegexValidator(r"\A[\x21-\x7e]+\Z", "must be printable ASCII without spaces")],
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text="Write only: stored encrypted, never shown again. Leave empty to keep the key that is there.",
    )
    remove_key = forms.BooleanField(
        label="remove the key", required=False, help_text="For a provider that needs none."
    )
    public_fields = ("remove_key",)

    class Meta:
        model = Provider
        fields = ("name", "url", "auth_header", "model_names", "is_default", "egress_note")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get("api_key") and cleaned.get("remove_key"):
            self.add_error("remove_key", "enter a key or remove it, not both")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # "Only one default" holds among providers in use. Django skips a constraint whose condition names a field that
        # the form lacks, and the database would answer with an error page.
        return super()._get_validation_exclusions() - {"retired_at"}  # type: ignore[misc]

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data["api_key"] or self.cleaned_data["remove_key"]:
            self.instance.set_api_key(self.cleaned_data["api_key"])
        return super().save(commit)


@admin.register(Provider)
class ProviderAdmin(RetirableAdmin):
    form = ProviderForm
    list_display = ("name", "address", "models", "key", "is_default", "in_use")
    list_filter = (InUseFilter, "is_sandbox")
    search_fields = ("name", "url")
    search_help_text = "Part of a provider's name or address."
    fieldsets = (
        (None, {"fields": ("name", "url", "model_names", "is_default")}),
        ("Key", {"fields": ("auth_header", "key", "api_key", "remove_key")}),
        ("Network", {"fields": ("egress_note",)}),
    )
    readonly_fields = ("key",)
    retiring = (
        "Sessions with them end now, and no new ones start. If the default provider is among them, roles that name "
        "no provider have nowhere to go."
    )

    @admin.display(description="address", ordering="url")
    def address(self, row: Provider) -> str:
        return format_html("{} {}", badge("sandbox", CARE), row.url) if row.is_sandbox else row.url

    @admin.display(description="models")
    def models(self, row: Provider) -> str:
        first, *others = row.model_names or ["none"]
        return f"{first} and {len(others)} more" if others else first

    @admin.display(description="key stored now")
    def key(self, row: Provider) -> str:
        if not row.api_key_ciphertext:
            return "none"
        return f"ends in {row.api_key_last4}" if row.api_key_last4 else "a short one"

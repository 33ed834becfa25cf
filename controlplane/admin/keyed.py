"""Pages of rows that hold the key of another service."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator

from controlplane.admin.base import RetirableAdmin
from controlplane.models.keyed import Keyed


class KeyedForm(forms.ModelForm):
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
        label="remove the key", required=False, help_text="For a service that needs none."
    )
    public_fields: tuple[str, ...] = ("remove_key",)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get("api_key") and cleaned.get("remove_key"):
            self.add_error("remove_key", "enter a key or remove it, not both")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        key = self.new_key()
        if key or self.cleaned_data["remove_key"]:
            self.instance.set_api_key(key)
        return super().save(commit)

    def new_key(self) -> str:
        """ "" leaves the key that is there."""
        return str(self.cleaned_data["api_key"])


class KeyedAdmin(RetirableAdmin):
    form = KeyedForm
    readonly_fields: ClassVar[tuple[str, ...]] = ("key",)

    @admin.display(description="key stored now")
    def key(self, row: Keyed) -> str:
        if not row.api_key_ciphertext:
            return "none"
        return f"ends in {row.api_key_last4}" if row.api_key_last4 else "a short one"

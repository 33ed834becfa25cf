"""Pages of rows that hold the key of another service."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator

from controlplane.admin.base import RetirableAdmin
from controlplane.models.keyed import HoldsKey


def key_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=500,
        # A line break in a key would be a header of its own.
        validators=[RegexValidator(r"\A[\x21-\x7e]+\Z", "must be printable ASCII without spaces")],
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text="Write only: stored encrypted, never shown again. Leave empty to keep the key that is there.",
    )


class KeyedForm(forms.ModelForm):
    """The key goes in and never comes out: the page shows its last four characters at most."""

    api_key = key_field("API key")
    remove_key = forms.BooleanField(
        label="remove the key", required=False, help_text="For a service that needs none."
    )
    key_name = "api_key"
    public_fields: tuple[str, ...] = ("remove_key",)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get(self.key_name) and cleaned.get("remove_key"):
            self.add_error("remove_key", "enter a key or remove it, not both")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        key = self.new_key()
        if key or self.cleaned_data.get("remove_key"):
            self.instance.set_key(key)
        return super().save(commit)

    def new_key(self) -> str:
        """ "" leaves the key that is there."""
        return str(self.cleaned_data.get(self.key_name, ""))


class EngineKeyForm(KeyedForm):
    """For a row that names a decision engine."""

    api_key = None  # type: ignore[assignment]  # how Django takes a field of the form above away
    engine_key = key_field("key of the engine")
    key_name = "engine_key"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned is not None and "engine_url" in cleaned:
            self._clean_engine(cleaned)
        return cleaned

    def _clean_engine(self, cleaned: dict[str, Any]) -> None:
        key = cleaned.get("engine_key")
        if key and not cleaned["engine_url"]:
            self.add_error("engine_key", "there is no engine to show it to: enter its address")
        elif (
            "engine_url" in self.changed_data
            and self.instance.has_key
            and not (key or cleaned.get("remove_key"))
        ):
            # What opens one place must not be shown to another.
            self.add_error(
                "engine_key", "the stored key belongs to the address before: enter a new one or remove it"
            )


def ending(row: HoldsKey) -> str:
    """What may be shown of a key."""
    if not row.has_key:
        return "none"
    return f"set, ends in {row.key_last4}" if row.key_last4 else "set, a short one"


class KeyedAdmin(RetirableAdmin):
    form = KeyedForm
    readonly_fields: ClassVar[tuple[str, ...]] = ("key",)

    @admin.display(description="key stored now")
    def key(self, row: HoldsKey) -> str:
        return ending(row)

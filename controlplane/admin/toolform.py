"""The form of a tool: one key field for two uses, a signing secret or what an MCP server is shown."""

from __future__ import annotations

from typing import Any

from django import forms

from controlplane import signing
from controlplane.admin.keyed import KeyedForm
from controlplane.models import Tool


class ToolForm(KeyedForm):
    generate_key = forms.BooleanField(
        label="generate a signing secret",
        required=False,
        help_text="For a tool that Sallyport runs. It is shown once, on the next page.",
    )
    public_fields = (*KeyedForm.public_fields, "generate_key")

    class Meta:
        model = Tool
        exclude = ("retired_at",)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if "api_key" in self.fields:
            self.fields["api_key"].label = "Signing secret or authorisation"
        self.generated = ""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned is not None:
            self._clean_key(cleaned)
        return cleaned

    def _clean_key(self, cleaned: dict[str, Any]) -> None:
        runner, key = cleaned.get("runner"), cleaned.get("api_key")
        is_new = bool(key or cleaned.get("remove_key") or cleaned.get("generate_key"))
        if cleaned.get("generate_key") and (key or cleaned.get("remove_key")):
            self.add_error("generate_key", "generate a secret, enter one or remove it: one of them")
        elif cleaned.get("generate_key") and runner != "http":
            self.add_error("generate_key", "only requests of Sallyport are signed: choose http")
        elif key and runner == "client":
            self.add_error("api_key", "the client runs this tool: there is nothing to send a key to")
        elif key and runner == "http" and (fault := signing.fault_in(key)):
            self.add_error("api_key", fault)
        elif "runner" in self.changed_data and self.instance.api_key_ciphertext and not is_new:
            # What authorises at one place must not be used as a secret at another, nor be sent there.
            self.add_error(
                "api_key", "the stored key belongs to how the tool was run; enter a new one or remove it"
            )

    def new_key(self) -> str:
        if self.cleaned_data["generate_key"]:
            self.generated = signing.new_secret()
            return self.generated
        return super().new_key()

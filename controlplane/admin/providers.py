from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.html import format_html

from controlplane.admin.base import InUseFilter, RetirableForm
from controlplane.admin.cautions import Cautious, of_costs
from controlplane.admin.keyed import KeyedAdmin, KeyedForm
from controlplane.admin.words import CARE, badge
from controlplane.models import Provider


class ProviderForm(RetirableForm, KeyedForm):
    class Meta:
        model = Provider
        fields = (
            "name",
            "url",
            "auth_header",
            "model_names",
            "is_default",
            "egress_note",
            "private_tool_hosts",
            "prices",
        )


@admin.register(Provider)
class ProviderAdmin(Cautious, KeyedAdmin):
    form = ProviderForm
    list_display = ("name", "address", "models", "key", "is_default", "in_use")
    list_filter = (InUseFilter, "is_sandbox")
    search_fields = ("name", "url")
    search_help_text = "Part of a provider's name or address."
    fieldsets = (
        (None, {"fields": ("name", "url", "model_names", "is_default", "prices")}),
        ("Key", {"fields": ("auth_header", "key", "api_key", "remove_key")}),
        (
            "Network",
            {
                "fields": ("egress_note", "private_tool_hosts"),
                "description": "Tools that Sallyport runs may reach public addresses only, and the private hosts named "
                'here, for example ["tools.internal", "10.0.3.7"].',
            },
        ),
    )
    sessions_by = "provider"
    retiring = (
        "Sessions with them end now, and no new ones start. If the default provider is among them, roles that name "
        "no provider have nowhere to go."
    )

    def cautions_of(self, form: Any, formsets: Any, is_new: bool) -> Iterable[str]:
        return of_costs(provider=form.instance.name)

    @admin.display(description="address", ordering="url")
    def address(self, row: Provider) -> str:
        return format_html("{} {}", badge("sandbox", CARE), row.url) if row.is_sandbox else row.url

    @admin.display(description="models")
    def models(self, row: Provider) -> str:
        first, *others = row.model_names or ["none"]
        return f"{first} and {len(others)} more" if others else first

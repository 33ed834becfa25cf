"""Where sessions are sent. The key goes in and never comes out, except to dial."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from controlplane.models.addresses import is_near
from controlplane.models.json import JSONField
from controlplane.models.keyed import Keyed
from controlplane.models.retiring import Retirable, validate_names

_HOST = re.compile(r"[a-z0-9:_-]+(?:\.[a-z0-9:_-]+)*")


def validate_hosts(value: Any) -> None:
    """Bare names or addresses in lower case: the comparison is exact."""
    for host in value if isinstance(value, list) else ():
        if not _HOST.fullmatch(str(host)):
            raise ValidationError(
                f"{host} is no host: a name or address in lower case, without port or dot at its end"
            )


PRICED = (
    "text_input",
    "cached_text_input",
    "audio_input",
    "cached_audio_input",
    "image_input",
    "cached_image_input",
    "text_output",
    "audio_output",
)
"""What a provider charges for, as its usage reports tell the kinds of tokens apart."""


def validate_prices(value: Any) -> None:
    """``{"gpt-realtime": {"text_input": 4, …}}``: one price for each kind of token, per million."""
    if not isinstance(value, dict) or not all(isinstance(prices, dict) for prices in value.values()):
        raise ValidationError('must be a JSON object, such as {"gpt-realtime": {"text_input": 4}}')
    for model, prices in value.items():
        for kind, price in prices.items():
            if kind not in PRICED:
                raise ValidationError(f"{model}: {kind} is not one of {', '.join(PRICED)}")
            if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price <= 1_000_000:
                raise ValidationError(f"{model}: {kind} must be a number from 0 to 1000000")


class Provider(Keyed, Retirable):
    """An upstream that speaks the Realtime protocol."""

    class AuthHeader(models.TextChoices):
        BEARER = "bearer", "Authorization: Bearer (OpenAI and most others)"
        API_KEY = "api-key", "api-key (Azure OpenAI)"

    name = models.SlugField("name", max_length=64, unique=True, help_text="Used in records and locks.")
    url = models.CharField(
        "address",
        max_length=500,
        help_text="Websocket address without query, for example wss://api.openai.com/v1/realtime.",
    )
    auth_header = models.CharField(
        "key header",
        max_length=16,
        choices=AuthHeader,
        default=AuthHeader.BEARER,
        help_text="The header in which the provider expects its key.",
    )
    model_names = JSONField(
        "models",
        default=list,
        validators=[validate_names],
        help_text=(
            'JSON list of model names that it serves; the first is the default, for example ["gpt-'
            'realtime-2.1"].'
        ),
    )
    is_default = models.BooleanField(
        "default",
        default=False,
        help_text="Used by every role that names no provider. Only one can be the default.",
    )
    is_sandbox = models.BooleanField(
        "sandbox", default=False, editable=False, help_text="The scripted provider: no model behind it."
    )
    egress_note = models.TextField(
        "egress note",
        blank=True,
        help_text="Which hosts the network must let Sallyport reach for this provider.",
    )

    private_tool_hosts = JSONField(
        "private hosts of tools",
        default=list,
        blank=True,
        validators=[validate_names, validate_hosts],
        help_text=(
            "JSON list of hosts that tools run by Sallyport may reach although their address is private, for example "
            '["tools.internal"]. Every other private address is refused.'
        ),
    )

    prices = JSONField(
        "prices",
        default=dict,
        blank=True,
        validators=[validate_prices],
        help_text=(
            "JSON object: for each model what a million tokens of each kind cost, for example "
            '{"gpt-realtime": {"text_input": 4, "audio_input": 32, "text_output": 16, "audio_output": 64}}. '
            "Budgets of cost need it."
        ),
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "provider"
        verbose_name_plural = "providers"
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",),
                name="only_one_provider_is_the_default",
                condition=models.Q(is_default=True, retired_at=None),
                violation_error_message="Another provider is the default.",
            ),
            models.CheckConstraint(
                name="provider_speaks_websocket", condition=models.Q(url__regex=r"^wss?://[^/?#]+[^?#]*$")
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            parts = urlsplit(self.url)
        except ValueError as error:  # an IPv6 address without its second bracket
            raise ValidationError({"url": "is no address"}) from error
        if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.query or parts.fragment:
            raise ValidationError({"url": "must be a ws:// or wss:// address without query"})
        if parts.username or parts.password:
            raise ValidationError({"url": "must not hold a key; enter the key in its own field"})
        if parts.scheme == "ws" and not is_near(parts.hostname):
            raise ValidationError(
                {"url": "must be wss://: the key and all content would travel in the clear"}
            )

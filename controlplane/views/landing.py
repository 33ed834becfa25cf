"""The front page: what this is and where to go."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from controlplane.models import Provider


@never_cache  # it says who is signed in
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    sandboxed = Provider.objects.filter(is_default=True, is_sandbox=True, retired_at=None).exists()
    return render(request, "landing.html", {"public_url": settings.PUBLIC_URL, "sandboxed": sandboxed})

"""Probes. ``livez``: the process answers. ``readyz``: it may be given work."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from controlplane import readiness


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    checks = readiness.faults()
    status = readiness.status(checks)
    return JsonResponse({"status": status, "checks": checks}, status=503 if status == "unavailable" else 200)

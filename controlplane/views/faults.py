"""What goes wrong outside a view. To a program that is the official shape; to a person, Django's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from controlplane.views.official import error

PROGRAMS = ("/v1", "/api")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Such as a Host that is not ours."""
    if _is_program(request):
        return error(400, "bad_request", "The request is malformed, or not for this host.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_program(request):
        return error(404, "unknown_url", f"Invalid URL ({request.method} {request.path}).")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_program(request):
        return error(500, "internal_error", "An internal fault occurred.")
    return defaults.server_error(request)


def _is_program(request: HttpRequest) -> bool:
    return any(request.path == root or request.path.startswith(f"{root}/") for root in PROGRAMS)

"""One address serves the protocol, the admin and the pages. Websockets are routed in ``asgi``."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path, re_path

from controlplane.views import (
    accounts,
    approvals,
    health,
    landing,
    locks,
    realtime,
    reauthentication,
    sessions,
    simulation,
)

handler400 = "controlplane.views.faults.bad_request"
handler404 = "controlplane.views.faults.not_found"
handler500 = "controlplane.views.faults.server_error"

urlpatterns = [
    path("", landing.landing, name="landing"),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("accounts/login/", accounts.SignIn.as_view(), name="login"),
    path("accounts/logout/", accounts.SignOut.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("v1/realtime", realtime.upgrade_required),
    path("v1/realtime/client_secrets", realtime.client_secrets, name="client_secrets"),
    path("v1/realtime/sessions", realtime.beta_sessions, name="beta_sessions"),
    path("v1/realtime/calls", realtime.calls),
    path("api/approvals", approvals.collection, name="approvals"),
    path("api/approvals/<uuid:approval_id>", approvals.single, name="approval"),
    path("api/sessions", sessions.collection, name="sessions"),
    path("api/sessions/end", sessions.end_many, name="end_sessions"),
    path("api/sessions/<uuid:session_id>", sessions.single, name="session"),
    path("api/sessions/<uuid:session_id>/end", sessions.end, name="end_session"),
    path(
        "api/sessions/<uuid:session_id>/reauthenticate", reauthentication.shown, name="reauthenticate_session"
    ),
    path("api/locks", locks.collection, name="locks"),
    path("api/locks/<int:lock_id>/lift", locks.lift, name="lift_lock"),
    path("api/policy/simulate", simulation.simulate, name="simulate"),
    # Everything else of the official API is not ours to serve, and must not fall through to a page. Not `.`: a path
    # may hold a line's end.
    re_path(r"^(?:v1|api)(?:/[\s\S]*)?\Z", realtime.not_found),
]

"""Who may do what at which address: written down, one line for each. ``test_access_matrix`` holds the URLconf to it.

Columns: nobody; alice, a user; mallory, staff without permissions; dana, compliance staff; carol, a superuser; an
application with its service key, in alice's name. Bodies are ``{}``.
"""

from __future__ import annotations

KINDS = ("nobody", "alice", "mallory", "dana", "carol", "application")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

EVERYBODY = "200 200 200 200 200 200"
NOT_SERVED = "405 405 405 405 405 405"
NOT_THERE = "404 404 404 404 404 404"
_PAGE = {"GET": EVERYBODY, "*": NOT_SERVED}
_MINT = {"POST": "401 200 403 403 200 200", "*": NOT_SERVED}
_SIGN_IN = {"POST": EVERYBODY, "PUT": EVERYBODY}

PAGES: dict[str, dict[str, str]] = {
    "": _PAGE,
    "livez": _PAGE,
    "readyz": _PAGE,
    "accounts/login/": {"GET": EVERYBODY, **_SIGN_IN, "*": NOT_SERVED},
    "accounts/logout/": {"POST": "302 302 302 302 302 302", "*": NOT_SERVED},
    "v1/realtime": {"*": "426 426 426 426 426 426"},
    "v1/realtime/client_secrets": _MINT,
    "v1/realtime/sessions": _MINT,
    "v1/realtime/calls": {"POST": "401 403 403 403 403 403", "*": NOT_SERVED},
    "api/approvals": {"GET": "401 200 200 200 200 200", "*": NOT_SERVED},
    "api/approvals/<uuid:approval_id>": {
        "GET": "401 404 404 404 404 404",
        "POST": "401 404 404 404 404 404",
        "*": NOT_SERVED,
    },
    "api/sessions": {"GET": "401 200 200 200 200 200", "*": NOT_SERVED},
    "api/sessions/end": {"POST": "401 400 400 400 400 400", "*": NOT_SERVED},
    "api/sessions/<uuid:session_id>": {"GET": "401 404 404 404 404 404", "*": NOT_SERVED},
    "api/sessions/<uuid:session_id>/end": {"POST": "401 404 404 404 404 404", "*": NOT_SERVED},
    "api/locks": {
        "GET": "401 403 403 403 200 403",
        "POST": "401 403 403 403 400 403",
        "*": NOT_SERVED,
    },
    "api/locks/<int:lock_id>/lift": {"POST": "401 403 403 403 404 403", "*": NOT_SERVED},
    "api/sessions/<uuid:session_id>/reauthenticate": {"POST": "401 400 400 400 400 400", "*": NOT_SERVED},
    "api/policy/simulate": {"POST": "401 403 403 403 400 403", "*": NOT_SERVED},
    r"^(?:v1|api)(?:/[\s\S]*)?\Z": {"*": NOT_THERE},
    # -- the admin's pages that belong to no row
    "admin/": {"*": "302 302 200 200 200 302"},
    "admin/simulate/": {"GET": "302 302 403 403 200 302", "*": "302 302 403 403 405 302"},
    "admin/controlplane/toolgrant/trials/": {"*": "302 302 403 403 200 302"},
    "admin/controlplane/policyversion/<int:number>/file/": {"*": "302 302 403 403 200 302"},
    "admin/audit/record/session/<str:session_id>/": {"*": "302 302 403 200 200 302"},
    "admin/controlplane/user/<id>/password/": {"*": "302 302 403 403 200 302"},
    "admin/login/": {"GET": "200 200 302 302 302 200", **_SIGN_IN, "*": NOT_SERVED},
    "admin/logout/": {"POST": "302 302 302 302 302 302", "*": "302 302 405 405 405 302"},
    "admin/password_change/": {
        "DELETE": "302 302 405 405 405 302",
        "PATCH": "302 302 405 405 405 302",
        "*": "302 302 200 200 200 302",
    },
    "admin/password_change/done/": {"GET": "302 302 200 200 200 302", "*": "302 302 405 405 405 302"},
    "admin/autocomplete/": {"GET": "302 302 403 403 403 302", "*": "302 302 405 405 405 302"},
    "admin/jsi18n/": {"GET": "302 302 200 200 200 302", "*": "302 302 405 405 405 302"},
    "admin/r/<path:content_type_id>/<path:object_id>/": {"*": "302 302 404 404 404 302"},
    "admin/^(?P<app_label>controlplane|auth|audit)/$": {"*": "302 302 404 404 200 302"},
    "admin/(?P<url>.*)$": {"*": "302 302 404 404 404 302"},
}

ROWS: dict[str, str] = {
    "audit.record": "dana carol",
    "auth.group": "carol add",
    "controlplane.approval": "carol",
    "controlplane.classifier": "carol add",
    "controlplane.lock": "carol add",
    "controlplane.policyversion": "carol",
    "controlplane.provider": "carol add",
    "controlplane.redactionpattern": "carol add",
    "controlplane.role": "carol add",
    "controlplane.servicekey": "carol add",
    "controlplane.sessionbinding": "carol",
    "controlplane.tool": "carol add",
    "controlplane.toolgrant": "carol add",
    "controlplane.user": "carol add",
}
"""Who sees the list of each model, its rows and their history; with ``add``, carol adds to it. Nobody deletes."""

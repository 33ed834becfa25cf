"""Each address, with each method, as each kind of person: what happens is what is written down in ``access``.

An address or a model that is not written down fails, so that nothing is served that nobody has thought about.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from controlplane.models import User
from controlplane.operations.keys import create_service_key
from tests.controlplane.access import KINDS, METHODS, PAGES, ROWS
from tests.people import TESTER, user

pytestmark = pytest.mark.usefixtures("demo")
EXAMPLES = {
    "<uuid:approval_id>": "11111111-2222-3333-4444-555555555555",
    "<int:number>": "1",
    "<uuid:session_id>": "11111111-2222-3333-4444-555555555555",
    "<int:lock_id>": "9999",
    "<str:session_id>": "11111111-2222-3333-4444-555555555555",
    "<path:content_type_id>/<path:object_id>": "1/1",
    "^(?P<app_label>controlplane|auth|audit)/$": "controlplane/",
    "(?P<url>.*)$": "nothing/of/the/kind",
    r"^(?:v1|api)(?:/[\s\S]*)?\Z": "v1/models",
}


def routes(patterns=None, above="") -> Iterator[tuple[str, str]]:
    """Every address of the URLconf, with its name."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern.name or ""


def is_of_rows(route: str) -> bool:
    """The pages that Django makes for each model."""
    return any(
        route.startswith(root) and route[len(root) :] in ("", "add/", *BELOW)
        for root in (f"admin/{name.replace('.', '/')}/" for name in registered())
    )


BELOW = tuple(f"<path:object_id>/{page}" for page in ("history/", "delete/", "change/", ""))


def registered() -> set[str]:
    return {model._meta.label_lower for model in admin.site._registry}


@pytest.fixture
def clients():
    User.objects.create_user("mallory", is_staff=True)
    found = {kind: Client() for kind in KINDS}
    for name in ("alice", "mallory", "dana", "carol"):
        found[name].force_login(user(name))
    secret = create_service_key(actor=TESTER, name="shop")[1]
    found["application"] = Client(headers={"Authorization": f"Bearer {secret}", "Sallyport-User": "alice"})
    return found


def status(client: Client, method: str, path: str) -> int:
    body = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
    return client.generic(method, f"/{path}", **body).status_code


def test_every_address_is_written_down_and_nothing_else_is() -> None:
    served = {route for route, _ in routes() if not is_of_rows(route)}
    assert served - PAGES.keys() == set(), "write down who may do what there"
    assert PAGES.keys() - served == set(), "there is no such address any more"
    assert registered() == ROWS.keys()


@pytest.mark.parametrize("route", PAGES)
def test_each_kind_of_person_gets_what_is_written_down(clients, route) -> None:
    path = route.replace("<id>", str(user("alice").pk))
    for written, example in EXAMPLES.items():
        path = path.replace(written, example)
    found, expected = {}, {}
    for method in METHODS:
        words = PAGES[route].get(method) or PAGES[route]["*"]
        expected[method] = dict(zip(KINDS, map(int, words.split()), strict=True))
        found[method] = {kind: status(again(clients, kind), method, path) for kind in KINDS}
    assert found == expected


def again(clients, kind) -> Client:
    """Signed in anew: to sign out, or to change a password, ends a session."""
    if kind in ("alice", "mallory", "dana", "carol"):
        clients[kind].force_login(user(kind))
    return clients[kind]


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_shown_to_whom_it_is_written_down_and_deleted_by_nobody(clients, name) -> None:
    root = f"admin/{name.replace('.', '/')}/"
    row = apps.get_model(name)._default_manager.order_by("pk").first()
    for kind in KINDS:
        may_see = kind in ROWS[name].split()
        no = 403 if kind in ("mallory", "dana", "carol") else 302
        seen = status(clients[kind], "GET", root)
        assert seen == (200 if may_see else no), kind
        may_add = kind == "carol" and "add" in ROWS[name].split()
        assert status(clients[kind], "GET", f"{root}add/") == (200 if may_add else no), kind
        if row is None:
            continue
        assert status(clients[kind], "GET", f"{root}{row.pk}/change/") == (200 if may_see else no), kind
        history = 302 if may_see or name == "audit.record" else no  # to the record itself, which asks again
        assert status(clients[kind], "GET", f"{root}{row.pk}/history/") == history, kind
        for method in METHODS:
            assert status(clients[kind], method, f"{root}{row.pk}/delete/") == no, (kind, method)


@pytest.mark.parametrize("name", ROWS)
def test_an_empty_form_of_somebody_who_may_not_changes_nothing(clients, name) -> None:
    model = apps.get_model(name)
    root, row = f"admin/{name.replace('.', '/')}/", model._default_manager.order_by("pk").first()
    before = model._default_manager.count()
    for kind in ("nobody", "alice", "mallory", "dana", "application"):
        for path in (root, f"{root}add/", *([f"{root}{row.pk}/change/"] if row else [])):
            posted = clients[kind].post(
                f"/{path}", {"action": "retire", "_selected_action": "1", "apply": "1"}
            )
            assert posted.status_code in (302, 403) or (kind, name) == ("dana", "audit.record"), (kind, path)
    if name != "audit.record":  # that it was read is recorded there
        assert model._default_manager.count() == before

"""What browsers and applications ask of the sessions' addresses."""

from __future__ import annotations

from tests.people import ticket_for

ALL = "/api/sessions"
END = "/api/sessions/end"
NOBODYS = "11111111-2222-3333-4444-555555555555"


def one(row):
    return f"{ALL}/{row.pk}"


def shown(response):
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "no-store"
    return [row["id"] for row in response.json()["data"]]


def session(name="alice", **wish):
    return ticket_for(name, **wish).binding

"""What browsers and applications ask of the sessions' addresses."""

from __future__ import annotations

import json

from django.contrib.auth.models import Permission
from django.test import Client

from controlplane.models import User
from tests.people import ticket_for, user

ALL = "/api/sessions"
END = "/api/sessions/end"
NOBODYS = "11111111-2222-3333-4444-555555555555"


def signed_in(name):
    browser = Client()
    browser.force_login(user(name))
    return browser


def staff(*permissions):
    oscar = User.objects.create_user("oscar", is_staff=True)
    oscar.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in("oscar")


def post(client, path, body):
    return client.post(path, json.dumps(body), content_type="application/json")


def one(row):
    return f"{ALL}/{row.pk}"


def shown(response):
    assert response.status_code == 200, response.content
    assert response["Cache-Control"] == "no-store"
    return [row["id"] for row in response.json()["data"]]


def session(name="alice", **wish):
    return ticket_for(name, **wish).binding

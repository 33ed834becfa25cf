"""Who asks, and how; addresses and answers of the official endpoints."""

from __future__ import annotations

import json

from django.contrib.auth.models import Permission
from django.test import Client

from controlplane.models import User
from tests.people import user

SECRETS = "/v1/realtime/client_secrets"
BETA = "/v1/realtime/sessions"


def error(response, status):
    assert response.status_code == status, response.content
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]


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

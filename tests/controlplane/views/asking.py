"""Addresses and answers of the official endpoints."""

from __future__ import annotations

SECRETS = "/v1/realtime/client_secrets"
BETA = "/v1/realtime/sessions"


def error(response, status):
    assert response.status_code == status, response.content
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]

"""A backend that asks for tickets, with the demo behind it."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from controlplane.models import SessionBinding
from controlplane.operations.keys import create_service_key
from tests.controlplane.views.asking import SECRETS, error
from tests.people import TESTER


@pytest.fixture
def key(demo):
    return create_service_key(actor=TESTER, name="shop")


@pytest.fixture
def application(key):
    return Client(headers={"Authorization": f"Bearer {key[1]}"})


@pytest.fixture
def post(key):
    def send(path=SECRETS, body=None, *, user="alice", role=None, secret=None, raw=None, **headers):
        said = {
            "Authorization": f"Bearer {secret or key[1]}",
            "Sallyport-User": user,
            "Sallyport-Role": role,
            **headers,
        }
        return Client(enforce_csrf_checks=True).post(
            path,
            data=json.dumps(body if body is not None else {}) if raw is None else raw,
            content_type="application/json",
            headers={name: value for name, value in said.items() if value is not None},
        )

    return send


@pytest.fixture
def refused(post, records):
    def check(status, code, param=None, **sent):
        found = error(post(**sent), status)
        assert (found["code"], found["param"]) == (code, param)
        (record,) = records("mint.refused")
        assert record.rule == code
        assert not SessionBinding.objects.exists()
        return found

    return check

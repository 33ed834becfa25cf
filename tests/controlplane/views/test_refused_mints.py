"""Refusals at the mint: coded, recorded, nothing issued."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from controlplane.models import PolicyVersion, Role
from controlplane.operations import tickets
from controlplane.operations.keys import revoke_service_key
from controlplane.operations.locks import raise_lock
from controlplane.views import official
from tests.controlplane.views.asking import BETA, SECRETS, error
from tests.people import TESTER, user


@pytest.mark.parametrize(
    "header", ["Bearer sp_wrong", "Bearer", "Basic c3A6", "sp_x", "", "Bearer sk-proj-1"]
)
def test_a_wrong_key_is_401_even_beside_a_good_cookie(demo, records, header):
    browser = Client()
    browser.force_login(user("alice"))
    found = error(
        browser.post(SECRETS, {}, content_type="application/json", headers={"Authorization": header}), 401
    )
    assert found["code"] == "invalid_api_key"
    (record,) = records("mint.refused")
    assert record.actor_label == "anonymous"


def test_a_revoked_key_is_401(post, key, refused):
    revoke_service_key(actor=TESTER, key=key[0], reason="leaked")
    refused(401, "invalid_api_key")


def test_no_credentials_are_401(demo):
    assert (
        error(Client().post(SECRETS, {}, content_type="application/json"), 401)["code"] == "invalid_api_key"
    )


def test_a_missing_user_names_the_header(refused):
    refused(400, "missing_required_parameter", "Sallyport-User", user=None)


@pytest.mark.parametrize("name", ["nobody", "ALICE", "alice\x00"])
def test_an_unknown_user_is_403(refused, name):
    refused(403, "user_not_allowed", "Sallyport-User", user=name)


def test_a_disabled_user_is_403(refused):
    alice = user("alice")
    alice.is_active = False
    alice.save()
    refused(403, "user_not_allowed", "Sallyport-User")


def test_several_roles_and_none_named_is_400_and_names_the_header(refused):
    user("alice").roles.add(Role.objects.get(name="analyst"))
    assert "Sallyport-Role" in refused(400, "missing_required_parameter", "Sallyport-Role")["message"]


def test_a_role_of_somebody_else_is_403_and_on_record(refused, records):
    refused(403, "role_not_allowed", "Sallyport-Role", role="admin")
    (record,) = records("mint.refused")
    assert (record.role, record.actor_label, record.fields["username"]) == ("admin", "shop", "alice")


def test_an_unknown_model_is_404_as_the_provider_says_it(refused):
    body = {"session": {"type": "realtime", "model": "gpt-5-secret"}}
    assert "gpt-5-secret" not in refused(404, "model_not_found", "session.model", body=body)["message"]


def test_a_lock_is_403(refused):
    raise_lock(actor=TESTER, kind="everything", reason="incident")
    refused(403, "locked")


def test_too_many_are_429_with_a_time_to_wait(post, settings):
    settings.TICKETS_PER_MINUTE = 1
    assert post().status_code == 200
    response = post()
    assert error(response, 429)["code"] == "rate_limited"
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("raw", "code", "param"),
    [
        ("{", "invalid_json", None),
        ("[]", "invalid_json", None),
        ("null", "invalid_json", None),
        (b"\xff{}", "invalid_json", None),
        ('{"session": {"type": "realtime"}, "session": {}}', "invalid_json", None),
        ('{"session": {"type": "realtime", "speed": NaN}}', "invalid_json", None),
        ('{"sesion": {}}', "unknown_parameter", "sesion"),
        ('{"a b": 1}', "unknown_parameter", None),
        ('{"session": []}', "invalid_value", "session"),
        ('{"session": null}', "invalid_value", "session"),
        ('{"session": {"model": "gpt-realtime"}}', "missing_required_parameter", "session.type"),
        ('{"session": {"type": "realtime", "colour": "red"}}', "unknown_parameter", "session.colour"),
        ('{"session": {"type": "realtime", "model": 7}}', "invalid_value", "session.model"),
        ('{"session": {"type": "transcription"}}', "policy_denied", "session.type"),
        ('{"expires_after": 60}', "invalid_value", "expires_after"),
        ('{"expires_after": {"seconds": 60, "minutes": 1}}', "invalid_value", "expires_after"),
        ('{"expires_after": {"seconds": "60"}}', "invalid_value", "expires_after.seconds"),
        ('{"expires_after": {"seconds": true}}', "invalid_value", "expires_after.seconds"),
        ('{"expires_after": {"seconds": 0}}', "invalid_value", "expires_after.seconds"),
        ('{"expires_after": {"anchor": "now", "seconds": 60}}', "invalid_value", "expires_after.anchor"),
    ],
)
def test_a_wrong_body_is_400_and_names_the_field(refused, raw, code, param):
    refused(400, code, param, raw=raw)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        (SECRETS, {"session": {"type": "realtime", "instructions": "a\0"}}, "session.instructions"),
        (SECRETS, {"session": {"audio": {"output": {"voice": "a\0"}}}}, "session.audio.output.voice"),
        (SECRETS, {"session": {"include": ["x", "a\0"]}}, "session.include[1]"),
        (SECRETS, {"session": {"prompt": {"a\0": 1}}}, "session.prompt"),
        (SECRETS, {"session": {"ek_secret": {"not a word": "\0"}}}, "session"),
        (SECRETS, {"expires_after": {"anchor": "\0"}}, "expires_after.anchor"),
        (SECRETS, {"session": "\0"}, "session"),
        (BETA, {"voice": "a\0"}, "voice"),
        (BETA, {"instructions": "\0"}, "instructions"),
        (BETA, {"tools": [{"type": "function", "name": "a\0"}]}, "tools[0].name"),
    ],
)
def test_text_that_postgres_cannot_keep_is_400_and_names_the_field(refused, path, body, param):
    refused(400, "invalid_value", param, path=path, body=body)


def test_a_key_where_a_name_should_be_is_not_repeated(refused):
    refused(400, "unknown_parameter", None, body={"ek_secret": 1})


def test_a_huge_body_is_413(refused, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    refused(413, "request_too_large", raw='{"session": "' + "x" * 2000 + '"}')


def test_refusals_repeat_no_ticket_no_key_and_no_password(post, records, key):
    post(body={"session": {"type": "realtime", "model": key[1]}})
    assert key[1] not in repr([vars(record) for record in records()])


def test_a_database_that_is_away_is_503_in_the_official_shape(post, monkeypatch):
    def away(*_, **__):
        raise OperationalError("connection to 10.0.0.5 refused")

    monkeypatch.setattr(tickets, "_issue", away)
    found = error(post(), 503)
    assert "10.0.0.5" not in found["message"]


def test_a_refusal_that_cannot_be_recorded_is_503(post, monkeypatch):
    def away(**_):
        raise OperationalError

    monkeypatch.setattr(official, "record_refusal", away)
    error(post(role="admin"), 503)


def test_an_internal_fault_is_500_and_says_nothing(post, monkeypatch):
    def breaks(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(tickets, "_issue", breaks)
    assert "secret" not in error(post(), 500)["message"]


def test_without_a_policy_in_force_nobody_gets_a_ticket(post, monkeypatch):
    monkeypatch.setattr(PolicyVersion.objects, "order_by", lambda *_: PolicyVersion.objects.none())
    assert error(post(), 403)["code"] == "role_not_available"

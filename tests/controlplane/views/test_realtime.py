"""The official endpoints as a client sees them."""

from __future__ import annotations

import json
import time

import pytest
from django.conf import settings
from django.db import OperationalError
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from controlplane.models import PolicyVersion, Role, SessionBinding
from controlplane.operations import tickets
from controlplane.operations.keys import create_service_key, revoke_service_key
from controlplane.operations.locks import raise_lock
from controlplane.views import official
from tests.people import TESTER, edit_role, user

SECRETS = "/v1/realtime/client_secrets"
BETA = "/v1/realtime/sessions"


@pytest.fixture
def key(demo):
    return create_service_key(actor=TESTER, name="shop")


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


def error(response, status):
    assert response.status_code == status, response.content
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]


# -- the good case


def test_the_answer_has_the_official_shape(post):
    before = time.time()
    response = post(body={"session": {"type": "realtime", "model": "gpt-realtime"}})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    answer = response.json()
    assert set(answer) == {"value", "expires_at", "session"}
    assert answer["value"].startswith("ek_")
    assert before + 55 < answer["expires_at"] < before + 65
    binding = SessionBinding.objects.get()
    assert answer["session"]["id"] == str(binding.pk)
    assert answer["session"]["object"] == "realtime.session"
    assert answer["session"]["type"] == "realtime"
    assert answer["session"]["model"] == "gpt-realtime"
    assert answer["session"]["expires_at"] == answer["expires_at"] + 1800
    assert binding.service_key.name == "shop"


def test_the_answer_shows_the_roles_tools_and_none_of_the_policys_words(post):
    edit_role("customer_support", constraints="HOUSE RULES", instructions="THE TASK")
    session = post(body={"session": {"type": "realtime", "instructions": "Obey me."}}).json()["session"]
    assert [tool["name"] for tool in session["tools"]] == [
        "create_support_ticket",
        "get_account_status",
        "list_recent_orders",
    ]
    for words in ("HOUSE RULES", "THE TASK", "Obey me."):
        assert words not in json.dumps(session)


def test_tools_that_the_client_brings_are_narrowed_to_the_roles(post, records):
    tools = [
        {"type": "function", "name": "delete_account", "parameters": {}},
        {
            "type": "function",
            "name": "get_account_status",
            "description": "mine",
            "parameters": {"type": "object"},
        },
        {"type": "mcp", "server_label": "evil", "server_url": "https://evil.example"},
    ]
    session = post(body={"session": {"type": "realtime", "tools": tools}}).json()["session"]
    (tool,) = session["tools"]
    assert tool["name"] == "get_account_status"
    assert tool["description"] != "mine"
    (record,) = records("ticket.issued")
    assert record.fields["narrowed"] == ["session.tools[0]", "session.tools[2].type"]


@pytest.mark.parametrize("raw", ["", "{}", '{"session": {}}'])
def test_an_empty_wish_is_enough(post, raw):
    assert post(raw=raw).status_code == 200


@pytest.mark.parametrize(("asked", "granted"), [(10, 10), (600, 60), (3, 10)])
def test_the_expiry_is_clamped(post, asked, granted):
    answer = post(body={"expires_after": {"anchor": "created_at", "seconds": asked}}).json()
    assert abs(answer["expires_at"] - time.time() - granted) < 5


def test_a_role_can_be_named(post):
    user("alice").roles.add(Role.objects.get(name="analyst"))
    assert post(role="analyst").status_code == 200
    assert SessionBinding.objects.get().role.name == "analyst"


def test_the_service_key_is_the_actor_on_record(post, records):
    post()
    (record,) = records("ticket.issued")
    assert (record.actor_kind, record.actor_label) == ("service", "shop")


# -- refusals: coded, recorded, nothing issued


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
    revoke_service_key(actor=TESTER, key=key[0])
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


# -- signed-in browsers


@pytest.fixture
def browser(demo, settings):
    settings.ALLOWED_ORIGINS = ["http://testserver"]
    client = Client(enforce_csrf_checks=True)
    client.force_login(user("alice"))
    return client


def ask(browser, **headers):
    return browser.post(SECRETS, "{}", content_type="application/json", headers=headers)


def with_token(browser, **headers):
    browser.cookies[settings.CSRF_COOKIE_NAME] = token = _get_new_csrf_string()
    return ask(browser, **{"X-CSRFToken": token, "Origin": "http://testserver", **headers})


def test_a_signed_in_user_gets_a_ticket_bound_to_the_page(browser, records):
    assert with_token(browser).status_code == 200
    binding = SessionBinding.objects.get()
    assert binding.user.username == "alice"
    assert binding.service_key is None
    assert binding.origin == "http://testserver"
    (record,) = records("ticket.issued")
    assert (record.actor_kind, record.actor_label) == ("user", "alice")


def test_without_a_csrf_token_the_cookie_is_worth_nothing(browser, records):
    assert error(ask(browser), 403)["code"] == "csrf_failed"
    (record,) = records("mint.refused")
    assert (record.rule, record.actor_label) == ("csrf_failed", "alice")


def test_a_cross_site_post_is_refused(browser):
    assert error(with_token(browser, Origin="https://evil.example"), 403)["code"] == "csrf_failed"


def test_a_user_can_only_ask_for_itself(browser):
    assert error(with_token(browser, **{"Sallyport-User": "carol"}), 403)["code"] == "user_not_allowed"
    assert with_token(browser, **{"Sallyport-User": "alice"}).status_code == 200


# -- the other endpoints


def test_the_seed_articles_call_gets_an_answer_in_its_own_shape(post):
    body = {
        "model": "gpt-4o-realtime-preview",
        "instructions": "You are a helpful assistant.",
        "voice": "alloy",
        "modalities": ["text", "audio"],
        "max_response_output_tokens": 1024,
    }
    answer = post(BETA, body).json()
    assert answer["client_secret"]["value"].startswith("ek_")
    assert answer["client_secret"]["expires_at"] > time.time()
    assert answer["id"] == str(SessionBinding.objects.get().pk)
    assert answer["object"] == "realtime.session"
    assert answer["model"] == SessionBinding.objects.get().model
    assert answer["voice"] == "alloy"
    assert answer["max_response_output_tokens"] == 1024


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"colour": "red"}, "colour"),
        ({"client_secret": {"value": "ek_mine"}}, "client_secret"),
        ({"client_secret": {"expires_after": 5}}, "client_secret.expires_after"),
        ({"voice": ["alloy"]}, "session.audio.output.voice"),
    ],
)
def test_a_wrong_beta_body_is_400(post, body, param):
    assert error(post(BETA, body), 400)["param"] == param


def test_webrtc_is_refused_and_on_record(refused):
    refused(403, "webrtc_not_guarded", path="/v1/realtime/calls")


@pytest.mark.parametrize("path", [SECRETS, BETA, "/v1/realtime/calls"])
def test_other_methods_are_405(demo, path):
    response = Client().get(path)
    assert error(response, 405)["code"] == "method_not_allowed"
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/", "/v1/models", "/v1/chat/completions", "/v1/realtime/", "/v1/realtime/calls/rtc_1/hangup"],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_everything_else_is_404_in_the_official_shape(db, path, method):
    found = error(getattr(Client(enforce_csrf_checks=True), method)(path), 404)
    assert found["type"] == "invalid_request_error"


def test_a_websocket_address_asked_by_http_is_426(db):
    response = Client().get("/v1/realtime?model=gpt-realtime")
    assert error(response, 426)["code"] == "upgrade_required"
    assert response["Upgrade"] == "websocket"

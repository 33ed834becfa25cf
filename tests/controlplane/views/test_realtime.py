"""The official endpoints as a client sees them."""

from __future__ import annotations

import json
import time

import pytest
from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from controlplane.models import Role, SessionBinding
from tests.controlplane.views.asking import BETA, SECRETS, error
from tests.people import edit_role, user


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


def form(*fields):
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    return "".join(parts) + "--b--\r\n"


TOKEN = _get_new_csrf_string()
ENCODED = {
    "multipart with the token": ("multipart/form-data; boundary=b", form(("csrfmiddlewaretoken", TOKEN))),
    "multipart without boundary": ("multipart/form-data; boundary=", "--\r\nx"),
    "multipart broken": ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; na"),
    "multipart file": (
        "multipart/form-data; boundary=b",
        '--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n",
    ),
    "form with the token": ("application/x-www-form-urlencoded", f"csrfmiddlewaretoken={TOKEN}"),
    "too many fields": ("application/x-www-form-urlencoded", "&".join(f"a{n}=1" for n in range(2000))),
    "unknown charset": ("application/x-www-form-urlencoded; charset=nope", "a=b"),
    "not utf-8": ("application/x-www-form-urlencoded; charset=utf-16", "a=b"),
}


@pytest.mark.parametrize("path", [SECRETS, BETA])
@pytest.mark.parametrize("encoding", ENCODED)
def test_a_body_in_any_encoding_is_refused_by_name_and_on_record(browser, records, path, encoding):
    kind, body = ENCODED[encoding]
    browser.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
    said = {"Origin": "http://testserver"}
    response = browser.generic("POST", path, body, content_type=kind, headers=said)
    assert error(response, 403)["code"] == "csrf_failed"
    response = browser.generic("POST", path, body, content_type=kind, headers={**said, "X-CSRFToken": TOKEN})
    assert error(response, 400)["code"] == "invalid_json"
    assert [record.rule for record in records("mint.refused")] == ["csrf_failed", "invalid_json"]
    assert not SessionBinding.objects.exists()


def test_a_large_form_is_413_and_on_record(browser, records):
    body = "a=" + "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    browser.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
    said = {"Origin": "http://testserver", "X-CSRFToken": TOKEN}
    kind = "application/x-www-form-urlencoded"
    assert error(browser.generic("POST", SECRETS, body, content_type=kind, headers=said), 413)
    assert [record.rule for record in records("mint.refused")] == ["request_too_large"]


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

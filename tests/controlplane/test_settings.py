"""The settings as a start finds them, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

GOOD = {
    "SECRET_KEY": "not-a-secret-only-for-tests-0123456789abcdef",
    "DATABASE_URL": "postgres://sally:port@127.0.0.1:5432/sallyport",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


def start(**variables):
    env = {
        name: value for name, value in {"PATH": os.environ["PATH"], **variables}.items() if value is not None
    }
    return subprocess.run(
        [sys.executable, "manage.py", "diffsettings", "--all"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def values(**variables):
    names = [
        "DATABASES",
        "ALLOWED_ORIGINS",
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_NAME",
        "SECURE_HSTS_SECONDS",
        "DEBUG",
    ]
    code = (
        f"import json, controlplane.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    )
    env = {"PATH": os.environ["PATH"], **GOOD, **variables}
    return json.loads(subprocess.check_output([sys.executable, "-c", code], env=env, text=True))


@pytest.mark.slow
def test_a_start_without_settings_names_each_on_one_line_and_shows_no_traceback():
    stopped = start()
    assert stopped.returncode == 1
    assert stopped.stderr.strip().splitlines() == [f"cannot start: {name} is missing" for name in GOOD]


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD)
def test_each_required_setting_has_no_default(name):
    stopped = start(**{**GOOD, name: None})
    assert stopped.returncode == 1
    assert stopped.stderr.strip() == f"cannot start: {name} is missing"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"APPROVAL_NOTICE_EMAILS": "desk@example.com"}, "EMAIL_URL is missing"),
        ({"APPROVAL_NOTICE_WEBHOOK": "https://hooks.example.com"}, "are needed together"),
        ({"APPROVAL_NOTICE_WEBHOOK_SECRET": "whsec_c2hvcnQ="}, "24 to 64 random bytes"),
    ],
)
def test_notices_that_could_not_be_sent_stop_the_start(variables, said):
    stopped = start(**GOOD, **variables)
    assert stopped.returncode == 1
    assert said in stopped.stderr
    assert "Traceback" not in stopped.stderr


@pytest.mark.slow
def test_a_public_address_without_tls_is_refused():
    stopped = start(**GOOD, PUBLIC_URL="http://guard.example.com")
    assert stopped.returncode == 1
    assert "PUBLIC_URL" in stopped.stderr
    assert "Traceback" not in stopped.stderr


@pytest.mark.slow
def test_a_public_address_with_tls_makes_cookies_secure_and_is_the_only_origin():
    found = values(PUBLIC_URL="https://guard.example.com")
    assert found["ALLOWED_ORIGINS"] == ["https://guard.example.com"]
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["SECURE_HSTS_SECONDS"] > 0


@pytest.mark.slow
def test_on_this_machine_both_of_its_names_are_origins_and_plain_http_works():
    found = values(PORT="8123")
    assert found["ALLOWED_ORIGINS"] == ["http://127.0.0.1:8123", "http://localhost:8123"]
    assert found["SESSION_COOKIE_SECURE"] is False
    assert found["DEBUG"] is False


@pytest.mark.slow
def test_options_in_the_database_address_are_not_lost_beside_our_own():
    options = values(DATABASE_URL="postgres://u:p@db.example/n?sslmode=verify-full")["DATABASES"]["default"][
        "OPTIONS"
    ]
    assert options["sslmode"] == "verify-full"
    assert options["pool"]["max_size"] > 1


def test_the_channel_layer_outlasts_its_own_blocking_read():
    (host,) = settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"]
    assert host["socket_timeout"] == 15
    assert host["socket_connect_timeout"] == 2
    assert host["socket_keepalive"] is True


def test_celery_takes_json_only_acknowledges_late_and_keeps_no_results():
    from controlplane.celery import app

    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.task_ignore_result is True
    assert app.conf.result_backend is None
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit


def test_beat_runs_tasks_that_exist():
    from controlplane import tasks
    from controlplane.celery import app

    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled == {
        tasks.reap_expired.name,
        tasks.revoke_tickets.name,
        tasks.expire_approvals.name,
        tasks.prune.name,
    }


def test_connections_are_checked_before_use():
    database = settings.DATABASES["default"]
    assert database["CONN_MAX_AGE"] == 0
    assert database["CONN_HEALTH_CHECKS"] is True


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/admin/login/", "/admin/", "/nowhere", "/static/admin/js/theme.js"]
)
def test_every_page_has_a_policy_that_runs_nothing_inline_and_nothing_from_elsewhere(db, path):
    response = Client().get(path)
    rules = dict(
        rule.strip().split(" ", 1) for rule in response["Content-Security-Policy"].split(";") if rule
    )
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert set(rules.values()) == {"'self'", "'none'"}


def test_pages_refused_before_any_view_have_the_policy_too():
    response = Client().get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "default-src 'self'" in response["Content-Security-Policy"]

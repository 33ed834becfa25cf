from __future__ import annotations

import pytest

from controlplane import checks
from controlplane.models import Provider


def hosts(*found):
    return {"default": {"CONFIG": {"hosts": list(found)}}}


@pytest.mark.parametrize(
    "host",
    ["redis://127.0.0.1", {"address": "redis://x"}, {"address": "redis://x", "socket_timeout": 5}],
)
def test_a_read_time_out_that_kills_idle_websockets_is_an_error(settings, host):
    settings.CHANNEL_LAYERS = hosts(host)
    assert [found.id for found in checks.redis_timeouts()] == ["sallyport.E001"]


def test_our_own_time_outs_pass():
    assert list(checks.redis_timeouts()) == []


def test_a_pool_without_health_checks_is_an_error(settings):
    settings.DATABASES = {"default": {"OPTIONS": {"pool": True}, "CONN_HEALTH_CHECKS": False}}
    assert [found.id for found in checks.connection_health()] == ["sallyport.E002"]


def test_a_broker_that_may_carry_pickles_is_an_error(settings):
    settings.CELERY_ACCEPT_CONTENT = ["json", "pickle"]
    assert [found.id for found in checks.no_results_and_json_only()] == ["sallyport.E003"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("CELERY_RESULT_BACKEND", "redis://x", "sallyport.E004"),
        ("CELERY_TASK_IGNORE_RESULT", False, "sallyport.E004"),
        ("CELERY_TASK_TIME_LIMIT", None, "sallyport.E005"),
    ],
)
def test_a_task_that_tells_its_result_or_never_ends_is_an_error(settings, name, value, code):
    assert list(checks.no_results_and_json_only()) == []
    setattr(settings, name, value)
    assert [found.id for found in checks.no_results_and_json_only()] == [code]


def test_no_default_provider_is_a_warning(demo):
    assert list(checks.one_default_provider(databases=["default"])) == []
    Provider.objects.update(is_default=False)
    assert [found.id for found in checks.one_default_provider(databases=["default"])] == ["sallyport.W001"]


def test_the_database_is_left_alone_unless_it_is_checked():
    assert list(checks.one_default_provider()) == []  # no ``db`` fixture: a query would fail

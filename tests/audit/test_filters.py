from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import RequestFactory

from audit import filters, log
from audit.actors import system
from audit.admin import RecordAdmin
from audit.models import Record
from audit.verbs import VERBS


def chosen(filter_class, query):
    request = RequestFactory().get("/", query)
    params = {key: [value] for key, value in query.items() if key == filter_class.parameter_name}
    return filter_class(request, params, Record, RecordAdmin(Record, admin.site))


def test_every_verb_belongs_to_an_area_and_every_area_has_verbs():
    assert {verb.partition(".")[0] for verb in VERBS} == filters.AREAS.keys()


@pytest.mark.parametrize(
    ("query", "period", "about"),
    [
        ({}, "day", "events"),
        ({"outcome": "deny"}, "day", "events"),
        ({"q": "alice"}, "all", "all"),
        ({"q": ""}, "day", "events"),
        ({"session_id": "s1"}, "all", "all"),
        ({"occurred_at__year": "2026"}, "all", "all"),
        ({"verb": "tool.decided"}, "day", "all"),
        ({"q": "alice", "period": "hour"}, "hour", "all"),
    ],
)
def test_defaults_narrow_the_list_unless_something_is_asked_for(query, period, about):
    assert chosen(filters.PeriodFilter, query).chosen == period
    assert chosen(filters.AreaFilter, query).chosen == about


def test_verbs_are_offered_once_an_area_is_chosen():
    assert chosen(filters.VerbFilter, {}).lookup_choices == []
    offered = [verb for verb, _ in chosen(filters.VerbFilter, {"about": "lock"}).lookup_choices]
    assert offered == ["lock.raised", "lock.lifted"]
    assert len(chosen(filters.VerbFilter, {"verb": "tool.decided"}).lookup_choices) > 3


@pytest.mark.django_db
def test_roles_come_from_the_records_each_once(django_assert_num_queries):
    for role in ("support", "analyst", "", "support"):
        log.record("user.logged_in", actor=system("test"), role=role)
    with django_assert_num_queries(3):
        assert filters.roles_on_record() == ["analyst", "support"]


@pytest.mark.django_db
def test_the_list_of_roles_has_an_end(monkeypatch):
    monkeypatch.setattr(filters, "ROLES_SHOWN", 2)
    for role in ("a", "b", "c"):
        log.record("user.logged_in", actor=system("test"), role=role)
    assert filters.roles_on_record() == ["a", "b"]

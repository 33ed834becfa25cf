from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import RequestFactory

from audit import fieldfilters, log
from audit.actors import system
from audit.admin import RecordAdmin
from audit.models import Record
from audit.verbs import VERBS


def chosen(filter_class, **query):
    request = RequestFactory().get("/", query)
    name = filter_class.parameter_name
    params = {name: [query[name]]} if name in query else {}
    made = filter_class(request, params, Record, RecordAdmin(Record, admin.site))
    return made, made.queryset(request, Record.objects.all())


def decided(tool, outcome, shadow):
    fields = {"tool": tool, "shadow": {"decision": shadow, "rule": "cap:per_day"}}
    log.record("tool.decided", actor=system("test"), outcome=outcome, fields=fields)


def test_the_fields_that_are_filtered_by_are_kept_in_records():
    assert {"tool", "shadow"} <= VERBS["tool.decided"].fields.keys()
    assert {"pattern", "mode"} <= VERBS["redaction.hit"].fields.keys()


@pytest.mark.django_db
def test_a_filter_is_offered_only_while_it_is_in_use():
    assert not chosen(fieldfilters.ToolFilter)[0].has_output()
    assert chosen(fieldfilters.ToolFilter, tool="refund")[0].lookup_choices == [("refund", "refund")]


@pytest.mark.django_db
def test_calls_are_found_by_tool_and_by_what_a_trial_would_have_said():
    decided("refund", "allow", "deny")
    decided("refund", "allow", "allow")
    decided("refund", "deny", "deny")
    decided("status", "allow", "deny")
    assert chosen(fieldfilters.ToolFilter, tool="refund")[1].count() == 3
    assert [row.fields["tool"] for row in chosen(fieldfilters.ShadowFilter, shadow="deny")[1]] == [
        "status",
        "refund",
    ]
    assert chosen(fieldfilters.ShadowFilter)[1].count() == 4


@pytest.mark.django_db
def test_finds_are_found_by_pattern_and_mode():
    for pattern, mode in (("ssn", "shadow"), ("ssn", "enforce"), ("email", "shadow")):
        log.record("redaction.hit", actor=system("test"), fields={"pattern": pattern, "mode": mode})
    assert chosen(fieldfilters.PatternFilter, pattern="ssn")[1].count() == 2
    assert chosen(fieldfilters.ModeFilter, mode="shadow")[1].count() == 2

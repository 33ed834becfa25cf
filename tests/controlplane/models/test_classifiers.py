from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from controlplane.models import Classifier
from controlplane.models.classifiers import DIRECTIONS, FAILURES, FINDINGS, SHAPES, TIMINGS
from guard.core.classifier import OnFailure, OnFinding, Shape, Timing
from guard.core.redact import Direction

SECRET = "sk-classifier-secret-0123456789"


def classifier(**values):
    return Classifier(**{"name": "pii", "url": "https://pii.example.com/judge", **values})


def refused_at(**values):
    with pytest.raises(ValidationError) as refused:
        classifier(**values).full_clean()
    return refused.value.message_dict


@pytest.mark.parametrize(
    ("offered", "known"),
    [
        (SHAPES, Shape),
        (TIMINGS, Timing),
        (FINDINGS, OnFinding),
        (FAILURES, OnFailure),
        (DIRECTIONS, [*Direction, "both"]),
    ],
)
def test_what_is_offered_is_what_the_guard_knows(offered, known):
    assert [value for value, _ in offered] == [str(value) for value in known]


def test_a_name_and_an_address_are_enough(db):
    classifier().full_clean()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/moderations",
        "https://judge.example.com/v1?api-version=3",
        "http://127.0.0.1:4020/plain",
        "http://[::1]:4020/plain",
        "http://10.0.0.5/plain",
        "http://judge:4020/plain",
    ],
)
def test_encrypted_or_near_addresses_are_accepted(db, url):
    classifier(url=url).full_clean()


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("ftp://pii.example.com/judge", "must be an http:// or https:// address"),
        ("wss://pii.example.com/judge", "must be an http:// or https:// address"),
        ("https://", "must be an http:// or https:// address"),
        ("https://pii.example.com/judge#part", "must be an http:// or https:// address"),
        ("https://[::1/judge", "must be an http:// or https:// address"),
        ("https://pii.example.com:port/judge", "must be an http:// or https:// address"),
        ("https://user:key@pii.example.com/judge", "must not hold a key; enter the key in its own field"),
        ("https://key@pii.example.com/judge", "must not hold a key; enter the key in its own field"),
        ("http://pii.example.com/judge", "must be https://: what was said would travel in the clear"),
        ("http://8.8.8.8/judge", "must be https://: what was said would travel in the clear"),
    ],
)
def test_addresses_that_would_leak_what_was_said_are_refused_at_the_field(db, url, rule):
    assert refused_at(url=url) == {"url": [rule]}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "has space"}),
        ("labels", {"labels": "PERSON"}),
        ("labels", {"labels": ["PERSON", "PERSON"]}),
        ("threshold", {"threshold": 1.01}),
        ("threshold", {"threshold": -0.01}),
        ("deadline_ms", {"deadline_ms": 49}),
        ("deadline_ms", {"deadline_ms": 5001}),
        ("shape", {"shape": "xml"}),
        ("timing", {"timing": "later"}),
        ("on_finding", {"on_finding": "shout"}),
        ("on_failure", {"on_failure": "shrug"}),
        ("direction", {"direction": "sideways"}),
    ],
)
def test_values_out_of_range_are_refused_at_the_field(db, field, values):
    assert list(refused_at(**values)) == [field]


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("classifier_speaks_http", {"url": "ftp://pii.example.com"}),
        ("classifier_speaks_http", {"url": "https://"}),
        ("classifier_speaks_http", {"url": "https://pii.example.com/#part"}),
        ("classifier_deadline_is_between", {"deadline_ms": 49}),
        ("classifier_deadline_is_between", {"deadline_ms": 5001}),
        ("classifier_threshold_is_between_0_and_1", {"threshold": 1.5}),
        ("classifier_threshold_is_between_0_and_1", {"threshold": float("nan")}),
        ("classifier_shape_is_known", {"shape": "xml"}),
        ("classifier_timing_is_known", {"timing": "later"}),
        ("classifier_on_finding_is_known", {"on_finding": "shout"}),
        ("classifier_on_failure_is_known", {"on_failure": "shrug"}),
        ("classifier_direction_is_known", {"direction": "sideways"}),
    ],
)
def test_the_database_refuses_them_too(db, constraint, values):
    with pytest.raises(IntegrityError, match=constraint):
        classifier(**values).save()


def test_a_name_is_given_once(db):
    classifier().save()
    with pytest.raises(IntegrityError, match="name"):
        classifier(url="https://other.example.com/judge").save()


def test_the_key_is_encrypted_at_rest_and_comes_back_for_sending(db):
    row = classifier()
    row.set_api_key(SECRET)
    row.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM controlplane_classifier")
        stored = cursor.fetchone()
    assert SECRET not in repr([bytes(v) if isinstance(v, memoryview) else v for v in stored])
    assert Classifier.objects.get().api_key() == SECRET
    assert row.api_key_last4 == "6789"

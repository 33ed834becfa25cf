from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from controlplane.models import RedactionPattern
from controlplane.models.patterns import operator_choices, rule_from, validator_choices
from guard.core.redact import VALIDATORS, Operator, Rule


def pattern(**values):
    return RedactionPattern(**{"name": "p", "pattern": r"\d{3}", **values})


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("pattern", {"pattern": "(unclosed"}),
        ("pattern", {"pattern": ""}),
        ("before", {"before": "["}),
        ("after", {"after": "("}),
        ("keywords", {"kind": "keywords", "pattern": "", "keywords": []}),
        ("keywords", {"kind": "keywords", "pattern": "", "keywords": "word"}),
        ("validator", {"validator": "no_such_check"}),
        ("operator", {"operator": "shred"}),
        ("name", {"name": "has space"}),
    ],
)
def test_what_the_redactor_would_not_run_is_refused_at_the_field_to_blame(db, field, values):
    with pytest.raises(ValidationError) as refused:
        pattern(**values).full_clean()
    assert field in refused.value.message_dict


def test_good_patterns_and_keywords_are_accepted(db):
    pattern().full_clean()
    pattern(kind="keywords", pattern="", keywords=["admin_panel"]).full_clean()


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("pattern_has_an_expression_or_keywords", {"pattern": ""}),
        ("pattern_has_an_expression_or_keywords", {"keywords": ["word"]}),
        ("pattern_has_an_expression_or_keywords", {"kind": "keywords"}),
        ("pattern_keeps_at_most_four", {"keep_last": 5}),
        ("pattern_direction_is_known", {"direction": "sideways"}),
    ],
)
def test_the_database_refuses_them_too(db, constraint, values):
    with pytest.raises(IntegrityError, match=constraint):
        pattern(**values).save()


def test_a_row_and_its_rule_say_the_same():
    row = pattern(
        keywords=[],
        before="a",
        after="b",
        ignore_case=True,
        operator="mask",
        keep_last=2,
        priority=7,
        replacement="x",
    )
    assert rule_from(row.definition()) == Rule(
        "p", r"\d{3}", (), "a", "b", True, "", Operator.MASK, "x", 2, 7
    )


def test_every_operator_and_validator_of_the_redactor_is_offered():
    assert [value for value, _ in operator_choices()] == [operator.value for operator in Operator]
    assert {value for value, _ in validator_choices()} == set(VALIDATORS)

from __future__ import annotations

from audit import reading
from audit.models import Record


def test_an_edit_reads_before_and_after():
    row = Record(
        verb="object.changed",
        fields={
            "changes": {"idle_seconds": {"before": 300, "after": 60}, "note": {"before": "", "after": "x"}}
        },
    )
    assert reading.changes(row) == [
        reading.Change("idle seconds", "300", "60"),
        reading.Change("note", "empty", "x"),
    ]


def test_details_follow_the_order_of_the_verb_and_name_their_exposure():
    row = Record(
        verb="tool.decided",
        fields={"zz": "[masked]", "arguments": {"amount": 1}, "tool": "refund_order", "call_id": "call_1"},
    )
    assert [(detail.name, detail.exposure) for detail in reading.details(row)] == [
        ("call id", "public"),
        ("tool", "public"),
        ("arguments", "sensitive"),
        ("zz", "secret"),
    ]


def test_a_damaged_changes_field_is_shown_as_it_is():
    row = Record(verb="object.changed", fields={"changes": "[truncated: 99999 characters of JSON]"})
    assert reading.changes(row) == []
    assert reading.details(row)[0].value == "[truncated: 99999 characters of JSON]"


def test_emptiness_and_truth_are_words():
    assert [reading.shown(value) for value in (None, "", [], True, False, 0)] == [
        "empty",
        "empty",
        "none",
        "yes",
        "no",
        "0",
    ]


def test_a_record_cannot_reorder_or_hide_its_own_words():
    assert reading.visible("a\u202eb\x1b[31m\u200b\u2028") == "a\\u202eb\\u001b[31m\\u200b\\u2028"
    assert reading.visible("two\nlines") == "two\nlines"
    assert reading.visible("\U000e0041") == "\\U000e0041"

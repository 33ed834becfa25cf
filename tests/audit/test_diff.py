from __future__ import annotations

from types import SimpleNamespace

from audit import diff
from audit.verbs import MASK


def test_only_what_differs_is_kept_before_and_after():
    before = {"name": "support", "idle": 300}
    after = {"name": "support", "idle": 60}
    assert diff.changes(before, after) == {"idle": {"before": 300, "after": 60}}


def test_a_name_that_one_side_lacks_counts_as_none():
    assert diff.changes({}, {"a": 1}) == {"a": {"before": None, "after": 1}}


def test_a_secret_shows_that_it_changed_and_never_its_value():
    found = diff.changes({"key": "", "pin": "1"}, {"key": "sk-1", "pin": "2"}, secret={"key", "pin"})
    assert found == {"key": {"before": "", "after": MASK}, "pin": {"before": MASK, "after": MASK}}


def test_the_order_of_a_set_is_no_change():
    assert diff.changes({"roles": iter(["b", "a"])}, {"roles": {"a", "b"}}) == {}


def test_bytes_show_their_size_only():
    assert diff.plain(b"secret") == "[6 bytes]"


def test_a_row_is_shown_by_its_text():
    class Row:
        def __str__(self) -> str:
            return "support"

    assert diff.plain([Row(), {"k": Row()}]) == ["support", {"k": "support"}]


def test_a_snapshot_does_not_follow_later_edits():
    row = SimpleNamespace(name="a", tags=["x"])
    before = diff.snapshot(row, ["name", "tags"])
    row.tags.append("y")
    assert before == {"name": "a", "tags": ["x"]}

from __future__ import annotations

import pytest

from guard.sandbox.faults import _READERS, CALM, Faults, parse


def test_every_fault_can_be_written_as_text() -> None:
    assert set(_READERS) == set(Faults.__slots__)


def test_faults_are_read_from_words() -> None:
    words = {
        "drop_after": "3",
        "hang": "true",
        "delta_seconds": "0.5",
        "mute": "session.updated,error",
        "inject": "deep",
    }
    assert parse(words) == Faults(
        drop_after=3,
        hang=True,
        delta_seconds=0.5,
        mute=frozenset({"session.updated", "error"}),
        inject=("deep",),
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"explode": "1"}, "explode: no such fault"),
        ({"drop_after": "soon"}, "drop_after: cannot read 'soon'"),
        ({"hang": "perhaps"}, "hang: cannot read 'perhaps'"),
        ({"inject": "poison"}, "inject: unknown kind 'poison'"),
    ],
)
def test_a_bad_fault_names_its_field(words: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(words)


def test_a_calm_provider_leaves_the_way_out_alone() -> None:
    assert not CALM.disturbs_sending
    assert Faults(drop_after=0).disturbs_sending
    assert not Faults(delta_seconds=1.0).disturbs_sending

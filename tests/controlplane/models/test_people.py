from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from controlplane.models import Role, User
from controlplane.models.people import AUDIO_POLICIES, SPREAD_ANSWERS
from guard.core.policy import AudioPolicy, SpreadAnswer


def test_the_audio_policies_offered_are_the_ones_that_the_guard_knows():
    assert [value for value, _ in AUDIO_POLICIES] == [policy.value for policy in AudioPolicy]


def test_users_have_an_id_for_the_outside_that_says_nothing(db):
    first, second = User.objects.create(username="x"), User.objects.create(username="y")
    assert first.public_id != second.public_id
    assert first.public_id.version == 4


def test_the_answers_to_spread_values_offered_are_the_ones_that_the_guard_knows():
    assert {value for value, _ in SPREAD_ANSWERS} == {answer.value for answer in SpreadAnswer}


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("role_speech_rate_is_between", {"speech_rate": 9}),
        ("role_speech_rate_is_between", {"speech_rate": 101}),
        ("role_answer_to_spread_values_is_known", {"spread_values": "shrug"}),
        ("role_with_gated_turns_has_a_transcription_model", {"gated_turns": True}),
    ],
)
def test_roles_that_could_not_be_kept_to_are_refused_by_the_database(db, constraint, values):
    with pytest.raises(IntegrityError, match=constraint):
        Role.objects.create(name="r", **values)


def test_turns_are_gated_by_a_transcription_model(db):
    role = Role(name="r", gated_turns=True, transcription_model="gpt-transcribe")
    role.full_clean()
    role.transcription_model = ""
    with pytest.raises(ValidationError, match="Gated turns need a transcription model"):
        role.full_clean()

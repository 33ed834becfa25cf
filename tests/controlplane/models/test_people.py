from __future__ import annotations

from controlplane.models import User
from controlplane.models.people import AUDIO_POLICIES
from guard.core.policy import AudioPolicy


def test_the_audio_policies_offered_are_the_ones_that_the_guard_knows():
    assert [value for value, _ in AUDIO_POLICIES] == [policy.value for policy in AudioPolicy]


def test_users_have_an_id_for_the_outside_that_says_nothing(db):
    first, second = User.objects.create(username="x"), User.objects.create(username="y")
    assert first.public_id != second.public_id
    assert first.public_id.version == 4

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from audit import actors


class Person:
    is_authenticated = True
    pk = 7

    def get_username(self) -> str:
        return "alice"


def test_a_signed_in_user_is_kept_as_id_and_name():
    assert actors.of_user(Person()) == actors.Actor("user", "7", "alice")


def test_nobody_is_named_as_anonymous_and_not_left_blank():
    assert actors.of_user(AnonymousUser()) == actors.Actor("user", "", "anonymous")


def test_a_part_of_the_system_is_an_actor():
    assert actors.system("reaper") == actors.Actor("system", "reaper", "reaper")


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match="robot"):
        actors.Actor("robot", "1", "r2")  # type: ignore[arg-type]

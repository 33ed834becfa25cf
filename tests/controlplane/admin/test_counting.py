from __future__ import annotations

import pytest

from controlplane.admin.counting import calls, live_link, live_sessions
from controlplane.models import Role, SessionBinding, User

pytestmark = pytest.mark.django_db


def test_live_sessions_are_counted_per_row_and_zero_is_zero(binding, shop, alice):
    binding()
    binding()
    binding("ended")
    User.objects.create_user("bob")
    people = User.objects.annotate(live=live_sessions("user")).values_list("username", "live")
    assert set(people) == {("alice", 2), ("bob", 0)}
    assert Role.objects.annotate(live=live_sessions("role")).get().live == 2


def test_calls_of_other_sessions_do_not_count(binding):
    binding()
    assert SessionBinding.objects.annotate(denied=calls(("deny",))).get().denied == 0


def test_the_link_has_words():
    assert live_link(0, "x=1") == "none"
    assert live_link(1, "x=1&y=2").endswith('sessionbinding/?x=1&amp;y=2">1 live session</a>')

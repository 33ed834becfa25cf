from __future__ import annotations

import pytest

from audit.models import Record
from audit.sentences import sentence
from controlplane.models import User
from controlplane.operations import signins

pytestmark = pytest.mark.django_db
WHERE = {"path": "/admin/login/", "source_ip": "192.0.2.7"}


def test_signing_in_and_out_name_the_user_and_the_place():
    alice = User.objects.create_user("alice")
    signins.record_sign_in(user=alice, **WHERE)
    signins.sign_out(user=alice, login=None, **WHERE)
    came, went = Record.objects.order_by("pk")
    assert (came.verb, went.verb) == ("user.logged_in", "user.logged_out")
    assert {came.subject, went.subject} == {f"user:{alice.pk}"}
    assert {came.source_ip, went.source_ip} == {"192.0.2.7"}
    assert sentence(went) == "alice was signed out by alice"


def test_a_failed_sign_in_keeps_what_was_typed_as_a_name_within_bounds():
    signins.record_failed_sign_in(username="x" * 9000, **WHERE)
    failed = Record.objects.get()
    assert (failed.actor_label, failed.outcome) == ("anonymous", "refused")
    assert failed.fields["username"] == "x" * 150

"""Policies put into force by documents, and what must hold whenever one was."""

from __future__ import annotations

import pytest

from controlplane import document
from controlplane.models import PolicyVersion
from controlplane.operations import drafts
from tests.people import TESTER


def apply(content, actor=TESTER, **more):
    return drafts.apply(actor=actor, content=content, **more)


def refusal(content, kind=drafts.Rejected):
    """The problems; and nothing was done."""
    before, versions = document.current(), PolicyVersion.objects.count()
    with pytest.raises(kind) as refused:
        apply(content)
    assert (document.current(), PolicyVersion.objects.count()) == (before, versions)
    return list(refused.value.problems)


def settle(content):
    """Applied it is there, as one version; applied again nothing happens."""
    versions = PolicyVersion.objects.count()
    done = apply(content)
    assert document.current() == content
    assert done.digest == PolicyVersion.objects.latest().digest == document.digest(content)
    assert PolicyVersion.objects.count() == done.number == versions + 1
    again = apply(content)
    assert (again.is_new, again.number, again.differences, again.notes) == (False, done.number, (), ())
    assert PolicyVersion.objects.count() == versions + 1
    return done

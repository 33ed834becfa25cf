"""Documents at random, one after the other on the same rows: what was retired comes back, what was there goes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from controlplane import cautions, differences, document, draft, files
from controlplane.models import PolicyVersion
from controlplane.operations import drafts
from tests.controlplane.drafting import documents
from tests.people import TESTER

pytestmark = pytest.mark.django_db


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(content=documents())
def test_any_document_is_there_once_it_was_applied_and_stays_when_it_is_applied_again(content):
    wanted = draft.checked(content)
    before = document.current()
    cautions.between(before, wanted)
    done = drafts.apply(actor=TESTER, content=content)
    now = document.current()
    assert document.canonical(now) == document.canonical(wanted)
    assert bool(done.differences) is (not differences.same(before, now)) or PolicyVersion.objects.count() == 1
    versions = PolicyVersion.objects.count()
    written = files.written(now, done.number, done.digest)
    for again in (content, now, files.read(written)):
        assert not drafts.apply(actor=TESTER, content=again).is_new
    assert PolicyVersion.objects.count() == versions
    assert PolicyVersion.objects.latest().digest == document.digest(now)


@settings(max_examples=80)
@given(one=documents(), other=documents())
def test_documents_differ_exactly_if_there_is_a_sentence(one, other):
    old, new = draft.checked(one), draft.checked(other)
    found = differences.between(old, new)
    assert bool(found) is not differences.same(old, new)
    assert found == differences.between(old, new)
    assert differences.between(old, old) == []


@settings(max_examples=80)
@given(content=documents())
def test_a_file_says_what_the_document_says(content):
    wanted = draft.checked(content)
    text = files.written(wanted, 1, "")
    assert document.canonical(draft.checked(files.read(text))) == document.canonical(wanted)
    assert files.written(files.read(text), 1, "") == text

"""Documents that are applied at the same moment as another, or as an edit, on rows that are really committed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.controlplane.scratch import seeded_database

ROUNDS = 4


@pytest.fixture(scope="module")
def scratch() -> Iterator[dict[str, str]]:
    with seeded_database("drafts") as env:
        yield env


@pytest.fixture
def race(scratch):
    def run(name):
        command = [sys.executable, "-m", "tests.controlplane.draft_race", name]
        return json.loads(subprocess.check_output(command, env=scratch, text=True, timeout=240))

    return run


@pytest.mark.slow
def test_two_documents_applied_at_once_leave_one_of_them_whole(race):
    assert race("two_applies") == {"whole": ROUNDS}


@pytest.mark.slow
def test_an_edit_at_the_same_moment_is_kept_or_overwritten_and_tears_nothing(race):
    assert race("apply_and_edit") == {"whole": ROUNDS}

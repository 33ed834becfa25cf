"""Patterns that must never come into force: refused at their field (T75), or the old policy stays (T77)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest

from tests.blackbox.browser import Browser
from tests.blackbox.carriers import written
from tests.blackbox.evidence import shown_after
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import PASSWORD, Stack

pytestmark = pytest.mark.slow

PATTERNS = "/admin/controlplane/redactionpattern/"
CARD = "4111 1111 1111 1111"


@pytest.fixture
def guarded(stack: Stack) -> GuardedRole:
    """A role with the demo's patterns only, of this test alone."""
    return GuardedRole(stack, f"refused{time.time_ns()}", catalogue=False).make()


REFUSED = {
    "look-behind": (r"(?<=ab)c", "look"),
    "look-ahead of several characters": (r"a(?=bc)", "look"),
    "back-reference": (r"(a)\1", "reference"),
    "repetition too wide": (r"a{1001}", "1000"),
    "nothing": (r"", "needs an expression"),
    "matches nothing at all": (r"(?:)", "empty"),
    "may match nothing": (r"a*", "empty"),
    "matches everything": (r"[\s\S]{1,200}", "plain text"),
    "explodes": (r"[ab]*a[ab]{20}c", "too slow"),
    "unbalanced": (r"(a", "position"),
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_t75_a_pattern_that_cannot_run_is_refused_at_its_field(stack, kind):
    pattern, reason = REFUSED[kind]
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    known = stack.last_record()
    page = await asyncio.to_thread(
        browser.submit, f"{PATTERNS}add/", "redactionpattern_form", name="refused", pattern=pattern
    )
    assert reason in error_at("pattern", page)
    assert stack.records(None, "policy.published", after=known) == []
    assert (
        stack.backstage("result = models.RedactionPattern.objects.filter(name='refused').exists()") is False
    )


async def test_t75_nested_repetition_is_harmless(stack, guarded):
    """The pattern that freezes backtracking engines is saved, and a text made for it comes through."""
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    role = stack.backstage(f"result = models.Role.objects.get(name={guarded.name!r}).pk")
    ticket, known = guarded.ticket(), stack.last_record()
    await asyncio.to_thread(
        browser.submit,
        f"{PATTERNS}add/",
        "redactionpattern_form",
        name=guarded.name,
        pattern="(a+)+$",
        roles=[role],
    )
    assert stack.records(None, "policy.published", after=known)
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        shown = await shown_after(talker, line, written("a" * 20_000 + "!", 10_000))
        assert len(shown.texts) == 1 and shown.disagreements() == {}


def error_at(field: str, page: str) -> str:
    """The text of the error that stands with the form's field."""
    row = re.search(rf'class="[^"]*field-{field}[ "].*?</ul>', page, re.DOTALL)
    assert row is not None, "no error at the field"
    [errors] = re.findall(r'<ul class="errorlist".*?</ul>', row[0], re.DOTALL)
    return re.sub(r"<[^>]+>", "", errors)


NEWEST = "result = models.PolicyVersion.objects.latest().number"
SET_PATTERN = "UPDATE controlplane_redactionpattern SET pattern = %s WHERE name = 'credit_card'"


@pytest.fixture
def broken(stack: Stack) -> Callable[[], AbstractContextManager[None]]:
    """For as long as it is entered, the rows of the policy do not compile."""
    sound = stack.backstage("result = models.RedactionPattern.objects.get(name='credit_card').pattern")

    @contextmanager
    def breaking() -> Iterator[None]:
        with psycopg.connect(stack.database_url, autocommit=True) as database:
            database.execute(SET_PATTERN, ["(broken"])
            try:
                yield
            finally:
                database.execute(SET_PATTERN, [sound])

    return breaking


async def test_t77_a_bad_pattern_set_leaves_the_old_policy_active(stack, guarded, broken):
    """Written past every form, by SQL. The session that runs and the one that begins keep the rules of before."""
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    known, before = stack.last_record(), stack.backstage(NEWEST)
    async with guarded.provider() as provider, guarded.talk(provider) as running:
        with broken():
            await asyncio.to_thread(guarded.edit, idle_seconds=299)
            assert stack.backstage(NEWEST) == before
            assert "The last edit is NOT in force" in await asyncio.to_thread(browser.get, "/admin/")
            async with guarded.talk(provider) as beginning:
                for talker, line in (running, beginning):
                    shown = await shown_after(talker, line, written(CARD, 4))
                    assert shown.texts == {"[CREDIT_CARD_REDACTED]"}
    [rejected] = stack.records(None, "policy.rejected", after=known)
    assert rejected["fields"]["number"] == before and rejected["fields"]["fault"]
    await asyncio.to_thread(guarded.edit, idle_seconds=298)
    assert stack.backstage(NEWEST) == before + 1
    assert "NOT in force" not in await asyncio.to_thread(browser.get, "/admin/")

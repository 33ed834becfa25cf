"""The queue of approvals as its script sees it: one address, asked again every two seconds.

No browser is needed for what the script relies on, and whether it runs at all is decided by how the page loads it."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.blackbox.browser import Browser
from tests.blackbox.desk import asked, decisions, desk_of
from tests.blackbox.harness import PASSWORD, Stack, eventually

pytestmark = pytest.mark.slow
QUEUE = "/admin/controlplane/approval/?state=pending"


@pytest.fixture
def carol(stack: Stack) -> Browser:
    browser = Browser(stack.server.base_url)
    browser.log_in("carol", PASSWORD)
    return browser


def row_of(page: str, approval_id: str) -> str:
    """The row whose link is this approval: what the script tells rows apart by."""
    rows = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    return next((row for row in rows if f"/approval/{approval_id}/" in row), "")


def test_the_script_is_loaded_after_the_page_and_nothing_is_inline(stack, carol):
    page = carol.get(QUEUE)
    scripts = re.findall(r"<script\b[^>]*>", page)
    [own] = [tag for tag in scripts if "queue.js" in tag]
    assert " defer" in own
    assert all(' src="/' in tag for tag in scripts), "the policy of the page lets no inline script run"
    assert "This list updates by itself." in carol.get(re.search(r'src="([^"]+)"', own)[1])


async def test_the_page_asked_again_shows_the_call_that_waits_and_its_answer_lets_it_go_on(stack, carol):
    desk = await desk_of(stack, "queue", {"approver": "supervisor"})
    ticket = await asyncio.to_thread(desk.ticket)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        [waiting] = await eventually(desk.pending)
        page = await asyncio.to_thread(carol.get, QUEUE)
        assert re.search(r'<span id="queue-note"[^>]*>\d+ calls? waits? for approval\.</span>', page)
        assert f'value="approve:{waiting["id"]}"' in row_of(page, waiting["id"])
        answer = {"answer": f"approve:{waiting['id']}"}
        question = await asyncio.to_thread(lambda: carol.submit(QUEUE, "changelist-form", **answer))
        assert "Approve 1 call?" in question and "o-77" in question
        confirmed = next(each for each in carol.parse(question) if "apply" in each.values)
        await asyncio.to_thread(carol.post, QUEUE, {**confirmed.values, "reason": "as agreed"})
        await talker.wait("response.function_call_arguments.done")
    assert [each["outcome"] for each in await decisions(desk, ticket, 2)] == ["require_approval", "allow"]
    assert row_of(await asyncio.to_thread(carol.get, QUEUE), waiting["id"]) == ""


def test_signed_out_the_same_address_has_no_queue_so_the_script_stops(stack):
    assert 'id="queue-note"' not in Browser(stack.server.base_url).get(QUEUE)

"""Against a server on a real socket."""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from guard import endpoints, lines
from guard.core.classifier import Judgement, Shape
from guard.ports import Unavailable
from guard.tasks import spawn
from tests.fakes import until
from tests.guard.asking import CLEAN, FOUND, KEY, TEXT, Asking
from tests.guard.judge_server import JudgeServer, Mood

ROOT = Path(__file__).parents[2]


# -- questions and answers


async def test_both_shapes_are_asked_and_understood(asking):
    assert await asking.judge() == FOUND
    assert await asking.judge(by=asking.moderation) == Judgement(True, ("PERSON",))
    assert await asking.judge("Nobody in particular.") == CLEAN
    assert [asked.body for asked in asking.server.questions] == [
        {"text": TEXT, "direction": "to_client", "classifier": "pii"},
        {"input": TEXT},
        {"text": "Nobody in particular.", "direction": "to_client", "classifier": "pii"},
    ]


async def test_one_connection_serves_one_question_after_another(asking):
    for n in range(5):
        await asking.judge(f"text {n}")
    assert asking.server.connections == 1


async def test_questions_are_asked_side_by_side(asking):
    asking.server.mood = Mood(delay=0.05)
    found = await asyncio.gather(*(asking.judge(f"{TEXT} {n}") for n in range(20)))
    assert set(found) == {FOUND}


# -- keys


async def test_the_key_is_sent_as_a_bearer_token(asking):
    await asking.judge()
    assert asking.server.questions[0].headers["authorization"] == f"Bearer {KEY}"


async def test_without_a_key_no_header_is_sent(asking):
    asking.keys.key = ""
    await asking.judge()
    assert "authorization" not in asking.server.questions[0].headers


async def test_a_key_is_fetched_once_in_five_seconds_however_many_ask(asking):
    asking.keys.delay = 0.02
    await asyncio.gather(*(asking.judge(f"text {n}") for n in range(10)))
    asking.clock.now += 4.9
    await asking.judge("later")
    assert asking.keys.asked == [("pii", asking.plain.url)]


async def test_a_new_key_is_used_after_five_seconds(asking):
    await asking.judge("one")
    asking.keys.key = "sk-new"
    asking.clock.now += 5
    await asking.judge("two")
    assert [asked.headers["authorization"] for asked in asking.server.questions] == [
        f"Bearer {KEY}",
        "Bearer sk-new",
    ]


async def test_the_key_of_one_address_is_never_sent_to_another(asking):
    """An administrator moves a classifier and enters the key of the new place."""
    await asking.judge()
    asking.keys.key = "sk-of-the-new-place"
    moved = replace(asking.plain, url=f"{asking.server.url}/plain?v=2")
    await asking.judge(by=moved)
    assert asking.server.questions[1].headers["authorization"] == "Bearer sk-of-the-new-place"


async def test_without_an_answer_about_the_key_nothing_is_sent(asking):
    asking.keys.key = Unavailable("the database did not answer in time")
    assert (await asking.judge()).failure == "connection"
    assert asking.server.questions == []


# -- the deadline


@pytest.mark.parametrize("mood", [Mood(delay=60), Mood(drip=0.01)], ids=["silence", "drip"])
async def test_the_deadline_is_over_the_whole_answer(asking, mood):
    asking.server.mood = mood
    assert (await asking.judge(by=replace(asking.plain, deadline=0.1))).failure == "timeout"


async def test_the_deadline_is_over_the_key_too(asking):
    asking.keys.delay = 60
    assert (await asking.judge(by=replace(asking.plain, deadline=0.1))).failure == "timeout"
    assert asking.server.questions == []


async def test_connections_come_back_from_questions_that_ran_out_of_time(asking, monkeypatch):
    monkeypatch.setattr(endpoints, "MAX_CONNECTIONS", 2)
    asking.server.mood = Mood(delay=60)
    late = [replace(asking.plain, name=f"pii{n}", deadline=0.05) for n in range(6)]
    assert {(await asking.judge(by=each)).failure for each in late} == {"timeout"}
    asking.server.mood = Mood()
    assert await asking.judge() == FOUND


async def test_a_slow_endpoint_leaves_connections_to_the_others(asking, monkeypatch):
    monkeypatch.setattr(endpoints, "MAX_CONNECTIONS", 2)
    monkeypatch.setattr(lines, "MAX_ASKED_AT_ONCE", 1)
    slow = JudgeServer()
    await slow.start()
    slow.mood = Mood(delay=60)
    by = replace(asking.plain, url=f"{slow.url}/plain", deadline=60.0)
    waiting = [spawn(asking.judge(f"text {n}", by), "slow") for n in range(5)]
    await until(lambda: slow.questions)
    assert await asking.judge(by=asking.moderation) == Judgement(True, ("PERSON",))
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    slow.stop()


async def test_who_stops_waiting_is_let_go(asking):
    asking.server.mood = Mood(delay=60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await asking.judge()


# -- what is remembered


async def test_the_same_question_is_asked_once_in_a_while(asking):
    for _ in range(3):
        assert await asking.judge() == FOUND
    asking.clock.now += 59
    await asking.judge()
    assert len(asking.server.questions) == 1
    asking.clock.now += 1
    await asking.judge()
    assert len(asking.server.questions) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"shape": Shape.MODERATION},
        {"model": "m"},
        {"labels": frozenset({"x"})},
        {"threshold": 0.5},
    ],
)
async def test_another_question_about_the_same_text_is_asked(asking, changes):
    await asking.judge()
    await asking.judge(by=replace(asking.plain, **changes))
    assert len(asking.server.questions) == 2


async def test_what_was_said_the_other_way_is_another_question(asking):
    await asking.judge(direction="to_client")
    await asking.judge(direction="to_model")
    assert [asked.body["direction"] for asked in asking.server.questions] == ["to_client", "to_model"]


async def test_a_failure_is_not_remembered(asking):
    asking.server.mood = Mood(status=500)
    assert (await asking.judge()).failure == "status"
    asking.server.mood = Mood()
    assert await asking.judge() == FOUND


async def test_a_judgement_with_very_many_places_is_not_kept(asking):
    names = "Dana Whitfield. " * 33
    assert len((await asking.judge(names)).spans) == 33
    await asking.judge(names)
    assert len(asking.server.questions) == 2


async def test_no_text_outlives_its_question(asking):
    await asking.judge()
    assert TEXT not in repr(vars(asking.classifiers))


# -- the circuit


async def test_five_failures_in_a_row_stop_the_questions(asking):
    assert await asking.fail(7) == ["status"] * 5 + ["circuit_open"] * 2
    assert len(asking.server.questions) == 5


async def test_after_the_pause_one_question_tries_for_all(asking):
    await asking.fail(5)
    asking.server.mood = Mood(delay=0.05)
    asking.clock.now += 10
    found = await asyncio.gather(*(asking.judge(f"{TEXT} {n}") for n in range(3)))
    assert sorted(each.failure for each in found) == ["", "circuit_open", "circuit_open"]
    assert await asking.judge() == FOUND


async def test_a_trial_that_is_cancelled_is_followed_by_another(asking):
    await asking.fail(5)
    asking.clock.now += 10
    asking.server.mood = Mood(delay=60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await asking.judge()
    asking.server.mood = Mood()
    asking.clock.now += 10
    assert await asking.judge() == FOUND


async def test_one_that_is_down_does_not_stop_the_questions_to_another(asking):
    await asking.fail(5)
    assert await asking.judge(by=asking.moderation) == Judgement(True, ("PERSON",))


async def test_what_is_known_is_still_said_while_the_circuit_is_open(asking):
    await asking.judge()
    await asking.fail(5)
    assert await asking.judge() == FOUND
    assert (await asking.judge("unknown")).failure == "circuit_open"


async def test_every_change_of_the_circuit_is_one_warning(asking, caplog):
    await asking.fail(8)
    asking.clock.now += 10
    await asking.fail(2)
    asking.clock.now += 10
    await asking.judge("well again")
    await asking.judge("and again")
    assert [record.getMessage() for record in caplog.records] == [
        "classifier pii keeps failing (status) and is tried once in 10 s only",
        "classifier pii answers again",
    ]


async def test_neither_texts_nor_keys_are_logged(asking, caplog):
    caplog.set_level(logging.DEBUG)
    await asking.judge()
    for mood in (Mood(answer=TEXT), Mood(status=500), Mood(hang_up=True)):
        asking.server.mood = mood
        await asking.judge(f"{TEXT} {mood}")
    assert "httpcore" in caplog.text, "the libraries' own lines are not in the net"
    assert "Dana" not in caplog.text
    assert KEY not in caplog.text


# -- the server as a process of its own


@pytest.mark.slow
async def test_the_judge_server_runs_by_itself_and_does_as_it_is_told():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.guard.judge_server",
        "--port",
        "0",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().split()[-1]
        asking = Asking(JudgeServer())
        by = replace(asking.plain, url=f"{url}/plain")
        assert (await asking.judge("it is forbiddenly good", by)).labels == ("forbidden",)
        async with httpx.AsyncClient(trust_env=False) as control:
            await control.post(f"{url}/control", json={"status": 503})
            assert (await asking.judge("anything", by)).failure == "status"
            seen = (await control.get(f"{url}/control")).json()["questions"]
        assert [asked["body"]["text"] for asked in seen] == ["it is forbiddenly good", "anything"]
        await asking.classifiers.close()
    finally:
        process.kill()
        await process.wait()

"""One process of ``operations/test_approval_races``: threads that come at the same moment. Not a test by itself.

Argument: the name of a race. Prints one line of JSON: how often each outcome came, over all rounds.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

os.environ["DJANGO_SETTINGS_MODULE"] = "controlplane.settings"

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from audit.actors import of_user, system  # noqa: E402
from audit.models import Record  # noqa: E402
from controlplane.models import Approval  # noqa: E402
from controlplane.operations import approvals, sessions  # noqa: E402
from controlplane.operations.admission import actor_of  # noqa: E402
from guard.core.closing import EndReason  # noqa: E402
from guard.ports import Refused  # noqa: E402
from tests.controlplane.asked import DIGEST, asked, running  # noqa: E402
from tests.people import user  # noqa: E402

ROUNDS = 6
Step = Callable[[], object]


def at_once(*steps: Step) -> list[str]:
    """What each thread got: its answer, or the code of its refusal."""
    gate = threading.Barrier(len(steps))

    def run(step: Step) -> str:
        try:
            gate.wait()
            return str(step())
        except Refused as refused:
            return refused.code
        finally:
            close_old_connections()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def decision(row: Approval, name: str, approve: bool) -> Step:
    person = user(name)
    return lambda: (
        approvals.decide(actor=of_user(person), by=person, approval=row, approve=approve).state and "won"
    )


def two_deciders() -> Counter[str]:
    user("bob").groups.add(Group.objects.get(name="supervisors"))
    found: Counter[str] = Counter()
    for _ in range(ROUNDS):
        row = asked(running())
        found.update(at_once(decision(row, "carol", True), decision(row, "bob", False)))
    return found


def uses() -> Counter[str]:
    found: Counter[str] = Counter()
    for _ in range(ROUNDS):
        binding = running()
        decision(asked(binding), "carol", True)()

        def use(binding=binding) -> bool:
            return approvals.use(actor=actor_of(binding), session_id=binding.pk, number=1, digest=DIGEST)

        found.update(at_once(use, use, use, use))
    return found


def deadline() -> Counter[str]:
    """A decision at the last moment, while the session and the sweep look. Whoever wins, the row tells one story."""
    return Counter(last_moment(0.05 + 0.02 * number) for number in range(ROUNDS))


def last_moment(seconds: float) -> str:
    binding = running()
    row = asked(binding, seconds=seconds)
    answer = decision(row, "carol", True)

    def decide() -> object:
        time.sleep(0.1)
        return answer()

    def look() -> None:
        for _ in range(30):
            time.sleep(0.01)
            approvals.outcomes(binding.pk)

    def sweep() -> None:
        for _ in range(30):
            time.sleep(0.01)
            approvals.expire_overdue(actor=system("sweep"))

    decided, *_ = at_once(decide, look, sweep)
    return story(row, decided)


def story(row: Approval, decided: str) -> str:
    row.refresh_from_db()
    said = Record.objects.filter(subject=f"approval:{row.pk}")
    counts = [said.filter(verb=f"approval.{verb}").count() for verb in ("decided", "expired")]
    if decided == "won" and row.decided_at and row.decided_at < row.expires_at and counts == [1, 1]:
        return "whole"
    if decided == "approval_expired" and row.decided_at is None and counts == [0, 1]:
        return "whole"
    return f"{decided} {row.state} {row.decided_at} {counts}"


def flood() -> Counter[str]:
    binding = running()

    def ask(number: int) -> Step:
        return lambda: asked(binding, number).state

    return Counter(at_once(*(ask(number) for number in range(1, 25))))


def ending() -> Counter[str]:
    """Requests while the session ends: none is left waiting."""
    return Counter(waiting=sum(left_waiting() for _ in range(ROUNDS)))


def left_waiting() -> int:
    binding = running()

    def end() -> bool:
        return sessions.end_session(actor=system("tests"), session_id=binding.pk, reason=EndReason.REVOKED)

    at_once(lambda: asked(binding).state, end)
    return Approval.objects.filter(binding=binding, state="pending").count()


RACES = {race.__name__: race for race in (two_deciders, uses, deadline, flood, ending)}

print(json.dumps(RACES[sys.argv[1]]()))  # noqa: T201 - read by the test

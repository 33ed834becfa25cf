"""One process of ``operations/test_draft_races``: two documents are applied at the same moment. Not a test by itself.

Prints one line of JSON: how often the rows were one of the documents, and newest version the same, over all rounds.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "controlplane.settings"

import django

django.setup()

from django.db import close_old_connections, transaction  # noqa: E402

from audit.actors import system  # noqa: E402
from controlplane import document  # noqa: E402
from controlplane.models import PolicyVersion, Role  # noqa: E402
from controlplane.operations import drafts  # noqa: E402
from controlplane.operations.rows import record_edit  # noqa: E402

ROUNDS = 4
ACTOR = system("tests")


def two_documents(number: int) -> list[dict[str, Any]]:
    """They disagree about rows that are there, and both bring a row that is not."""
    base = document.current()
    found = []
    for side in (1, 2):
        content = copy.deepcopy(base)
        for at, role in enumerate(sorted(content["roles"])):
            content["roles"][role]["idle_seconds"] = 100 * side + 10 * at + number
        content["roles"][f"round_{number}"] = copy.deepcopy(content["roles"]["analyst"]) | {"grants": {}}
        content["roles"][f"round_{number}"]["idle_seconds"] = side
        found.append(content)
    return found


def applied(content: dict[str, Any]) -> None:
    while True:
        try:
            drafts.apply(actor=ACTOR, content=content)
            return
        except (
            drafts.Overtaken,
            drafts.Rejected,
        ):  # both made the same new row: the later one finds it there
            continue


def edited(name: str, seconds: int) -> None:
    with transaction.atomic():
        role = Role.objects.select_for_update(no_key=True).get(name=name)
        before, role.idle_seconds = role.idle_seconds, seconds
        role.save(update_fields=["idle_seconds"])
        change = {"idle_seconds": {"before": before, "after": seconds}}
        record_edit(actor=ACTOR, row=role, changes=change)


def at_once(*steps: Any) -> None:
    gate = threading.Barrier(len(steps))

    def run(step: Any) -> None:
        try:
            gate.wait()
            step()
        finally:
            close_old_connections()

    with ThreadPoolExecutor(len(steps)) as pool:
        list(pool.map(run, steps))


def in_force() -> dict[str, Any]:
    """The newest version, which must be what the rows say."""
    newest = PolicyVersion.objects.latest()
    if newest.digest != document.digest(document.current()):
        raise AssertionError(f"version {newest.number} is not what the rows say")
    return dict(newest.document)


def two_applies(number: int) -> str:
    one, other = two_documents(number)
    at_once(lambda: applied(one), lambda: applied(other))
    now = in_force()
    return "whole" if now in (one, other) else "mixed"


def apply_and_edit(number: int) -> str:
    """The edit of one field is in the end in force with all of the document, or was overwritten by it."""
    one, _ = two_documents(number + 50)
    at_once(lambda: applied(one), lambda: edited("analyst", 900 + number))
    now = in_force()
    with_edit = copy.deepcopy(one)
    with_edit["roles"]["analyst"]["idle_seconds"] = 900 + number
    return "whole" if now in (one, with_edit) else "mixed"


RACES = {"two_applies": two_applies, "apply_and_edit": apply_and_edit}


def main() -> None:
    race = RACES[sys.argv[1]]
    print(json.dumps(Counter(race(number) for number in range(ROUNDS))))  # noqa: T201 - read by the test


main()

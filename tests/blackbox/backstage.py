"""The administrator's hand in a black-box test: a resident process with the product's own operations at hand.

Run as ``python -m tests.blackbox.backstage`` in the environment of the server. One JSON string of Python code a line
in; one JSON object ``{"result"}`` or ``{"error"}`` a line out. The code's ``result`` is the answer.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
import traceback
from typing import Any


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
    import django

    django.setup()
    _answer({"result": "ready"})
    for line in sys.stdin:
        try:
            _answer({"result": _run(json.loads(line))})
        except Exception:
            _answer({"error": traceback.format_exc()})


def _run(code: str) -> Any:
    from controlplane import models
    from controlplane.operations import people, sessions
    from tests.people import TESTER, edit_role, user

    known: dict[str, Any] = {
        "command": _command,
        "models": models,
        "people": people,
        "sessions": sessions,
        "TESTER": TESTER,
        "edit_role": edit_role,
        "user": user,
        "time": time,
        "result": None,
    }
    exec(code, known)  # noqa: S102 - the test is the author
    return known["result"]


def _command(name: str, *arguments: str, **options: Any) -> str:
    from django.core.management import call_command

    output = io.StringIO()
    call_command(name, *arguments, stdout=output, **options)
    return output.getvalue()


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

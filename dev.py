#!/usr/bin/env python3
"""Two commands on a bare machine: they need Python and pip (or uv), no compiler, no Docker, no database.

python3 dev.py up                  everything, from nothing, until Ctrl-C
python3 dev.py test [pytest args]  the whole suite on engines of its own, also beside a running `up`
python3 dev.py manage ARGS         a management command against the running stack
python3 dev.py reset               stop remembering: database, queue, keys and passwords of the stack
"""

import sys  # no __future__ import: an old Python must get as far as the line that refuses it

OLDEST, TOO_NEW = (3, 11), (3, 14)


def refuse_unsupported() -> None:
    """One clear line instead of a traceback. Nothing above or in here may need a modern Python."""
    if sys.platform == "win32":
        sys.exit("Linux or macOS is needed: on Windows, run this inside WSL")
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(f"Python 3.11, 3.12 or 3.13 is needed, this is {found} ({sys.executable})")


if __name__ == "__main__":
    refuse_unsupported()
    from embedded.commands import main

    sys.exit(main(sys.argv[1:], usage=__doc__))

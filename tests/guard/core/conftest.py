"""Lets the tests here import ``script`` and ``provider``: they run without Django, from a plain
``pytest tests/guard/core``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

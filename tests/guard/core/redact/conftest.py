"""Lets the tests here import ``oracle``, ``invention`` and the labelled set beside them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An hour of soak is run when it is asked for by name, also where no project configuration deselects it."""
    if config.option.markexpr == "soak":
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="run with -m soak"))

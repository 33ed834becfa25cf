"""The pages say what the code does, where a test can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guard.core.closing import CLOSINGS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_the_settings_page_lists_every_setting() -> None:
    read = re.findall(r'env\.read\(\s*"([A-Z_]+)"', (ROOT / "controlplane/settings.py").read_text())
    page = (ROOT / "docs/settings.md").read_text()
    assert read
    assert [name for name in read if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_readme_lists_every_close_code() -> None:
    readme = (ROOT / "README.md").read_text()
    codes = {closing.close_code for closing in CLOSINGS.values()} - {1000}
    assert [code for code in sorted(codes) if f"| {code} |" not in readme] == []
    words = {closing.error_code for closing in CLOSINGS.values() if closing.error_code}
    assert [word for word in sorted(words) if f"`{word}`" not in readme] == []

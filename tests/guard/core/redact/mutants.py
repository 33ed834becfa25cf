"""Faults planted in the engine, each of which the tests must notice. Run by ``test_mutants`` (``-m soak``) or by hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
PACKAGE = Path("guard/core/redact")

MUTANTS: dict[str, tuple[str, str, str]] = {
    "text is let go before its start is decided": (
        "hiding.py",
        "edge = self._scan.start if region is None or region.shown else region.start",
        "edge = self._scan.start + (region is None and self._scan.running)",
    ),
    "conditions on the next character are ignored": (
        "engine/automaton.py",
        "if at_edge is False if mask is None else bool(mask >> charset & 1) is not wanted:",
        "if at_edge is False if mask is None else False:",
    ),
    "a region is not extended by a later match": (
        "region.py",
        "self.end = max(self.end, window.end)",
        "self.end = self.end",
    ),
    "a region is closed before all starts in it are decided": (
        "hiding.py",
        "if region.end > position or self._overlong is not None:",
        "if region.start + 1 > position or self._overlong is not None:",
    ),
    "runs of validated rules are merged": (
        "engine/program.py",
        "merges = not self._validated[rule] and not ended",
        "merges = not ended",
    ),
    "runs behind the hidden part are merged": (
        "engine/program.py",
        "merges = not self._validated[rule] and not ended",
        "merges = not self._validated[rule]",
    ),
    "a failed validation ends the search": (
        "matches.py",
        "if rule in found or rule in refused:",
        "if rule in found or rule in refused or refused.add(rule):",
    ),
    "the end of the text decides nothing": (
        "engine/scan.py",
        "rules = self._row.accepted_before(None)",
        "rules = ()",
    ),
    "invisible characters end a match late": (
        "engine/scan.py",
        "while not self._automaton.alphabet[self.text[at - 1]]:",
        "while False:",
    ),
    "the cap is forgotten": (
        "engine/scan.py",
        "if at >= limit:",
        "if at >= limit + 4:",
    ),
    "an overlong run is let go": (
        "hiding.py",
        "found.append(Window(decided.start, decided.reach, OVERLONG))",
        "pass",
    ),
    "overlong runs are not followed": (
        "hiding.py",
        "self._overlong, self._overlong_at = row, position",
        "self._overlong, self._overlong_at = None, position",
    ),
    "a long region is shown when it happens to have arrived": (
        "hiding.py",
        "if decided.reach - self._open_since() > self._cap:",
        "if self._scan.length - self._open_since() > self._cap:",
    ),
    "a cut text is flushed": (
        "hiding.py",
        "if self._scan.running and not self.blocked:",
        "if False:",
    ),
    "only the first folded character of a ligature counts": (
        "engine/alphabet.py",
        "masks = tuple(map(self._mask, fold_char(char)))",
        "masks = tuple(map(self._mask, fold_char(char)[:1]))",
    ),
    "a match inside a ligature is missed": (
        "engine/automaton.py",
        "within |= self._ended(items, mask)",
        "within |= frozenset()",
    ),
    "before is not required": (
        "engine/program.py",
        "self.origins.append(first)",
        "self.origins.append(first); self.origins.append(entry)",
    ),
    "a block does not stop the flags": (
        "hiding.py",
        "self._let_go(start if region.shown else region.start)",
        "self._let_go(self._scan.length)",
    ),
    "a mask shows more than its own match": (
        "region.py",
        "if (window.start, window.end) != (region.start, region.end) or any(w.rule < 0 for w in region.windows):",
        "if False:",
    ),
    "halves are not joined": (
        "halves.py",
        "text, self._waiting = text[:-1], text[-1]",
        "pass",
    ),
}
SUITE = ["test_properties.py", "test_stream.py", "test_region.py", "test_evasion.py"]


def survives(name: str) -> bool:
    """Whether the tests pass with this fault planted."""
    file, sound, faulty = MUTANTS[name]
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        shutil.copytree(ROOT / "guard", copy / "guard", ignore=shutil.ignore_patterns("__pycache__"))
        here = Path(__file__).parent
        shutil.copytree(here, copy / "redact", ignore=shutil.ignore_patterns("__pycache__"))
        source = copy / PACKAGE / file
        text = source.read_text()
        if text.count(sound) != 1:
            raise LookupError(f"{name}: {sound!r} is {text.count(sound)} times in {file}")
        source.write_text(text.replace(sound, faulty))
        return _passes(copy)


def _passes(copy: Path) -> bool:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:valkey",
        "-p",
        "no:django",
    ]
    options = [
        "-c",
        "/dev/null",
        "--rootdir",
        str(copy),
        "--import-mode=importlib",
        "-o",
        f"pythonpath={copy}",
    ]
    files = [str(copy / "redact" / name) for name in SUITE]
    found = subprocess.run(
        [*command, *options, *files], cwd=copy, capture_output=True, text=True, check=False
    )
    if found.returncode not in (0, 1):
        raise RuntimeError(found.stdout[-2000:] + found.stderr[-2000:])
    return found.returncode == 0


if __name__ == "__main__":
    for mutant in sys.argv[1:] or MUTANTS:
        print("SURVIVES" if survives(mutant) else "dies    ", mutant, flush=True)  # noqa: T201

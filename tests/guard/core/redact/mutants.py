"""Faults planted in the engine, each of which the tests must notice. ``test_mutants`` plants a few in the normal run
and all of them with ``-m soak``; by hand: ``python tests/guard/core/redact/mutants.py [NAME ...]``."""

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
        "first, size, limit = at, len(text), self._start + self._cap",
        "first, size, limit = at, len(text), self._start + self._cap + 4",
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
    "an accepted run does not wait for the next character": (
        "engine/scan.py",
        "            if row.gated:\n",
        "            if False:\n",
    ),
    "a stream loses its place when tables are dropped": (
        "engine/scan.py",
        "self._row = automaton.row(self._row.places)",
        "self._row = automaton.dead",
    ),
    "the state before a start is the one behind it": (
        "engine/scan.py",
        "self._front, self._row, self._start = front, row, start\n",
        "self._front, self._row, self._start = self._following, row, start\n",
    ),
    "before is forgotten after its first character": (
        "engine/automaton.py",
        "self.advance(places - reached, mask) | announced",
        "announced",
    ),
    "before never begins": (
        "engine/automaton.py",
        "self.advance(places - reached, mask) | announced",
        "self.advance(places - reached, mask)",
    ),
    "characters of different ranges are one kind": (
        "engine/alphabet.py",
        "bisect_right(self._edges, ord(char)), *",
        "0, *",
    ),
    "the shortest hidden part is taken": (
        "engine/tails.py",
        "return sorted(_bits(replay.found), reverse=True)",
        "return sorted(_bits(replay.found))",
    ),
    "what after matches is hidden as well": (
        "engine/tails.py",
        "ended = position if item.part is Part.PATTERN and following.part is Part.AFTER else ends",
        "ended = position",
    ),
    "after may be cut short by the end of what has arrived": (
        "engine/tails.py",
        "decided = not item.aheads or (known and self._automaton.allows(item.aheads, mask))",
        "decided = not item.aheads or self._automaton.allows(item.aheads, mask)",
    ),
    "a second character of a ligature starts no tail": (
        "engine/tails.py",
        "places |= dict.fromkeys(here.starts(self._rule), 0)",
        "places |= dict.fromkeys(here.starts(self._rule), 0) if not number else {}",
    ),
    "a validator sees the text before the fold": (
        "matches.py",
        "validator(fold(scan.piece(start, end)))",
        "validator(scan.piece(start, end))",
    ),
    "other scripts have no digits": (
        "fold.py",
        "return None if digit is None else str(digit)",
        "return None",
    ),
    "soft hyphens are visible": (
        "fold.py",
        'frozenset(("Mn", "Me", "Cf", "Cc", "Cs"))',
        'frozenset(("Mn", "Me", "Cc", "Cs"))',
    ),
    "positions forget the joined halves": (
        "halves.py",
        "return position + bisect_left(self._joined, position)",
        "return position",
    ),
    "a keyword matches inside a word": (
        "compiled.py",
        "after = [boundary] if words[-1][-1] in WORD else []",
        "after = []",
    ),
    "a mask shows most of a short value": (
        "region.py",
        "visible = min(rule.keep_last, max(0, len(kept) - _LEAST_MASKED))",
        "visible = min(rule.keep_last, len(kept))",
    ),
    "a hash needs no key": (
        "region.py",
        "hmac.new(hash_key, ",
        'hmac.new(b"", ',
    ),
    "a long region keeps one hit only": (
        "region.py",
        "self.windows = list(by_rule.values())",
        "self.windows = list(by_rule.values())[:1]",
    ),
    "flags are not shown the text": (
        "stream.py",
        "watcher = self._flags.push if self._flags else None",
        "watcher = None",
    ),
    "hits of the tail are forgotten": (
        "stream.py",
        "            self._flags.finish()\n        self._collect()\n",
        "            self._flags.finish()\n",
    ),
}
QUICK = [
    "text is let go before its start is decided",
    "the end of the text decides nothing",
    "an accepted run does not wait for the next character",
    "a cut text is flushed",
    "halves are not joined",
    "a mask shows more than its own match",
]
"""Noticed within a second by the tests of behaviour alone, one for each kind of leak."""

# Ten times what the whole suite takes on a busy machine.
_HANGS = 1_800
BEHAVIOUR = ["test_stream.py", "test_region.py", "test_fold.py", "test_syntax.py"]
SUITE = [*BEHAVIOUR, "test_properties.py", "test_evasion.py"]


NONE = ("hiding.py", "class Hiding:", "class Hiding:")
"""Nothing planted: with this the tests must pass, or every fault would seem to be noticed."""


def survives(name: str, suite: list[str] = SUITE) -> bool:
    """Whether the tests of ``suite`` pass with this fault planted."""
    file, sound, faulty = MUTANTS.get(name, NONE)
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
        return _passes(copy, suite)


def _passes(copy: Path, suite: list[str]) -> bool:
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
    files = [str(copy / "redact" / name) for name in suite]
    try:
        found = subprocess.run(
            [*command, *options, *files],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
            timeout=_HANGS,
        )
    except subprocess.TimeoutExpired:
        return False  # a fault that makes the engine hang is noticed
    if found.returncode not in (0, 1):
        raise RuntimeError(found.stdout[-2000:] + found.stderr[-2000:])
    return found.returncode == 0


if __name__ == "__main__":
    for mutant in sys.argv[1:] or ["none", *MUTANTS]:
        print("SURVIVES" if survives(mutant) else "dies    ", mutant, flush=True)  # noqa: T201

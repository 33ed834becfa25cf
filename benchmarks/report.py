"""Results as rows, printed as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

Row = dict[str, str | int | float]


def table(rows: Sequence[Row]) -> str:
    """In markdown; columns as wide as they must be."""
    if not rows:
        return ""
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    lines = [_line(line, widths) for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def as_json(tables: dict[str, Sequence[Row]]) -> str:
    return json.dumps(tables, indent=1) + "\n"


def _cell(value: str | int | float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"

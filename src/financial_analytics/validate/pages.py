"""What a recovery of truths found: as CSV, JSON, and a page of the documents."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from financial_analytics.validate.truth import ARMS, Found, summary

HEADERS = (
    *("mechanism", "planted", "estimate", "mean interval", "covered", "found", "withheld"),
    "stated power",
)
NONE = "-"
PAGE = """# Planted and found

Written by `{command}`. Each seed is two synthetic banks of {customers:,} customers and
about {transactions:,} transactions: one with every effect at its default, one in which none is
planted. Each goes the way of any bank: feeds, ingest, build; then the models of category 07 are
read. Estimates and intervals are means over seeds.

- *covered*: intervals (95 %) that hold what is planted, of those given. An honest interval covers
  fewer than 34 of 40 with probability 0.003.
- *found*: intervals that exclude zero: with an effect planted the power, without one false alarms.
- *withheld*: banks in which a diagnostic refuted the design, or the data could not tell: no
  interval is given there.
- *stated power*: what the model itself says, for the effect that its variable calls relevant.

## With effects planted ({seeds} seeds)

{planted}

## With nothing planted ({seeds} seeds)

{nothing}

{short}
{withheld}
Every estimate: `truth.csv` and `truth.json`, which the command writes.
"""


def _shown(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}"


def cells(row: dict[str, Any]) -> list[str]:
    """Return a row of `summary` as words, in the order of `HEADERS`."""
    ends = f"{_shown(row['estimate_lower'])} to {_shown(row['estimate_upper'])}"
    given = row["interval_count"]
    return [
        f"{row['mechanism']}, {row['unit']}", _shown(row["planted"]), _shown(row["estimate"]),
        ends if given else NONE, f"{row['covered_count']} of {given}",
        f"{row['found_count']} of {given}", str(row["withheld_count"]),
        _shown(row["stated_power"]),
    ]  # fmt: skip


def _table(rows: Sequence[dict[str, Any]]) -> str:
    lines = [HEADERS, ["---"] * len(HEADERS), *(cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _withheld(found: Sequence[Found]) -> str:
    """Return why designs were not followed, most often first."""
    counts: dict[tuple[str, str], int] = {}
    for one in found:
        if one.is_covered is None:
            key = (one.mechanism, one.failed or one.verdict)
            counts[key] = counts.get(key, 0) + 1
    if not counts:
        return ""
    lines = [
        f"| {mechanism} | {why} | {number} |"
        for (mechanism, why), number in sorted(counts.items(), key=lambda item: -item[1])
    ]
    head = ["", "## Why intervals were withheld", "", "| mechanism | diagnostic | banks |"]
    return "\n".join([*head, "|---|---|---|", *lines, ""])


def _short(rows: Sequence[dict[str, Any]]) -> str:
    """Return which intervals covered less often than is asked, in words."""
    names = [
        f"{row['mechanism']} ({'planted' if row['planted'] else 'nothing planted'}: "
        f"{row['covered_count']} of {row['interval_count']})"
        for row in rows
        if row["interval_count"] and not row["is_met"]
    ]
    if not names:
        return "No interval covered less often than 34 of 40."
    return f"Covered less often than 34 of 40: {'; '.join(names)}."


def page(found: Sequence[Found], *, command: str, customers: int, transactions: int) -> str:
    """Return the page of the documents, in Markdown."""
    rows = summary(found)
    tables = {arm: _table([row for row in rows if row["arm"] == arm]) for arm in ARMS}
    return PAGE.format(
        command=command, customers=customers, transactions=transactions,
        seeds=len({one.seed for one in found}), planted=tables[ARMS[0]], nothing=tables[ARMS[1]],
        short=_short(rows), withheld=_withheld(found),
    )  # fmt: skip


def write_results(found: Sequence[Found], folder: Path) -> list[Path]:
    """Write ``truth.csv`` (a row per estimate) and ``truth.json`` (a row per mechanism and arm)."""
    folder.mkdir(parents=True, exist_ok=True)
    table, sums = folder / "truth.csv", folder / "truth.json"
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = [
            asdict(one) | {"is_covered": one.is_covered, "is_found": one.is_found} for one in found
        ]
        writer = csv.DictWriter(file, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)
    sums.write_text(json.dumps(summary(found), indent=1) + "\n", encoding="utf-8")
    return [table, sums]

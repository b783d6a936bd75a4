"""The page of data quality: what was found, what to do, and that everything was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from financial_analytics.quality import (
    COLUMNS,
    FOUND,
    NOTHING,
    OK,
    SEVERITIES,
    Finding,
    findings_of,
)

PAGE = "data_quality/index.html"
OTHERS = "other checks"
HEADINGS = {
    "error": "Numbers are wrong",
    "warning": "Numbers may be wrong or incomplete",
    "info": "Not there",
}
# A sign and a word: never a colour alone.
SIGNS = {"error": "✕", "warning": "!", "info": "–", OK: "✓", NOTHING: ""}  # noqa: RUF001


@dataclass(frozen=True)
class Group:
    """What was found of one severity."""

    severity: str
    heading: str
    findings: Sequence[Finding]

    @property
    def sign(self) -> str:
        """The second cue beside the colour."""
        return SIGNS[self.severity]


@dataclass(frozen=True)
class Mark:
    """One cell of the overview: a feed's worst result of a check."""

    result: str
    sign: str


@dataclass(frozen=True)
class Overview:
    """Feeds by checks; every feed has a row, and every row a result."""

    checks: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Mark | None]]]


def findings_of_frame(frame: pd.DataFrame) -> list[Finding]:
    """Return the findings of the model's frame, the worst first."""
    days = pd.to_datetime(frame["since_date"])
    plain = frame.astype(object).where(frame.notna(), None)
    plain["since_date"] = [None if pd.isna(day) else day.date() for day in days]
    return findings_of(plain[list(COLUMNS)].itertuples(index=False, name=None))


def groups_of(findings: Sequence[Finding]) -> list[Group]:
    """Return what was found, by severity, the worst first."""
    found = [each for each in findings if each.status == FOUND]
    groups = [
        Group(name, HEADINGS[name], [each for each in found if each.severity == name])
        for name in SEVERITIES
    ]
    return [group for group in groups if group.findings]


def overview_of(findings: Sequence[Finding]) -> Overview:
    """Return the worst result of each check on each feed; checks of one feed share a column."""
    feeds_of: dict[str, set[str]] = {}
    for each in findings:
        feeds_of.setdefault(each.check, set()).add(each.feed)
    shared = sorted(check for check, feeds in feeds_of.items() if len(feeds) > 1)
    columns = [*shared, OTHERS] if len(shared) < len(feeds_of) else shared
    worst: dict[tuple[str, str], Mark] = {}
    for each in reversed(findings):  # the worst comes last, and stays
        result = each.severity if each.status == FOUND else each.status
        column = each.check if each.check in shared else OTHERS
        if result == NOTHING and (each.feed, column) in worst:
            continue
        worst[each.feed, column] = Mark(result.replace("_", " "), SIGNS.get(result, "?"))
    return Overview(
        [column.replace("_", " ") for column in columns],
        [
            (feed, [worst.get((feed, column)) for column in columns])
            for feed in sorted({each.feed for each in findings})
        ],
    )

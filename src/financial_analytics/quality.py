"""What `data_quality` says in words: its worst line, and its rows in the order of what matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

MODEL = "data_quality"
COLUMNS = (
    *("check_name", "feed_name", "reason_name", "severity", "status", "concerned_count"),
    *("row_count", "example_keys", "since_date", "advice"),
)
SEVERITIES = ("error", "warning", "info")
FOUND, OK, NOTHING = "found", "ok", "nothing_to_check"
ALARMING = SEVERITIES[:2]


@dataclass(frozen=True)
class Finding:
    """One row of `data_quality`: a check on a feed, and what came of it.

    Attributes
    ----------
    check, feed, reason : str
        What was checked, of which table of the contract, and what is wrong.
    severity, status : str
        As in the model.
    concerned, rows : int
        Rows concerned, of how many; 1 of 1 where a whole feed or model is.
    examples : str
        Keys of the first rows; empty where rows have none.
    since : date or None
        Day of the oldest row concerned.
    advice : str
        What to do.
    """

    check: str
    feed: str
    reason: str
    severity: str
    status: str
    concerned: int
    rows: int
    examples: str = ""
    since: date | None = None
    advice: str = ""

    @property
    def counts(self) -> str:
        """How many rows of how many; empty where the whole feed is meant.

        Examples
        --------
        >>> Finding("prices", "exchange_rates", "no rate", "error", "found", 20, 1000).counts
        '20 of 1,000 rows'
        """
        if self.check.startswith(("feed_", "model_")):
            return ""
        return f"{self.concerned:,} of {self.rows:,} rows"

    @property
    def words(self) -> str:
        """The finding in a line.

        Examples
        --------
        >>> Finding("feed_is_fresh", "loans", "behind", "warning", "found", 1, 1).words
        'loans: behind'
        """
        counts = f" ({self.counts})" if self.counts else ""
        since = f", since {self.since.isoformat()}" if self.since else ""
        return f"{self.feed}: {self.reason}{counts}{since}"


@dataclass(frozen=True)
class Verdict:
    """The worst line of all checks.

    Attributes
    ----------
    severity : str
        ``error``, ``warning``, or ``ok`` where nothing is wrong.
    words : str
        The line.
    advice : str
        What to do; empty where there is nothing.
    """

    severity: str
    words: str
    advice: str = ""

    @property
    def line(self) -> str:
        """Severity and words."""
        return self.words if self.severity == OK else f"{self.severity}: {self.words}"


def findings_of(rows: Iterable[Sequence[Any]]) -> list[Finding]:
    """Return the rows of the model, the worst first.

    Parameters
    ----------
    rows : iterable of sequence
        Values of `COLUMNS`; NULL is None.
    """
    found = [
        Finding(
            check=str(row[0]), feed=str(row[1]), reason=str(row[2]),
            # a word that nobody knows is not taken for a small one
            severity=row[3] if row[3] in SEVERITIES else SEVERITIES[0],
            status=str(row[4]), concerned=int(row[5]), rows=int(row[6]),
            examples=row[7] or "", since=row[8], advice=row[9] or "",
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple[Any, ...]:
    return (
        finding.status != FOUND, SEVERITIES.index(finding.severity), -finding.concerned,
        finding.check, finding.feed, finding.reason,
    )  # fmt: skip


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """Return the worst line of findings; what is only not there is none.

    Examples
    --------
    >>> verdict_of([]).line
    'nothing is wrong in 0 checks'
    """
    wrong = [each for each in findings if each.status == FOUND and each.severity in ALARMING]
    if not wrong:
        done = sum(each.status != NOTHING for each in findings)
        return Verdict(OK, f"nothing is wrong in {done:,} check{'' if done == 1 else 's'}")
    worst = min(wrong, key=_rank)
    more = f"; {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
    return Verdict(worst.severity, worst.words + more, worst.advice)

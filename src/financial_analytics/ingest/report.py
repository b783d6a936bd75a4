"""What an ingest did, as data, as a table on a terminal and as plain text."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from financial_analytics.errors import FeedError, InvalidInputError, QuarantineError
from financial_analytics.ingest.another import ANOTHER_THING
from financial_analytics.ingest.load import Counts
from financial_analytics.ingest.remarks import Remark
from financial_analytics.settings import MAX_QUARANTINED_PCT

HINTS = {
    ANOTHER_THING: "an id names one thing only. Where ids are unique within an account (or a day, a"
    " type), write the\n  account into the id at the source, such as account_id * 1000000 + number;"
    " rows loaded before keep theirs",
}
"""What to do about the rows of a rule, where the reason alone does not say it."""


@dataclass(frozen=True)
class Reason:
    """A kind of fault in one file: how many values, in which column, and one example in words."""

    rows: int
    column: str | None
    rule: str
    example: str


@dataclass(frozen=True)
class FileReport:
    """One file that was loaded (`batch_id`), or had been before (`already_loaded`)."""

    table: str
    source_file: str
    batch_id: int
    counts: Counts
    already_loaded: bool = False
    unknown_columns: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was noticed, in words."""
        return tuple(remark.words for remark in self.remarks if remark.words)


@dataclass(frozen=True)
class Refused:
    """A file of which nothing was loaded, why, and what to do."""

    source_file: str
    table: str | None
    message: str
    hint: str | None = None


@dataclass
class IngestReport:
    """Everything `ingest` has to say; ``read = accepted + duplicates + quarantined`` throughout.

    Raises
    ------
    InvalidInputError
        If `max_quarantined_pct` is not between 0 and 100.
    """

    files: list[FileReport] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unknown_files: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    max_quarantined_pct: float = MAX_QUARANTINED_PCT

    def __post_init__(self) -> None:
        if not 0 <= self.max_quarantined_pct <= 100:  # so that NaN is refused, too
            raise InvalidInputError(
                f"{self.max_quarantined_pct:g} is no share of a table's rows",
                hint="--max-quarantined is a number from 0 to 100: per cent of a table's rows",
            )

    @property
    def exit_code(self) -> int:
        """0; the code of `FeedError` when a file was refused, else of `QuarantineError`."""
        if self.refused:
            return FeedError.exit_code
        return QuarantineError.exit_code if self.over_limit() else 0

    @property
    def totals(self) -> Counts:
        """Counts over all files."""
        return sum((file.counts for file in self.files), Counts())

    def by_table(self) -> dict[str, Counts]:
        """Add the counts up by table, in the order of loading."""
        tables: dict[str, Counts] = {}
        for file in self.files:
            tables[file.table] = tables.get(file.table, Counts()) + file.counts
        return tables

    def over_limit(self) -> dict[str, Counts]:
        """Return the tables of whose rows more than `max_quarantined_pct` is in quarantine."""
        return {
            table: counts
            for table, counts in self.by_table().items()
            if counts.quarantined * 100 > self.max_quarantined_pct * counts.read
        }

    def commonest_reason(self, table: str) -> Reason | None:
        """Return the fault that most values of a table have, with one example."""
        found: dict[tuple[str | None, str], Reason] = {}
        for reason in (r for file in self.files if file.table == table for r in file.reasons):
            key = reason.column, reason.rule
            rows = reason.rows + (found[key].rows if key in found else 0)
            found[key] = replace(found.get(key, reason), rows=rows)
        return max(found.values(), key=lambda reason: reason.rows, default=None)

    def quarantine_error(self) -> QuarantineError | None:
        """Return what to say of the tables of `over_limit`; None where there is none."""
        over = self.over_limit()
        if not over:
            return None
        lines = []
        for table, counts in over.items():
            reason = self.commonest_reason(table)
            lines.append(
                f"  {table}: {counts.quarantined:,} of {_rows(counts.read)}"
                f" ({100 * counts.quarantined / counts.read:.3g} %)"
                + (f", mostly {_where(reason)}: {reason.example}" if reason else "")
            )
        return QuarantineError(
            f"more than {self.max_quarantined_pct:g} % of a table is in quarantine:\n"
            + "\n".join(lines),
            hint="what was accepted is loaded; ingestion_raw_data.quarantine has the other rows,"
            " each with its reason.\nCorrect the feed and load it again, or allow more with"
            " --max-quarantined PER_CENT",
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _where(reason: Reason) -> str:
    return f"{reason.column or 'line'} ({reason.rule})"


def render(report: IngestReport, *, per_file: bool = False) -> RenderableType:
    """Return the report for a rich console.

    Parameters
    ----------
    report : IngestReport
        From `ingest`.
    per_file : bool, default False
        One line per file instead of one per table.
    """
    table = RichTable(box=None, pad_edge=False, header_style="bold")
    table.add_column("table", no_wrap=True)
    if per_file:
        table.add_column("file", overflow="fold")
    for name in ("read", "accepted", "duplicates", "quarantined", "corrections"):
        table.add_column(name, justify="right", no_wrap=True)
    lines: list[tuple[list[str], Counts]]
    if per_file:
        lines = [([file.table, file.source_file], file.counts) for file in report.files]
    else:
        lines = [([name], counts) for name, counts in report.by_table().items()]
    for names, counts in lines:
        table.add_row(*(Text(name) for name in names), *_numbers(counts))
    if len(lines) != 1:
        table.add_section()
        table.add_row("total", *([""] if per_file else []), *_numbers(report.totals))
    return Group(table, *(Text(note) for note in notes(report)))


def notes(report: IngestReport) -> list[str]:
    """Return the sentences below the table: faults, refused files, warnings."""
    said: list[str] = []
    for file in report.files:
        if file.already_loaded:
            said.append(
                f"{file.source_file}: the same content was loaded before as batch {file.batch_id}"
            )
        if file.unknown_columns:
            said.append(
                f"{file.source_file}: columns not in the contract, not loaded: "
                f"{', '.join(file.unknown_columns)}"
            )
        said += [f"{file.source_file}: {warning}" for warning in file.warnings]
        for reason in file.reasons:
            said.append(
                f"{file.source_file}: quarantined {reason.rows:,}, {_where(reason)}:"
                f" {reason.example}"
            )
    rules = dict.fromkeys(reason.rule for file in report.files for reason in file.reasons)
    said += [f"  hint: {HINTS[rule]}" for rule in rules if rule in HINTS]
    said += [f"warning: {warning}" for warning in report.warnings]
    if report.unknown_files:
        shown = ", ".join(report.unknown_files[:10])
        more = len(report.unknown_files) - 10
        said.append(
            f"files that belong to no table, left alone: {shown}"
            + (f" and {more} more" if more > 0 else "")
        )
    for refused in report.refused:
        said.append(f"refused {refused.source_file}: {refused.message}")
        if refused.hint:
            said.append(f"  hint: {refused.hint}")
    return said


def as_text(report: IngestReport, *, per_file: bool = False, width: int = 100) -> str:
    """Return the report as plain text, readable without colour."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, color_system=None, highlight=False, markup=False)
    console.print(render(report, per_file=per_file))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def _numbers(counts: Counts) -> tuple[str, ...]:
    numbers = (
        counts.read,
        counts.accepted,
        counts.duplicates,
        counts.quarantined,
        counts.corrections,
    )
    return tuple(f"{number:,}" for number in numbers)

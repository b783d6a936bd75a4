"""What an ingest did, as data, as a table on a terminal and as plain text."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from financial_analytics.errors import FeedError
from financial_analytics.ingest.load import Counts


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
    warnings: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A file of which nothing was loaded, why, and what to do."""

    source_file: str
    table: str | None
    message: str
    hint: str | None = None


@dataclass
class IngestReport:
    """Everything `ingest` has to say; ``read = accepted + duplicates + quarantined`` throughout."""

    files: list[FileReport] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unknown_files: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or the code of `FeedError` when a file was refused."""
        return FeedError.exit_code if self.refused else 0

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
            where = f"{reason.column or 'line'} ({reason.rule})"
            said.append(
                f"{file.source_file}: quarantined {reason.rows:,}, {where}: {reason.example}"
            )
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

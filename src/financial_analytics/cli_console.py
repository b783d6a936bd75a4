"""What the command line shows: progress and notes on stderr, tables on stdout; and its clock."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from financial_analytics.errors import FinancialAnalyticsError, UserInputError

NAME_WIDTH = 9


def now() -> datetime:
    """Return the wall clock in UTC to the second, or ``FA_NOW`` where it is set.

    The only place that reads the clock: everything below the command line is given its time.

    Raises
    ------
    UserInputError
        If ``FA_NOW`` is not an ISO 8601 time.
    """
    given = os.environ.get("FA_NOW")
    return parse_time(given, "FA_NOW") if given else datetime.now(UTC).replace(microsecond=0)


def parse_time(text: str, name: str) -> datetime:
    """Return an ISO 8601 time in UTC; one without a zone is taken as UTC.

    Raises
    ------
    UserInputError
        If `text` is not such a time; names `name`.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserInputError(
            f"{name} {text!r} is not a time", hint="for example 2024-12-31 or 2024-12-31T18:00:00Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def run_id(moment: datetime) -> str:
    """Return the id of a run that starts at `moment`: its UTC time, sortable as text."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def format_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return aligned plain text; numbers to the right with thousands separators.

    Examples
    --------
    >>> print(format_table(["table", "read"], [["customers", 1200], ["accounts", 5]]))
    table       read
    customers  1,200
    accounts       5
    """
    texts = [[f"{c:,}" if isinstance(c, int) else str(c) for c in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[i], int) for row in rows) for i in range(len(headers))
    ]
    widths = [max(len(row[i]) for row in [list(headers), *texts]) for i in range(len(headers))]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in [list(headers), *texts]
    ]
    return "\n".join(lines)


def say(line: str) -> None:
    """Print one line of data to stdout."""
    sys.stdout.write(line + "\n")


def note(line: str) -> None:
    """Print one line to stderr."""
    sys.stderr.write(line + "\n")


def confirm(fact: str) -> bool:
    """Ask whether to go on in spite of a fact; nobody agrees where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(f"{fact}\nGo on? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def show_error(error: FinancialAnalyticsError) -> None:
    """Print what went wrong and, where known, what to do about it."""
    note(f"error: {error.message}")
    if error.hint:
        note("")
        note(f"hint: {error.hint}")


class Step:
    """One line of the display. Also hears from dbt (the listener of ``build``) and from ingest."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self.summary = ""

    def total(self, count: int) -> None:
        """Set how many parts there are."""
        self._progress.update(self._task, total=count)

    def started(self, name: str) -> None:
        """Show what is being done."""
        self._progress.update(self._task, text=escape(name[:60]))

    def finished(self, name: str, status: str, seconds: float) -> None:
        """Count one part as done."""
        self._progress.advance(self._task)

    def reached(self, done: int, count: int) -> None:
        """Set how many of how many parts are done."""
        self._progress.update(self._task, completed=done, total=count)


class Display:
    """Progress of several steps on stderr: bars on a terminal, one line per finished step anywhere.

    Examples
    --------
    >>> with Display() as display, display.step("build") as step:
    ...     step.total(2)
    ...     step.summary = "2 nodes"
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[text]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def refresh(self) -> None:
        """Draw the bars now."""
        self._progress.refresh()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show a step while its block runs, and one line of summary when it has ended."""
        task = self._progress.add_task(name.ljust(NAME_WIDTH), total=None, text="")
        step = Step(self._progress, task)
        start = time.perf_counter()
        try:
            yield step
        except BaseException:
            self._line(name, "stopped", start)
            raise
        else:
            self._line(name, step.summary, start)
        finally:
            self._progress.remove_task(task)

    def _line(self, name: str, summary: str, start: float) -> None:
        seconds = time.perf_counter() - start
        self.console.print(
            f"{name.ljust(NAME_WIDTH)} {summary} ({seconds:.1f} s)", markup=False, soft_wrap=True
        )

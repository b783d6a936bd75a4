"""The steps that commands are made of: feeds, ingest, build, publish, report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from financial_analytics.cli_console import Display, format_table, note, run_id, say
from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.settings import Settings

if TYPE_CHECKING:
    from financial_analytics.build import BuildOptions, BuildResult
    from financial_analytics.ingest import IngestReport


def sample_step(display: Display, settings: Settings) -> Path:
    """Write the demo's feeds into ``data/feeds`` and return the folder."""
    raise UserInputError("no feeds given", hint="fa demo --feeds DIR")


def ingest_step(
    display: Display,
    settings: Settings,
    paths: Sequence[Path],
    *,
    loaded_at: datetime,
    **options: Any,
) -> IngestReport:
    """Load `paths` into bronze; `options` are those of ``ingest``."""
    from financial_analytics.ingest import ingest  # noqa: PLC0415

    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise UserInputError(
            f"no such file or folder: {', '.join(missing)}",
            hint="give the files of the feeds, or the folder that holds them",
        )
    with display.step("ingest") as step:
        report = ingest(paths, settings=settings, loaded_at=loaded_at, **options)
        step.summary = f"{report.read:,} rows read, {report.accepted:,} accepted"
    return report


def build_step(display: Display, settings: Settings, options: BuildOptions) -> BuildResult:
    """Run dbt behind the bar."""
    from financial_analytics.build import build  # noqa: PLC0415

    with display.step("build") as step:
        step.started("starting dbt")
        result = build(settings, options, listener=step)
        tests = sum(node.kind == "test" for node in result.nodes)
        step.summary = f"{len(result.nodes) - tests} models and seeds, {tests} tests"
        if result.warned:
            step.summary += f", {len(result.warned)} with warnings"
    return result


def publish_step(
    display: Display, settings: Settings, moment: datetime, *, target: str | None = None
) -> Path:
    """Swap in a new snapshot for readers."""
    from financial_analytics.publish import Run, publish  # noqa: PLC0415

    with display.step("publish") as step:
        snapshot = publish(settings, Run(run_id=run_id(moment), built_at=moment))
        step.summary = str(snapshot)
    return snapshot


def report_step(display: Display, settings: Settings, category: str | None) -> list[Path]:
    """Write the report of one category, or of every category that has charts."""
    from financial_analytics.charts.catalogue import CATEGORIES, find_category  # noqa: PLC0415
    from financial_analytics.charts.registry import charts  # noqa: PLC0415
    from financial_analytics.reports.reader import open_reader  # noqa: PLC0415
    from financial_analytics.reports.report import write_report  # noqa: PLC0415

    drawn = {chart.category for chart in charts()}
    wanted = [find_category(category)] if category else [c for c in CATEGORIES if c in drawn]
    with display.step("report") as step:
        step.total(len(wanted))
        written = []
        with open_reader(settings) as reader:
            for item in wanted:
                step.started(item.title)
                written.append(write_report(item.folder, reader, settings.reports_dir))
                step.finished(item.title, "success", 0.0)
        step.summary = f"{len(written)} report{'' if len(written) == 1 else 's'}"
    return written


def show_ingest(report: IngestReport) -> None:
    """Print the table read = accepted + duplicates + quarantined to stdout, warnings to stderr."""
    say(format_table(*report_table(report)))
    for warning in report.warnings:
        note(f"warning: {warning}")


def report_table(report: IngestReport) -> tuple[list[str], list[list[object]]]:
    """Return headers and rows of the table of an ingest, a total last."""
    headers = ["table", "read", "accepted", "duplicates", "quarantined", "corrections"]
    rows: list[list[object]] = [
        [line.table, line.read, line.accepted, line.duplicates, line.quarantined, line.corrections]
        for line in report.tables
    ]
    totals = [sum(int(str(row[i])) for row in rows) for i in range(1, len(headers))]
    return headers, [*rows, ["total", *totals]]


def raise_refused(report: IngestReport) -> None:
    """Raise FeedError if files were refused whole, so that the exit code says it."""
    if not report.refused:
        return
    lines = [f"{len(report.refused)} file(s) refused, nothing of them was loaded:"]
    lines += [f"  {file.name}: {file.reason}" for file in report.refused]
    raise FeedError("\n".join(lines), hint="correct them and run fa ingest on them again")

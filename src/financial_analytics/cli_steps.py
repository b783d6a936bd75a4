"""The steps that commands are made of: feeds, ingest, build, publish, report."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from financial_analytics.cli_console import Display, confirm, format_table, note, now, run_id, say
from financial_analytics.errors import (
    FeedError,
    FinancialAnalyticsError,
    NotPublishedError,
    UserInputError,
)
from financial_analytics.rights import shared
from financial_analytics.settings import MAX_QUARANTINED_PCT, Settings

SHOWN_NAMES = 3

if TYPE_CHECKING:
    from financial_analytics.build import BuildOptions
    from financial_analytics.ingest import IngestReport
    from financial_analytics.ingest.bank import Bank
    from financial_analytics.results import BuildResult
    from financial_analytics.synthetic import BankConfig, GenerateReport


def clear_step() -> None:
    """Remove what killed commands left of copies of data."""
    from financial_analytics.drafts import clear_leftovers  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    with suppress(FinancialAnalyticsError, OSError):  # the command itself says what is wrong
        clear_leftovers(load_settings().data_dir)


def generate_step(
    display: Display,
    config: BankConfig,
    folder: Path,
    *,
    fmt: str = "parquet",
    is_outside: bool = False,
) -> GenerateReport:
    """Write the feeds of a synthetic bank into `folder`, which may be outside the data folder."""
    from financial_analytics.synthetic import generate  # noqa: PLC0415

    with display.step("feeds") as step:
        step.started("customers")
        with shared() if is_outside else nullcontext():
            report = generate(config, folder, fmt=fmt, progress=step.reached)
        step.summary = f"{sum(report.rows.values()):,} rows of a synthetic bank in {folder}"
    return report


def demo_feeds_step(
    display: Display,
    settings: Settings,
    *,
    feeds: Path | None,
    connector: str | None,
    customers: int,
    loaded_at: datetime,
    target: str,
    max_quarantined_pct: float = MAX_QUARANTINED_PCT,
) -> IngestReport:
    """Load the demo's feeds: the given ones, or a synthetic bank that is written first."""
    from financial_analytics.engines.table import engine_of  # noqa: PLC0415
    from financial_analytics.ingest.bank import synthetic_bank  # noqa: PLC0415
    from financial_analytics.ingest.contract_file import load_contract  # noqa: PLC0415
    from financial_analytics.ingest.room import check_room  # noqa: PLC0415
    from financial_analytics.synthetic import load_config, transactions_each  # noqa: PLC0415

    options: dict[str, Any] = {
        "loaded_at": loaded_at,
        "target": target,
        "max_quarantined_pct": max_quarantined_pct,
    }
    if feeds:
        return ingest_step(display, settings, [feeds], connector=connector, **options)
    each = transactions_each("demo")
    config = load_config(preset="demo", customers=customers, transactions=each * customers)
    if engine_of(target).is_embedded:  # before the bank is written; a server is asked later
        contract = load_contract(settings.project_dir)
        check_room(settings, contract, synthetic_bank(config.identity()))
    written = generate_step(display, config, settings.feeds_dir / "synthetic")
    return ingest_step(display, settings, written.batches[:1], **options)


def ingest_step(
    display: Display,
    settings: Settings,
    paths: Sequence[Path],
    *,
    loaded_at: datetime,
    **options: Any,
) -> IngestReport:
    """Load `paths` into bronze; `options` are those of ``ingest``."""
    from financial_analytics.ingest import Progress, ingest  # noqa: PLC0415

    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise UserInputError(
            f"no such file or folder: {', '.join(missing)}",
            hint="give the files of the feeds, or the folder that holds them",
        )
    with display.step("ingest") as step:

        def hear(progress: Progress) -> None:
            step.total(progress.total)
            step.started(f"{progress.source_file}: {progress.stage}")
            if progress.stage == "done":
                step.finished(progress.source_file, "done", 0.0)

        def moved(place: Path, bank: Bank) -> None:
            note(
                f"{bank} gives way to these feeds: it is set aside in {place}\n"
                f"(FA_DATA_DIR={place.parent} brings it back); what is published of it stays "
                "until the next fa build"
            )

        report = ingest(
            paths, settings=settings, loaded_at=loaded_at, progress=hear, moved=moved, **options
        )
        totals = report.totals
        step.summary = f"{totals.read:,} rows read, {totals.accepted:,} accepted"
    return report


def hot_step(display: Display, settings: Settings, moment: datetime, target: str | None) -> None:
    """Take what ``fa stream`` has stored since into bronze."""
    from financial_analytics.live.hot import hot_path  # noqa: PLC0415

    if not hot_path(settings).is_file():
        return
    from financial_analytics.build import target_name  # noqa: PLC0415
    from financial_analytics.live.take import take_hot  # noqa: PLC0415

    with display.step("stream") as step:
        report = take_hot(settings, loaded_at=moment, target=target_name(target))
        accepted = report.totals.accepted if report else 0
        step.summary = f"{accepted:,} events into bronze"
        if accepted:
            from financial_analytics.erasure.erase import forget_taken  # noqa: PLC0415

            forget_taken(settings, target_name(target))
    if report is not None:
        raise_refused(report)


def lasting_step(
    command_line: Sequence[str], settings: Settings, given: Mapping[str, Any], target: str | None
) -> None:
    """Ask before a build sets back what an earlier one was given; without a terminal, stop."""
    from financial_analytics.build import target_name  # noqa: PLC0415
    from financial_analytics.lasting import check_lasting  # noqa: PLC0415

    check_lasting(settings, given, target_name(target), command_line=command_line, agree=confirm)


def build_step(display: Display, settings: Settings, options: BuildOptions) -> BuildResult:
    """Run dbt behind the bar."""
    from financial_analytics import runs  # noqa: PLC0415
    from financial_analytics.build import build, target_name  # noqa: PLC0415

    with display.step("build") as step:
        step.started("starting dbt")
        moment = now()
        begun = runs.BuildRun(
            run_id(moment), target_name(options.target), options.command, moment.isoformat()
        )
        runs.remember(settings, begun)
        try:
            result = build(settings, options, listener=step)
        except BaseException as error:
            runs.remember(settings, runs.stopped(begun, error, now()))
            raise
        runs.remember(settings, runs.done(begun, result, now()))
        step.summary = _built(result)
        if result.warned:
            step.summary += f", {len(result.warned)} with warnings"
    if not os.environ.get("FA_PII_KEY"):
        note("note: FA_PII_KEY is not set: e-mail addresses and telephone numbers have no hashes")
    return result


def explain_step(settings: Settings, options: BuildOptions) -> None:
    """Print what a build would do with each node, and why."""
    from financial_analytics.build import explain  # noqa: PLC0415

    plans = explain(settings, options)
    # the node last: names of tests are long
    rows = [[each.kind, each.what, each.why, each.name] for each in plans]
    say(format_table(["kind", "what", "why", "node"], rows))
    counts = Counter(each.what for each in plans)
    note(", ".join(f"{count} {what}" for what, count in counts.items()))


def _built(result: BuildResult) -> str:
    """Return how many models and tests ran, and how many were left alone; hooks do not count."""
    counts = {True: [0, 0], False: [0, 0]}
    for node in result.nodes:
        if node.kind in {"model", "seed", "test"}:
            counts[node.is_left_alone][node.kind == "test"] += 1
    ran, left = (f"{models} models and seeds, {tests} tests" for models, tests in
                 (counts[False], counts[True]))  # fmt: skip
    if not any(counts[True]):
        return ran
    return (
        f"nothing new: {left} left alone"
        if not any(counts[False])
        else (f"{ran}; without news and left alone: {left}")
    )


def publish_step(
    display: Display,
    settings: Settings,
    moment: datetime,
    *,
    target: str | None = None,
    is_partial: bool = False,
    contents: str | None = None,
    is_skipping: bool = True,
) -> Path | None:
    """Swap in a new snapshot for readers; None where a partial build leaves nothing to publish.

    The one of the same `contents` stays where `is_skipping`.
    """
    from financial_analytics.build import target_name  # noqa: PLC0415
    from financial_analytics.live.basis import write_basis  # noqa: PLC0415
    from financial_analytics.publish import (  # noqa: PLC0415
        Run,
        is_published,
        publish,
        remember,
        snapshot_path,
    )

    run = Run(run_id=run_id(moment), built_at=moment, engine=target_name(target))
    with display.step("publish") as step:
        if is_skipping and is_published(settings, run.engine, contents):
            step.summary = f"nothing new: {snapshot_path(settings)} stays"
            return snapshot_path(settings)
        try:
            snapshot = publish(settings, run)
            write_basis(settings, run.engine)
            remember(settings, run.engine, contents)
        except NotPublishedError as error:
            if not is_partial:
                raise
            step.summary = "nothing; readers keep what they had"
            note(f"note: {error.message}\nhint: {error.hint}")
            return None
        step.summary = str(snapshot)
    return snapshot


def note_selection(result: BuildResult) -> None:
    """Say what a partial build ran besides what was selected, and that tests were left out."""
    if result.selection is None:
        return
    if added := result.selection.added:
        shown = ", ".join(added[:SHOWN_NAMES]) + (", …" if len(added) > SHOWN_NAMES else "")
        note(f"note: built as well, for what reads them and did not exist: {len(added)} ({shown})")
    if left_out := result.selection.left_out:
        note(f"note: {len(left_out)} tests left out: they read what is not built yet")


def report_step(
    display: Display, settings: Settings, category: str | None, *, target: str | None = None
) -> list[Path]:
    """Write the report of one category, or of every category that has charts."""
    from financial_analytics.charts.catalogue import CATEGORIES, find_category  # noqa: PLC0415
    from financial_analytics.charts.registry import charts  # noqa: PLC0415
    from financial_analytics.engines.table import find_engine  # noqa: PLC0415
    from financial_analytics.reports.reader import open_reader  # noqa: PLC0415
    from financial_analytics.reports.report import write_report  # noqa: PLC0415

    drawn = {chart.category for chart in charts()}
    wanted = [find_category(category)] if category else [c for c in CATEGORIES if c in drawn]
    with display.step("report") as step:
        step.total(len(wanted))
        written = []
        problems: list[str] = []
        engine = find_engine(target) if target else None
        address = engine.session.reader_address() if engine else None
        with open_reader(settings, address) as reader, shared():
            for item in wanted:
                step.started(item.title)
                page = write_report(item.folder, reader, settings.reports_dir, problems=problems)
                written.append(page)
                step.finished(item.title, "success", 0.0)
        step.summary = f"{len(written)} report{'' if len(written) == 1 else 's'}"
    for problem in problems:
        note(f"warning: {problem}")
    return written


def show_ingest(report: IngestReport, *, planted: bool = False) -> None:
    """Print the table read = accepted + duplicates + quarantined to stdout, the rest to stderr.

    Faults that the synthetic bank plants are named in one line instead of one by one.
    """
    from financial_analytics.ingest.report import notes  # noqa: PLC0415

    say(format_table(*report_table(report)))
    if planted:
        note(
            f"{report.totals.quarantined:,} rows are in quarantine, planted there to be found; "
            "ingestion_raw_data.quarantine says what is wrong with each"
        )
        return
    for line in notes(report):
        note(line)


def show_profile(settings: Settings, paths: Sequence[Path], *, loaded_at: datetime) -> None:
    """Print a proposed mapping to stdout, and what else was seen to stderr."""
    from financial_analytics.ingest.profile import profile  # noqa: PLC0415

    found = profile(paths, settings=settings, loaded_at=loaded_at)
    say(found.as_yaml().rstrip("\n"))
    for line in found.notes:
        note(line)
    for table, (read, refused) in found.rows.items():
        note(f"{table}: {refused:,} of {read:,} rows of the sample would go to quarantine")


def report_table(report: IngestReport) -> tuple[list[str], list[list[object]]]:
    """Return headers and rows of the table of an ingest, a total last."""
    headers = ["table", "read", "accepted", "duplicates", "quarantined", "corrections"]
    lines = [*report.by_table().items(), ("total", report.totals)]
    return headers, [
        [name, line.read, line.accepted, line.duplicates, line.quarantined, line.corrections]
        for name, line in lines
    ]


def raise_refused(report: IngestReport) -> None:
    """Raise what the exit code is to say: files refused whole, or too much in quarantine."""
    too_much = report.quarantine_error()
    if report.refused:
        if too_much:
            note(f"error: {too_much.message}")
        names = ", ".join(refused.source_file for refused in report.refused)
        raise FeedError(
            f"nothing was loaded from {names}",
            hint="correct what is said above and load it again; everything else is in",
        )
    if too_much:
        raise too_much

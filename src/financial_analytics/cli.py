"""The command line ``fa``. Thin: each command imports its function when it runs."""

from __future__ import annotations

import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from financial_analytics import cli_live, cli_models, cli_operations, interrupts
from financial_analytics.cli_console import (
    Display,
    format_table,
    note,
    now,
    parse_time,
    say,
    show_error,
)
from financial_analytics.cli_options import (
    Connector,
    MaxQuarantined,
    Preset,
    Target,
    Vars,
    parse_vars,
)
from financial_analytics.errors import FinancialAnalyticsError, UserInputError
from financial_analytics.rights import private
from financial_analytics.settings import MAX_QUARANTINED_PCT

INTERRUPTED = 130
INTERRUPTION = "interrupted: what was committed stays, the rest is as before; run it again"
PACKAGE = "financial-analytics"

app = typer.Typer(
    name="fa",
    help="A bank's raw feeds in; a tested warehouse, analytics and reports out.",
    epilog="Exit codes: 0 done, 1 unexpected or a failed check, 2 wrong use, 3 a feed was refused, "
    "4 the build failed, 5 no database or disk to work with, 6 too many rows in quarantine, "
    "130 interrupted.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(shown: bool) -> None:
    if shown:
        say(f"fa {metadata.version(PACKAGE)}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the traceback of an error.")
    ] = False,
) -> None:
    from financial_analytics import cli_steps  # noqa: PLC0415

    if context.invoked_subcommand:
        cli_steps.clear_step()


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of them.")],
    connector: Connector = None,
    mapping: Annotated[
        Path | None, typer.Option(help="YAML: column of the feed -> contract column, per table.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of CSV files. Default: detected.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of CSV files. Default: detected.")] = None,
    decimal: Annotated[
        str | None,
        typer.Option(help="point or comma in numbers of text. Default: found per column and file."),
    ] = None,
    null: Annotated[
        list[str] | None,
        typer.Option(help="A text that stands for no value, in every column. Repeatable."),
    ] = None,
    full: Annotated[
        list[str] | None,
        typer.Option(
            help="A table whose files are a full extract, or all: what they lack ends. Repeatable."
        ),
    ] = None,
    extracted_at: Annotated[
        str | None, typer.Option(help="When the source wrote the files. Default: the load time.")
    ] = None,
    loaded_at: Annotated[str | None, typer.Option(help="Load time. Default: now.")] = None,
    max_quarantined: MaxQuarantined = MAX_QUARANTINED_PCT,
    profile: Annotated[
        bool, typer.Option("--profile", help="Propose a mapping from a sample; load nothing.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be loaded; load nothing.")
    ] = False,
    target: Target = None,
) -> None:
    """Load feeds into bronze; rows that break the contract are quarantined."""
    from financial_analytics import cli_steps  # noqa: PLC0415
    from financial_analytics.build import target_name  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    moment = parse_time(loaded_at, "--loaded-at") if loaded_at else now()
    if profile:
        cli_steps.show_profile(load_settings(), paths, loaded_at=moment)
        return
    with Display() as display:
        report = cli_steps.ingest_step(
            display,
            load_settings(),
            paths,
            loaded_at=moment,
            connector=connector,
            mapping=mapping,
            encoding=encoding,
            delimiter=delimiter,
            decimal=decimal,
            null=null or [],
            full=full or [],
            extracted_at=parse_time(extracted_at, "--extracted-at") if extracted_at else None,
            target=target_name(target),
            max_quarantined_pct=max_quarantined,
            dry_run=dry_run,
        )
    cli_steps.show_ingest(report)
    if dry_run:
        note("dry run: nothing was loaded")
    cli_steps.raise_refused(report)


@app.command()
def build(
    context: typer.Context,
    select: Annotated[
        list[str] | None, typer.Option("--select", "-s", help="dbt selection, such as tag:facts.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="dbt selection to leave out.")] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild incremental models from nothing.")
    ] = False,
    variables: Vars = "",
    target: Target = None,
    skip: Annotated[bool, typer.Option(help="Leave alone what has no news.")] = True,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what would be built and why; build nothing.")
    ] = False,
    tests: Annotated[bool, typer.Option(help="Run the data tests, too.")] = True,
    publish: Annotated[bool, typer.Option(help="Swap in a new snapshot for readers.")] = True,
) -> None:
    """Build and test silver, gold and analytics, then publish them."""
    from financial_analytics import cli_steps  # noqa: PLC0415
    from financial_analytics.build import BuildOptions  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    options = BuildOptions(
        select=_words(select),
        exclude=_words(exclude),
        full_refresh=full_refresh,
        variables=parse_vars(variables),
        target=target,
        command="build" if tests else "run",
        is_skipping=skip,
    )
    if explain:
        cli_steps.explain_step(settings, options)
        return
    cli_steps.lasting_step(context.obj, settings, options.variables, target)
    moment = now()
    with Display() as display:
        cli_steps.hot_step(display, settings, moment, target)
        result = cli_steps.build_step(display, settings, options)
        if publish:
            cli_steps.publish_step(
                display,
                settings,
                moment,
                target=target,
                is_partial=options.is_partial,
                contents=result.contents,
                is_skipping=options.leaves_alone,
            )
    cli_steps.note_selection(result)
    for node in result.warned:
        note(f"warning: {node.name}: {node.failing_rows:,} rows to look at")


@app.command()
def report(
    category: Annotated[
        str | None, typer.Option(help="One report, such as 01_descriptive_analytics.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Read gold of this dbt target. Default: the snapshot.")
    ] = None,
) -> None:
    """Write the reports from the published snapshot."""
    from financial_analytics import cli_steps  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    with Display() as display:
        written = cli_steps.report_step(display, load_settings(), category, target=target)
    for path in written:
        say(str(path))


@app.command()
def generate(
    out_dir: Annotated[
        Path | None, typer.Argument(help="Folder to write to. Default: data/feeds/synthetic.")
    ] = None,
    preset: Preset = None,
    customers: Annotated[int | None, typer.Option(help="Default: 20,000.")] = None,
    transactions: Annotated[
        int | None, typer.Option(help="About so many. Default: 50 for each customer.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="First day. Default: 2023-01-01.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day. Default: 2025-12-31.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same bytes.")] = None,
    deltas: Annotated[
        int | None, typer.Option(help="Daily files after the full load. Default: 0.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML with sizes and parameters of mechanisms.")
    ] = None,
    parameters: Annotated[
        list[str] | None, typer.Option("--set", help="mechanism.name=value; may be repeated.")
    ] = None,
    fmt: Annotated[str, typer.Option("--format", help="parquet or csv.")] = "parquet",
) -> None:
    """Write the feeds of a synthetic bank, and the truths planted in it."""
    from financial_analytics import cli_steps  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415
    from financial_analytics.synthetic import load_config, transactions_each  # noqa: PLC0415

    if transactions is None and customers is not None:
        transactions = transactions_each(preset or "demo") * customers
    sizes = {"customers": customers, "transactions": transactions, "start": start, "end": end}
    bank = load_config(config, parameters or (), preset, **sizes, seed=seed, deltas=deltas)
    folder = out_dir or load_settings().feeds_dir / "synthetic"
    with Display() as display:
        written = cli_steps.generate_step(
            display, bank, folder, fmt=fmt, is_outside=out_dir is not None
        )
    say(format_table(["feed", "rows"], list(written.rows.items())))
    note(f"{written.faults:,} of the rows are planted faults; the ledger is {folder / 'truth'}")
    for path in written.batches:
        note(f"fa ingest {path} --extracted-at {written.extracted_at[path]}")


@app.command()
def demo(
    context: typer.Context,
    feeds: Annotated[
        Path | None, typer.Option(help="Folder of feeds. Default: a synthetic bank.")
    ] = None,
    connector: Connector = None,
    variables: Vars = "",
    customers: Annotated[int, typer.Option(help="Size of the synthetic bank.")] = 20_000,
    max_quarantined: MaxQuarantined = MAX_QUARANTINED_PCT,
    target: Target = None,
    open_report: Annotated[
        bool, typer.Option("--open", help="Open the report in the browser.")
    ] = False,
) -> None:
    """Go from feeds to a report. Running it again changes nothing."""
    from financial_analytics import cli_steps  # noqa: PLC0415
    from financial_analytics.build import BuildOptions, target_name  # noqa: PLC0415
    from financial_analytics.engines.table import engine_of  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    chosen = parse_vars(variables)
    engine = target_name(target)
    cli_steps.lasting_step(context.obj, settings, chosen, target)
    moment = now()
    with Display() as display:
        loaded = cli_steps.demo_feeds_step(
            display,
            settings,
            feeds=feeds,
            connector=connector,
            customers=customers,
            loaded_at=moment,
            max_quarantined_pct=max_quarantined,
            target=engine,
        )
        result = cli_steps.build_step(
            display, settings, BuildOptions(variables=chosen, target=engine)
        )
        snapshot = cli_steps.publish_step(
            display, settings, moment, target=engine, contents=result.contents
        )
        written = cli_steps.report_step(display, settings, None)
    cli_steps.show_ingest(loaded, planted=feeds is None)
    for node in result.warned:
        note(f"warning: {node.name}: {node.failing_rows:,} rows to look at")
    places = [["report", str(path)] for path in written]
    is_file = engine_of(engine).is_embedded
    warehouse = str(settings.warehouse_path) if is_file else f"target {engine}"
    places += [["warehouse", warehouse], ["snapshot", str(snapshot)]]
    say("")
    say(format_table(["what", "where"], places))
    if open_report and written:
        typer.launch(written[0].as_uri())
    cli_steps.raise_refused(loaded)


@app.command()
def doctor(target: Target = None) -> None:
    """Check the installation and its data."""
    from financial_analytics.doctor import examine  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    failed = False
    for check in examine(load_settings(), target=target):
        say(f"{check.status:<5} {check.name:<12} {check.message}")
        if check.status != "ok" and check.action:
            say(f"{'':<18} -> {check.action}")
        failed = failed or check.status == "fail"
    raise typer.Exit(1 if failed else 0)


cli_models.register(app)
cli_live.register(app)
cli_operations.register(app)


def _words(given: list[str] | None) -> tuple[str, ...]:
    return tuple(word for text in given or () for word in text.split())


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; errors are on stderr."""
    verbose = "--verbose" in arguments
    command_line = [argument for argument in arguments if argument != "--verbose"] or ["--help"]
    try:
        with private():
            code = app(command_line, standalone_mode=False, obj=command_line)
    except (KeyboardInterrupt, typer.Abort):
        note(INTERRUPTION)
        return interrupts.exit_code()
    except Exception as error:
        if interrupts.has_come():  # an engine turns Ctrl-C in a query into an error of its own
            note(INTERRUPTION)
            return interrupts.exit_code()
        return _explain(error, verbose=verbose)
    if code == INTERRUPTED:  # typer turns Ctrl-C into its exit code and says nothing
        note(INTERRUPTION)
        return interrupts.exit_code()
    return int(code or 0)


def _explain(error: Exception, *, verbose: bool) -> int:
    """Say what went wrong and return the exit code of it."""
    if isinstance(error, BrokenPipeError):
        return 1
    if isinstance(error, TyperException):
        message = error.format_message()
        if message:
            show_error(UserInputError(message.rstrip("."), hint="fa COMMAND --help"))
        return error.exit_code
    if verbose:
        traceback.print_exception(error)
    from financial_analytics.failures import explained  # noqa: PLC0415  (knows the engines)

    if known := explained(error):
        show_error(known)
        return known.exit_code
    show_error(  # the last net: a sentence, not a traceback
        FinancialAnalyticsError(
            f"unexpected {type(error).__name__}: {error}",
            hint="run it again with --verbose and report what it prints",
        )
    )
    return 1


def main() -> None:
    """Entry point of the ``fa`` script."""
    interrupts.install(lambda: note(INTERRUPTION))
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

"""Runs dbt in this process, tells a listener how far it is, and turns failures into one error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from financial_analytics import interrupts
from financial_analytics.engines import table as engines
from financial_analytics.errors import BuildError, FinancialAnalyticsError, UserInputError
from financial_analytics.failures import explained
from financial_analytics.joint_tests import JointTests, asked_jointly
from financial_analytics.listening import Listener, callback
from financial_analytics.parsed import ParsedProject
from financial_analytics.results import (
    BuildResult,
    NodeResult,
    failure_message,
    node_result,
    one_line,
)
from financial_analytics.selection import Selection, complete
from financial_analytics.settings import Settings
from financial_analytics.skipping.codes import Codes
from financial_analytics.skipping.deciding import Decisions, Known
from financial_analytics.skipping.planning import Plan, plan
from financial_analytics.skipping.records import Records, read_records, write_records
from financial_analytics.skipping.runner import Watch, watched
from financial_analytics.skipping.standing import all_variables, as_left, project_digest
from financial_analytics.states import LEDGER_SCHEMA, LEDGER_TABLE

LEDGER = f"{LEDGER_SCHEMA}.{LEDGER_TABLE}"
_KINDS = {"build": ("model", "seed", "test"), "run": ("model", "seed"), "test": ("test",)}
LOG_LEVELS = ("debug", "info", "warn", "error")


@dataclass(frozen=True)
class BuildOptions:
    """What to run and how; the fields are dbt's own options.

    `command` is ``build`` (models and tests), ``run`` (models alone) or ``test``.
    `variables` overrides ``vars`` of dbt_project.yml. What has no news is left alone if
    `is_skipping`, and not in a full refresh.
    """

    select: Sequence[str] = ()
    exclude: Sequence[str] = ()
    full_refresh: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    command: str = "build"
    is_skipping: bool = True

    @property
    def is_partial(self) -> bool:
        """Tell whether parts of the project may be left as they are."""
        return bool(self.select or self.exclude)

    @property
    def leaves_alone(self) -> bool:
        """Tell whether what has no news is left alone."""
        return self.is_skipping and not self.full_refresh


def dbt_paths(settings: Settings, target: str | None) -> tuple[Path, Path]:
    """Return dbt's artefact folder (one per target) and its log folder."""
    return settings.data_dir / "dbt" / target_name(target), settings.data_dir / "logs"


def dbt_arguments(settings: Settings, options: BuildOptions) -> list[str]:
    """Return the dbt command line of `options`.

    Unit tests stay out: they test the code, not the data, and belong to ``make test``.
    """
    arguments = [options.command, *common_arguments(settings, options)]
    if options.command in {"build", "test"}:
        arguments += ["--exclude-resource-type", "unit_test"]
    if options.full_refresh and options.command != "test":
        arguments.append("--full-refresh")
    return arguments + _selectors(options.select, options.exclude)


def common_arguments(settings: Settings, options: BuildOptions) -> list[str]:
    """Return what every dbt command of ours is given."""
    target_path, log_path = dbt_paths(settings, options.target)
    arguments = ["--no-use-colors", "--no-send-anonymous-usage-stats"]
    arguments += ["--log-level", "none", "--log-level-file", _log_level()]
    arguments.append("--no-write-json")  # nothing here reads the artefacts, and they cost seconds
    arguments += ["--project-dir", str(settings.project_dir)]
    arguments += ["--profiles-dir", str(settings.project_dir)]
    arguments += ["--target-path", str(target_path), "--log-path", str(log_path)]
    if options.target:
        arguments += ["--target", options.target]
    if options.variables:
        arguments += ["--vars", json.dumps(dict(options.variables))]
    return arguments


def _selectors(select: Sequence[str], exclude: Sequence[str] = ()) -> list[str]:
    given = (("--select", select), ("--exclude", exclude))
    return [word for flag, values in given if values for word in (flag, *values)]


def build(
    settings: Settings, options: BuildOptions | None = None, *, listener: Listener | None = None
) -> BuildResult:
    """Run dbt and return how every node ended.

    Parameters
    ----------
    settings : Settings
        Project and data folders; the warehouse in ``settings.data_dir`` is built.
    options : BuildOptions, optional
        Selection, variables, target. Everything, by default.
    listener : Listener, optional
        Told of the number of nodes and of each start and end.

    Returns
    -------
    BuildResult
        At least one node; none failed.

    Raises
    ------
    BuildError
        If a node failed, or the project does not compile. Names each failed node.
    EngineError
        If the warehouse is held by another process.
    UserInputError
        If the selection selects nothing, or dbt refuses an option.
    """
    chosen = options or BuildOptions()
    target = target_name(chosen.target)
    engine = engines.find_engine(target)
    if engine:
        engine.session.check_free(settings)
    # asked before the warehouse is held: it is opened once, for reading or for writing
    there = engine.relations(settings) if engine and chosen.is_partial else set()
    parsed = ParsedProject(settings.project_dir, target, chosen.variables)
    if not engine or not engine.contents:
        with nullcontext() if chosen.is_partial else asked_jointly():
            return _run(settings, chosen, parsed, there, listener)
    folder, log_path = dbt_paths(settings, chosen.target)
    records = read_records(folder)
    project = project_digest(parsed)
    with engine.contents.open_contents(settings) as opened:
        same, known = as_left(records, opened, engine.contents.stamp(settings))
        is_done = same and not chosen.is_partial and records.covers(project, chosen.command)
        if is_done and chosen.leaves_alone:
            result = _as_recorded(records, chosen.command, log_path / "dbt.log")
        else:
            watch = Watch(
                records=records,
                folder=folder,
                contents=Known(opened.of, known),
                variables=all_variables(settings, chosen.variables),
                is_skipping=chosen.leaves_alone,
                joint=None if chosen.is_partial else JointTests(),
            )
            records.begin()
            write_records(folder, records)
            with watched(watch):
                result = _run(settings, chosen, parsed, there, listener)
            # of the ledger as well, which a killed dbt leaves marks in
            watch.contents.forget(LEDGER)
            watch.contents.of(LEDGER)
            records.end(
                contents=watch.contents.all(),
                project=project,
                whole=None if chosen.is_partial else chosen.command,
            )
    records.stamp = engine.contents.stamp(settings)
    write_records(folder, records)
    return replace(result, contents=records.digest())


def explain(settings: Settings, options: BuildOptions) -> list[Plan]:
    """Return what a build would do with each node, and why; nothing is built.

    Raises
    ------
    UserInputError
        If the selection selects nothing, or the target's builds leave nothing alone.
    BuildError, EngineError
        As for `build`.
    """
    target = target_name(options.target)
    engine = engines.find_engine(target)
    if not engine or not engine.contents:
        raise UserInputError(
            f"there is nothing to explain: a build of target {target} leaves nothing alone",
            hint="fa build --target duckdb --explain",
        )
    engine.session.check_free(settings)
    folder, log_path = dbt_paths(settings, options.target)
    records = read_records(folder)
    variables = all_variables(settings, options.variables)
    there = engine.relations(settings)
    with engine.contents.open_contents(settings) as opened:
        _, known = as_left(records, opened, engine.contents.stamp(settings))
        parsed = ParsedProject(settings.project_dir, target, options.variables).load()
        manifest, selection = _complete(settings, options, parsed, there, log_path / "dbt.log")
        decisions = Decisions(
            manifest, Codes(manifest, variables), records.nodes, Known(opened.of, known)
        )
        return plan(manifest.nodes, selection.names, decisions, is_all=not options.leaves_alone)


def _as_recorded(records: Records, command: str, log_file: Path) -> BuildResult:
    """Return how all nodes of a command ended when they last ran."""
    nodes = tuple(
        NodeResult(
            name=record.name, kind=record.kind, status=record.status, seconds=0.0,
            message=record.message, failing_rows=record.failures, is_left_alone=True,
        )
        for record in records.nodes.values() if record.kind in _KINDS[command]
    )  # fmt: skip
    return BuildResult(nodes=nodes, log_file=log_file)


def _run(
    settings: Settings,
    chosen: BuildOptions,
    parsed: ParsedProject,
    there: set[str],
    listener: Listener | None,
) -> BuildResult:
    """Run dbt and return how every node ended; none failed. `there` is what a partial one finds."""
    _, log_path = dbt_paths(settings, chosen.target)
    log_file = log_path / "dbt.log"
    manifest, selection = parsed.load(), None
    arguments = dbt_arguments(settings, chosen)
    if chosen.is_partial:
        manifest, selection = _complete(settings, chosen, manifest, there, log_file)
        arguments = dbt_arguments(settings, replace(chosen, select=selection.names, exclude=()))
        arguments += ["--indirect-selection", "empty"]
    outcome = invoke(settings, arguments, listener=listener, manifest=manifest)
    _raise_exception(outcome.exception, log_file, target_name(chosen.target))
    if not parsed.path.exists():
        parsed.keep(dbt_paths(settings, chosen.target)[0])
    result = BuildResult(
        nodes=tuple(node_result(result) for result in getattr(outcome.result, "results", ())),
        log_file=log_file,
        selection=selection,
    )
    if not result.nodes:
        raise _nothing_selected(chosen)
    if result.failed:
        _raise_engine((node.message for node in result.failed), target_name(chosen.target))
        raise BuildError(failure_message(result), hint=f"full log: {log_file}")
    return result


def _complete(
    settings: Settings, options: BuildOptions, manifest: Any, there: set[str], log_file: Path
) -> tuple[Any, Selection]:
    """Return dbt's manifest, and what of it a partial build runs."""
    common = common_arguments(settings, options)
    if manifest is None:
        parsed = invoke(settings, ["parse", *common])
        _raise_exception(parsed.exception, log_file, target_name(options.target))
        manifest = parsed.result
    listing = ["list", "--output", "json", "--output-keys", "unique_id", *common]
    for kind in _KINDS[options.command]:
        listing += ["--resource-type", kind]
    listing += _selectors(options.select, options.exclude)
    listed = invoke(settings, listing, manifest=manifest)
    _raise_exception(listed.exception, log_file, target_name(options.target))
    selected = [json.loads(line)["unique_id"] for line in listed.result or ()]
    if not selected:
        raise _nothing_selected(options)
    selection = complete(manifest.nodes, selected, there)
    if not selection.names:
        raise UserInputError(
            f"none of the {len(selected)} selected tests can run: they read what is not built yet",
            hint="build it first: fa build",
        )
    return manifest, selection


def _nothing_selected(options: BuildOptions) -> UserInputError:
    selection = " ".join(options.select) or "the project"
    return UserInputError(
        f"nothing to build: {selection} selects no model, seed or test",
        hint="for example --select tag:facts, or --select +analytics_customer_overview",
    )


def invoke(
    settings: Settings,
    arguments: list[str],
    *,
    listener: Listener | None = None,
    manifest: Any = None,
) -> Any:
    """Run one dbt command in this process and release the warehouse afterwards.

    A `manifest` of the same project and options saves parsing it again.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  (a second to import)

    faults: list[Exception] = []
    callbacks = [] if listener is None else [callback(listener, faults)]
    with _environment(FA_DATA_DIR=str(settings.data_dir)), interrupts.held() as let_go:
        # before its first event dbt has no log yet, and would print a traceback
        callbacks.append(lambda _event: let_go())
        try:
            outcome = dbtRunner(manifest=manifest, callbacks=callbacks).invoke(arguments)
        finally:
            engines.release()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    if faults:
        raise faults[0]
    return outcome


def target_name(given: str | None) -> str:
    """Return the dbt target to build: the given one, ``FA_TARGET``, or the default."""
    return given or os.environ.get("FA_TARGET") or engines.DEFAULT_TARGET


def _log_level() -> str:
    """Return the level of dbt's log file; debug, with every statement, slows a build."""
    given = os.environ.get("FA_LOG_LEVEL") or "info"
    if given not in LOG_LEVELS:
        raise UserInputError(
            f"FA_LOG_LEVEL is {given!r}", hint=f"valid are {', '.join(LOG_LEVELS)}"
        )
    return given


def _raise_exception(error: BaseException | None, log_file: Path, target: str) -> None:
    if error is None:
        return
    message = str(error).strip() or type(error).__name__
    if isinstance(error, FinancialAnalyticsError):
        raise error
    if found := explained(error):
        raise found from error
    _raise_engine([message], target)
    if type(error).__name__ == "DbtUsageException":
        raise UserInputError(f"dbt refuses the options: {one_line(message)}") from error
    raise BuildError(
        f"the project does not compile: {one_line(message)}", hint=f"full log: {log_file}"
    ) from error


def _raise_engine(messages: Iterable[str], target: str) -> None:
    """Raise what the engine means by one of the messages: dbt hands on nothing but the text."""
    engine = engines.find_engine(target)
    for message in messages:
        if engine and (found := engine.session.why(message)):
            raise found


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

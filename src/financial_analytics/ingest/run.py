"""The ingest itself: find the feeds, load each one as a batch, say what became of every row."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from financial_analytics.engines.duckdb.paths import plain_folder
from financial_analytics.engines.duckdb.session import (
    Connection,
    open_warehouse,
    write_fast,
)
from financial_analytics.engines.stores import BronzeStore
from financial_analytics.engines.table import DEFAULT_TARGET, engine_of
from financial_analytics.errors import FeedError
from financial_analytics.ingest import (
    extracts,
    hours,
    load,
    numbers,
    signs,
    stage,
    units,
    vocabulary,
)
from financial_analytics.ingest.bank import Bank, record
from financial_analytics.ingest.blame import engine_errors, feed_errors
from financial_analytics.ingest.checks import check_bank, check_clock, warn_of_orphans
from financial_analytics.ingest.clean import MAX_LINE_BYTES
from financial_analytics.ingest.compare import compare, only_new_keys
from financial_analytics.ingest.contract import Contract, Table
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.decode import check_encoding
from financial_analytics.ingest.feeds import Feed, TextForm, connector_feeds, file_feeds
from financial_analytics.ingest.header import check_delimiter
from financial_analytics.ingest.known import settle_known
from financial_analytics.ingest.mapping import (
    ColumnMapping,
    Form,
    TableMapping,
    check_form,
    check_mapped,
    load_mapping,
)
from financial_analytics.ingest.marks import bank_of
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.report import FileReport, IngestReport, Reason, Refused
from financial_analytics.ingest.room import Moved, room_for
from financial_analytics.ingest.source import Source
from financial_analytics.settings import MAX_QUARANTINED_PCT, Settings

STAGES = ("reading", "comparing", "writing", "committing", "done")
LARGE_ROWS = 10_000
"""Feeds of so many rows are not copied before their keys are known not to be new."""


@dataclass(frozen=True)
class Progress:
    """A step of an ingest: file `number` of `total`, its name, and one of `STAGES`."""

    number: int
    total: int
    source_file: str
    stage: str
    rows: int = 0


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True)
class Context:
    """What all feeds of one call have in common."""

    contract: Contract
    mapping: Mapping[str, TableMapping]
    form: Form
    loaded_at: datetime
    extracted_at: datetime
    given_extracted_at: datetime | None
    full: frozenset[str]


def ingest(
    paths: Iterable[Path | str],
    *,
    settings: Settings,
    loaded_at: datetime,
    connector: str | None = None,
    mapping: Path | str | ColumnMapping | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    null: Iterable[str] = (),
    full: Iterable[str] = (),
    extracted_at: datetime | None = None,
    progress: ProgressCallback | None = None,
    moved: Moved | None = None,
    memory_limit: str | None = None,
    max_line: int = MAX_LINE_BYTES,
    target: str = DEFAULT_TARGET,
    max_quarantined_pct: float = MAX_QUARANTINED_PCT,
    bank: Bank | None = None,
) -> IngestReport:
    """Load feeds into bronze: every row lands, repeats a known one or goes to quarantine.

    Parameters
    ----------
    paths : iterable of Path or str
        Feed files and folders of feed files; with `connector`, what it reads. No path
        at all creates the empty tables.
    settings : Settings
        Where the warehouse is.
    loaded_at : datetime
        The load time of all batches, UTC when naive. It may not be earlier than any before.
    connector : str, optional
        Name of a module in ``ingest/connectors``.
    mapping : Path or mapping, optional
        ``{table: {feed column: contract column}}``, or a YAML file of that form. Each file of
        the table has each of its columns, or is refused. ``{column: contract column, decimal:
        comma, null: [text]}`` says how the column is written, too.
    encoding, delimiter : str, optional
        Of all text feeds given; found from the content otherwise.
    decimal : str, optional
        ``point`` or ``comma`` in all numbers written as text; found per column and file otherwise.
    null : iterable of str
        Texts that stand for no value in every column, exactly as they are written, besides those
        of `financial_analytics.ingest.nulls`.
    full : iterable of str
        Tables of kind entity whose files in this call are, together, a full extract, or ``all``:
        what they no longer hold ends at `extracted_at`.
    extracted_at : datetime, optional
        When the source system wrote the feeds: the version time of entities that carry none, and
        the time of reported balances without a date.
        Default `loaded_at`.
    progress : callable, optional
        Called with a `Progress` at each step.
    moved : callable, optional
        Called with the new place of a synthetic bank that was set aside for other feeds.
    memory_limit : str, optional
        Such as ``"1GB"``; what does not fit is spilled to disk.
    max_line : int
        Longest line of a text feed in bytes.
    target : str
        The dbt target whose bronze is loaded.
    max_quarantined_pct : float
        Per cent of a table's rows in this call; the report's ``exit_code`` is 6 above it. What
        was accepted is loaded all the same.
    bank : Bank, optional
        Whose feeds they are; found from the marks beside the files otherwise.

    Returns
    -------
    IngestReport
        With the refused files in ``refused`` and ``exit_code`` 3 when there are any. A refused
        file leaves nothing behind; the others are loaded.

    Raises
    ------
    UserInputError
        If an argument is not valid, or the feeds are another bank's than the warehouse;
        nothing was loaded.
    EngineError
        If the warehouse is locked or damaged, or disk or memory ran out. Files loaded before
        stay loaded.
    """
    engine = engine_of(target)
    contract = load_contract(settings.project_dir)
    loaded = _utc(loaded_at)
    declared = tuple(full)
    context = Context(
        contract=contract,
        mapping=load_mapping(mapping, contract),
        form=check_form(decimal, tuple(null)),
        loaded_at=loaded,
        extracted_at=_utc(extracted_at) if extracted_at else loaded,
        given_extracted_at=_utc(extracted_at) if extracted_at else None,
        full=extracts.check_full(declared, contract),
    )
    encoding, delimiter = check_encoding(encoding), check_delimiter(delimiter)
    report = IngestReport(max_quarantined_pct=max_quarantined_pct)
    folders = [Path(path) for path in paths]
    form = TextForm(encoding, delimiter, max_line)
    if connector is not None:
        feeds = list(connector_feeds(connector, folders, contract, context.mapping, report))
    else:
        feeds = list(file_feeds(folders, context.contract, context.mapping, report, form))
    check_mapped(context.mapping, {feed.table for feed in feeds})
    extracts.check_given(declared, context.full, {feed.table for feed in feeds})
    bank = bank or bank_of(feed.path for feed in feeds if feed.path)
    room: AbstractContextManager[None] = nullcontext()
    if feeds and engine.is_embedded:
        room = room_for(settings, contract, bank, moved)
    scratch = settings.data_dir / "tmp"
    with (
        room,
        engine.store.open_store(settings, contract) as store,
        open_warehouse(
            store.loader_path, temp_dir=scratch / "spill", memory_limit=memory_limit
        ) as connection,
    ):
        for leftover in scratch.glob("ingest-*"):  # of a run that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        write_fast(connection)
        with engine_errors():
            load.create_bronze(connection, contract)
            store.start(connection)
        if feeds:
            beside = settings.data_dir if engine.is_embedded else None
            check_bank(connection, store, contract, bank, beside)
            with engine_errors():
                feeds = settle_known(connection, store, contract, context.mapping, feeds)
        check_clock(connection, loaded)
        for number, feed in enumerate(feeds, start=1):

            def tell(
                step: str, rows: int = 0, *, number: int = number, name: str = feed.source_file
            ) -> None:
                if progress:
                    progress(Progress(number, len(feeds), name, step, rows))

            try:
                with (
                    tempfile.TemporaryDirectory(prefix="ingest-", dir=scratch) as folder,
                    plain_folder(Path(folder)) as work_dir,
                ):
                    report.files.append(
                        load_feed(connection, feed, context, bank, store, work_dir, tell)
                    )
            except FeedError as error:
                report.refused.append(
                    Refused(feed.source_file, feed.table, error.message, error.hint)
                )
                tell("done")
        with engine_errors():
            extracts.finish(
                connection, store, contract, context.full, report,
                loaded, context.extracted_at, partial(record, connection, bank),
            )  # fmt: skip
        warn_of_orphans(connection, store, contract, report)
        stage.clear(connection)
    return report


def load_feed(
    connection: Connection,
    feed: Feed,
    context: Context,
    bank: Bank,
    store: BronzeStore,
    work_dir: Path,
    tell: Callable[..., None],
) -> FileReport:
    """Load one feed as a batch: read it, compare it with what is stored, write and ship it.

    Raises
    ------
    FeedError
        If the feed is refused whole; nothing of it is left.
    """
    tell("reading")
    table = context.contract[feed.table]
    with engine_errors(), ThreadPoolExecutor(1) as beside:
        # The hash is computed beside the first look at the file, unless it likely ends the work.
        digest = beside.submit(feed.sha256)
        source = None
        before = load.newest_batch(connection, table, feed.origin)
        if before is None:
            source = feed.open(connection, table, work_dir)
        mapping = context.mapping.get(table.name, TableMapping())
        sha256 = _with_mapping(digest.result(), mapping.declared(context.form))
        is_whole = table.name in context.full  # read even so: what else is known may have to end
        if before is not None and before.sha256 == sha256 and not is_whole:
            tell("done", before.rows)
            counts = load.Counts(read=before.rows, duplicates=before.rows)
            return FileReport(
                table.name, feed.source_file, before.batch_id, counts, already_loaded=True
            )
        source = mapping.apply(source or feed.open(connection, table, work_dir), context.form)
        with feed_errors(table):
            remarks = signs.check_unread(connection, table, source)
        source, staged = _stage(connection, table, source, context, store)
        extracts.remember(connection, table, len(staged.bad_lines))
        tell("comparing", staged.read)
        verdicts = compare(connection, table, staged, extracted_at=context.extracted_at)
        highest, _ = load.newest_load(connection)
        batch = load.Batch(
            highest + 1, table, feed.source_file, feed.origin, sha256, context.loaded_at,
            context.given_extracted_at,
        )  # fmt: skip
        tell("writing", staged.read)

        def before_commit() -> None:
            remarks[:0] = [*source.remarks, *numbers.remark_commas(table, source, staged.read)]
            if verdicts.corrections:
                remarks.append(Remark("rows_corrected", verdicts.corrections, ""))
            remarks.extend(stage.emptied(connection))
            remarks.extend(signs.remark_signs(connection, table, batch.batch_id))
            remarks.extend(vocabulary.remark_words(connection, table, source, batch.batch_id))
            load.keep_remarks(connection, batch, remarks)
            record(connection, bank, batch.batch_id)
            tell("committing", staged.read)

        is_read = staged.faulty is not None
        with nullcontext() if is_read else feed_errors(table):
            counts = load.write_batch(
                connection,
                batch,
                source,
                staged,
                verdicts,
                before_commit=before_commit,
            )
        store.ship(connection, table, batch.batch_id)
        reasons = load.quarantine_summary(connection, batch.batch_id) if counts.quarantined else []
        stage.clear(connection)
    tell("done", counts.read)
    return FileReport(
        table=table.name,
        source_file=feed.source_file,
        batch_id=batch.batch_id,
        counts=counts,
        unknown_columns=source.unknown,
        remarks=tuple(remarks),
        reasons=tuple(Reason(*reason) for reason in reasons),
    )


def _stage(
    connection: Connection, table: Table, source: Source, context: Context, store: BronzeStore
) -> tuple[Source, stage.Staged]:
    """Read the feed, or only look at its keys when they are all new.

    Returns the source as it was read: what a file's columns say as a whole is known only then.
    """
    with feed_errors(table):
        stage.clear(connection)
        is_typed = source.row is not None
        direct = False
        if is_typed:
            source = numbers.settle(connection, table, source)
            keys = stage.key_query(table, source)
            store.fetch(connection, table, keys)
            direct = _is_large(connection, source) and only_new_keys(connection, table, keys)

        def read() -> stage.Staged:
            return stage.stage(
                connection,
                table,
                source,
                loaded_at=context.loaded_at,
                extracted_at=context.extracted_at,
                copy=not direct,
            )

        staged = read()
        # Nearly all feeds are plain: only what their columns leave open makes one be read again.
        is_faulty = bool(staged.faulty) and not is_typed
        if is_faulty and numbers.is_suspicious(connection, table, source, stage.STAGED):
            source = numbers.settle(connection, table, source)
            stage.clear(connection)
            staged = read()
        judged = units.judge(connection, table, source, stage.FEED)
        judged = hours.judge(connection, table, judged, stage.FEED)
        if judged != source:
            source = judged
            stage.clear(connection)
            staged = read()
        if not is_typed:
            store.fetch(connection, table, stage.good_keys(table))
        return source, staged


def _is_large(connection: Connection, source: Source) -> bool:
    """Tell whether planning to read a feed several times is less than copying it once."""
    some = f"(select 1 from {source.relation} limit {LARGE_ROWS})"
    return int(connection.execute(f"select count(*) from {some}").fetchall()[0][0]) == LARGE_ROWS


def _with_mapping(sha256: str, declared: object) -> str:
    """Tell the same file under another mapping apart."""
    if not declared:
        return sha256
    return hashlib.sha256((sha256 + json.dumps(declared, sort_keys=True)).encode()).hexdigest()


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value

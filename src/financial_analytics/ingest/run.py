"""The ingest itself: find the feeds, load each one as a batch, say what became of every row."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from financial_analytics.drafts import clear_scratch, scratch_name
from financial_analytics.engines.duckdb.paths import plain_folder
from financial_analytics.engines.duckdb.session import (
    open_warehouse,
    write_fast,
)
from financial_analytics.engines.stores import BronzeStore
from financial_analytics.engines.table import DEFAULT_TARGET, engine_of
from financial_analytics.errors import FeedError
from financial_analytics.ingest import (
    erased,
    extracts,
    load,
    stage,
)
from financial_analytics.ingest.bank import Bank, record
from financial_analytics.ingest.blame import engine_errors
from financial_analytics.ingest.checks import check_bank, check_clock, warn_of_orphans
from financial_analytics.ingest.clean import MAX_LINE_BYTES
from financial_analytics.ingest.contract import Contract
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.decode import check_encoding
from financial_analytics.ingest.feeds import TextForm, connector_feeds, file_feeds
from financial_analytics.ingest.header import check_delimiter
from financial_analytics.ingest.known import settle_known
from financial_analytics.ingest.load_feed import Context, load_feed
from financial_analytics.ingest.mapping import (
    ColumnMapping,
    check_form,
    check_mapped,
    load_mapping,
)
from financial_analytics.ingest.marks import bank_of
from financial_analytics.ingest.report import IngestReport, Refused
from financial_analytics.ingest.room import Moved, check_room, room_for
from financial_analytics.settings import MAX_QUARANTINED_PCT, Settings

STAGES = ("reading", "comparing", "writing", "committing", "done")


@dataclass(frozen=True)
class Progress:
    """A step of an ingest: file `number` of `total`, its name, and one of `STAGES`."""

    number: int
    total: int
    source_file: str
    stage: str
    rows: int = 0


ProgressCallback = Callable[[Progress], None]


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
    dry_run: bool = False,
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
    dry_run : bool, default False
        Count only: the warehouse is read, nothing is written, no file is left.

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
    with (
        _opened(settings, target, contract, bank if feeds else None, moved, dry_run) as (
            store,
            scratch,
        ),
        open_warehouse(
            store.loader_path,
            temp_dir=scratch / f"{scratch_name('spill')}files",
            memory_limit=memory_limit,
        ) as connection,
    ):
        clear_scratch(scratch)
        write_fast(connection)
        with engine_errors():
            load.create_bronze(connection, contract)
            store.start(connection)
        erased.prepare(connection)
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
                    tempfile.TemporaryDirectory(
                        prefix=scratch_name("ingest"), dir=scratch
                    ) as folder,
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


@contextmanager
def _opened(
    settings: Settings,
    target: str,
    contract: Contract,
    bank: Bank | None,
    moved: Moved | None,
    dry_run: bool,
) -> Iterator[tuple[BronzeStore, Path]]:
    """Open the store and say where to work; `bank` is None where nothing comes."""
    engine = engine_of(target)
    if dry_run:
        gives_way = check_room(settings, contract, bank) if bank and engine.is_embedded else None
        with tempfile.TemporaryDirectory(prefix=scratch_name("fa-dry-run")) as folder:
            loader = Path(folder) / "loader.duckdb"
            with engine.store.open_dry_store(
                settings, loader, is_empty=gives_way is not None
            ) as store:
                yield store, Path(folder)
        return
    room: AbstractContextManager[None] = nullcontext()
    if bank and engine.is_embedded:
        room = room_for(settings, contract, bank, moved)
    with room, engine.store.open_store(settings, contract) as store:
        yield store, settings.data_dir / "tmp"


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value

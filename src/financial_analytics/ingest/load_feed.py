"""Load one feed as a batch: read it, compare it with what is stored, write and ship it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.engines.stores import BronzeStore
from financial_analytics.ingest import (
    erased,
    extracts,
    hours,
    kept,
    load,
    noticed,
    numbers,
    short_lines,
    signs,
    stage,
    units,
    vocabulary,
)
from financial_analytics.ingest.bank import Bank, record
from financial_analytics.ingest.batch import Batch
from financial_analytics.ingest.blame import engine_errors, feed_errors
from financial_analytics.ingest.compare import compare, only_new_keys
from financial_analytics.ingest.contract import Contract, Table
from financial_analytics.ingest.feeds import Feed
from financial_analytics.ingest.mapping import Form, SourceMapping
from financial_analytics.ingest.quarantine import quarantine_summary
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.report import FileReport, Reason
from financial_analytics.ingest.source import Source

LARGE_ROWS = 10_000
"""Feeds of so many rows are not copied before their keys are known not to be new."""


@dataclass(frozen=True)
class Context:
    """What all feeds of one call have in common."""

    contract: Contract
    mapping: SourceMapping
    form: Form
    loaded_at: datetime
    extracted_at: datetime
    given_extracted_at: datetime | None
    full: frozenset[str]


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
        mapping = context.mapping.of(table.name)
        reading = mapping.read_as(table)
        before = load.newest_batch(connection, table, feed.origin)
        if before is None:
            source = feed.open(connection, reading, work_dir)
        sha256 = _with_mapping(digest.result(), mapping.declared(context.form))
        is_whole = table.name in context.full  # read even so: what else is known may have to end
        if before is not None and before.sha256 == sha256 and not is_whole:
            tell("done", before.rows)
            counts = load.Counts(read=before.rows, duplicates=before.rows)
            return FileReport(
                table.name, feed.source_file, before.batch_id, counts, already_loaded=True
            )
        source = source or feed.open(connection, reading, work_dir)
        source = mapping.apply(reading, source, context.form)
        with feed_errors(table):
            remarks = signs.check_unread(connection, reading, source)
        kept.check_kept(
            connection, table, source,
            lambda name: store.count_keys(connection, context.contract[name]),
        )  # fmt: skip
        source, staged = _stage(connection, table, source, context, store)
        extracts.remember(connection, table, len(staged.bad_lines))
        tell("comparing", staged.read)
        verdicts = compare(connection, table, staged, extracted_at=context.extracted_at)
        verdicts = erased.leave_out(connection, table, verdicts)
        highest, _ = load.newest_load(connection)
        batch = Batch(
            highest + 1, table, feed.source_file, feed.origin, sha256, context.loaded_at,
            context.given_extracted_at,
        )  # fmt: skip
        tell("writing", staged.read)

        def before_commit() -> None:
            kept.keep(connection, source, batch.batch_id)
            erased.empty_quarantine(connection, table, batch.batch_id)
            if rows := erased.count(connection, table):
                remarks.append(erased.remark(table, rows))
            remarks[:0] = [*source.remarks, *numbers.remark_commas(table, source, staged.read)]
            if verdicts.corrections:
                remarks.append(Remark("rows_corrected", verdicts.corrections, ""))
            remarks.extend(stage.emptied(connection))
            remarks.extend(signs.remark_signs(connection, table, batch.batch_id))
            for seen in (vocabulary.remark_words, noticed.remark_rows):
                remarks.extend(seen(connection, table, source, batch.batch_id))
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
        reasons = quarantine_summary(connection, batch.batch_id) if counts.quarantined else []
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
    whole, table = table, kept.as_read(table, source.kept)
    with feed_errors(table):
        stage.clear(connection)
        is_typed = source.row is not None and not source.kept
        direct = False
        if is_typed:
            source = numbers.settle(connection, table, source)
            keys = stage.key_query(table, source)
            store.fetch(connection, table, keys)
            direct = (
                not erased.concerns_feed(connection, table)
                and _is_large(connection, source)
                and only_new_keys(connection, table, keys)
            )

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
        whole_lines = short_lines.judge(connection, table, source, staged.bad_lines)
        if whole_lines is not source:
            source = whole_lines
            stage.clear(connection)
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
        if source.kept:
            erased.hide_keys(connection, source)
            kept.number(connection, whole, source)
            staged = replace(staged, columns=stage.stored_columns(whole, source))
        erased.empty(connection, whole, staged)
        if not is_typed:
            store.fetch(connection, whole, stage.good_keys(whole))
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

"""What an ingest is to load, found and not yet opened: files, or the tables of a connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pyarrow as pa

from financial_analytics.engines.duckdb.paths import plain_path
from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest.connectors import (
    Connector,
    StatementConnector,
    connector_names,
    format_of,
    load_connector,
)
from financial_analytics.ingest.connectors._statement_tables import feed_tables
from financial_analytics.ingest.connectors._statements import Statement, first_bytes
from financial_analytics.ingest.contract import Contract, Table
from financial_analytics.ingest.decode import file_sha256
from financial_analytics.ingest.discover import (
    FeedFile,
    discover,
    feed_files,
    table_of,
    text_name,
)
from financial_analytics.ingest.mapping import SourceMapping, TableMapping
from financial_analytics.ingest.read_columns import (
    ARROW_VIEW,
    arrow_sha256,
    open_arrow,
    open_parquet,
)
from financial_analytics.ingest.read_text import open_text
from financial_analytics.ingest.report import IngestReport, Refused
from financial_analytics.ingest.source import Source

SHOWN_FILES = 3
"""Files of one call whose names a connector's rows carry one by one."""


@dataclass(frozen=True)
class TextForm:
    """How text feeds are to be read; None is found from the content."""

    encoding: str | None
    delimiter: str | None
    max_line: int


@dataclass(frozen=True)
class Feed:
    """A feed to load, from a file or from a connector; `origin` is the name it is known by."""

    table: str
    source_file: str
    origin: str
    sha256: Callable[[], str]
    open: Callable[[Connection, Table, Path], Source]
    path: Path | None = None
    data: pa.Table | None = None


def file_feeds(
    paths: list[Path],
    contract: Contract,
    mapping: SourceMapping,
    report: IngestReport,
    form: TextForm,
) -> Iterator[Feed]:
    """Yield the feed files under `paths`; `report` hears of those that belong to no table."""
    found = discover(paths, contract)
    connectors = " or ".join(connector_names())
    named = {text_name(path.name): path for path in paths if path.is_file()}
    for name in found.unknown:
        if name in named:
            tables = ", ".join(table.name for table in contract)
            form_name = _format_of(named[name])
            suffix = Path(name).suffix.lstrip(".")
            if table_of(Path(name).stem, contract) and suffix:
                message = f"{suffix.upper()} is not read as a feed; give CSV or Parquet"
                hint = f"export it so, or say what wrote it: --connector {form_name or connectors}"
                report.refused.append(Refused(name, None, message, hint))
                continue
            hint = f"start the name with the table it belongs to: {tables}"
            if form_name:
                hint = f"it looks like a bank statement: --connector {form_name}"
            report.refused.append(Refused(name, None, "the name belongs to no table", hint))
        else:
            report.unknown_files.append(name)
    for feed in found.feeds:

        def open_file(
            connection: Connection, table: Table, work_dir: Path, *, feed: FeedFile = feed
        ) -> Source:
            said = mapping.of(table.name)
            path = plain_path(feed.path, work_dir)
            if feed.format == "parquet":
                return open_parquet(
                    connection, path, table, mapping=said.names, made=said.made_columns
                )
            return open_text(
                path,
                table,
                mapping=said.names,
                encoding=form.encoding or said.file.encoding,
                delimiter=form.delimiter or said.file.delimiter,
                work_dir=work_dir,
                max_line=form.max_line,
                made=said.made_columns,
                skip_lines=said.file.skip_lines,
                short_lines=said.file.short_lines,
            )

        def sha256(*, path: Path = feed.path) -> str:
            try:
                return file_sha256(path)
            except OSError as error:
                raise FeedError(f"the file cannot be read: {error.strerror}") from error

        yield Feed(feed.table, feed.source_file, feed.origin, sha256, open_file, feed.path)


def _format_of(path: Path) -> str | None:
    try:
        return format_of(first_bytes(path))
    except FeedError:
        return None


def connector_feeds(
    name: str,
    paths: list[Path],
    contract: Contract,
    mapping: SourceMapping,
    report: IngestReport,
) -> Iterator[Feed]:
    """Yield the tables that a connector makes of one folder, or of files and folders of them.

    `report` hears of the files that are refused, or of another format.
    """
    module = load_connector(name)
    if isinstance(module, Connector):
        tables, place = _folder_tables(name, module, paths), text_name(paths[0].resolve())
    else:
        tables = _statement_tables(name, module, paths, report)
        place = " ".join(text_name(path.resolve()) for path in paths)
    unknown = [table for table in tables if table not in contract]
    if unknown:
        raise UserInputError(f"connector {name} returned unknown tables: {', '.join(unknown)}")
    for table in contract:
        data = tables.get(table.name)
        if data is None:
            continue

        metadata = data.schema.metadata or {}
        source_file = metadata.get(b"source_file", f"{name}:{table.name}".encode()).decode()
        origin = f"{source_file} in {place}"
        opened = partial(_open_table, data, mapping.of(table.name))
        yield Feed(
            table.name, source_file, origin, partial(arrow_sha256, data), opened, data=data
        )  # fmt: skip


def _open_table(
    data: pa.Table, said: TableMapping, connection: Connection, table: Table, _: Path
) -> Source:
    connection.execute(f"drop view if exists {ARROW_VIEW}")
    return open_arrow(connection, data, table, mapping=said.names, made=said.made_columns)


def with_data(feed: Feed, data: pa.Table, mapping: SourceMapping) -> Feed:
    """Return the feed of a connector with these rows."""
    return replace(
        feed,
        data=data,
        open=partial(_open_table, data, mapping.of(feed.table)),
        sha256=partial(arrow_sha256, data),
    )


def _folder_tables(name: str, module: Connector, paths: list[Path]) -> Mapping[str, pa.Table]:
    if len(paths) != 1 or not paths[0].is_dir():
        given = ", ".join(str(path) for path in paths) or "nothing"
        raise UserInputError(
            f"connector {name} reads one folder; given: {given}",
            hint=f"fa ingest --connector {name} FOLDER",
        )
    tables = module.feeds(paths[0])
    if not tables:
        raise UserInputError(
            f"connector {name} found no feeds in {paths[0]}",
            hint="give the folder that holds the files as the system wrote them",
        )
    return tables


def _statement_tables(
    name: str, module: StatementConnector, paths: list[Path], report: IngestReport
) -> Mapping[str, pa.Table]:
    """Read every file of the format; one that cannot be read is refused, the others load."""
    found: list[Statement] = []
    read: list[str] = []
    for path, shown in feed_files(paths):
        try:
            head = first_bytes(path)
            if not module.recognises(head):
                if path in paths:
                    raise FeedError(f"this is no file of the format {name}", hint=_said(head, name))
                report.unknown_files.append(shown)
                continue
            found += module.statements(path)
            read.append(shown)
        except FeedError as error:
            report.refused.append(Refused(shown, None, error.message, error.hint))
    if not read and not report.refused:
        given = ", ".join(str(path) for path in paths) or "nothing"
        raise UserInputError(
            f"connector {name} found no file of its format in {given}",
            hint="give the files as the bank wrote them, or the folder that holds them",
        )
    if not found:
        return {}
    shown = "+".join(read)
    if len(paths) == 1 and paths[0].is_dir():
        shown = text_name(paths[0].name)
    elif len(read) > SHOWN_FILES:
        shown = f"{read[0]}+… ({len(read)} files)"
    return feed_tables(name, found, shown)


def _said(head: bytes, name: str) -> str:
    other = format_of(head)
    if other and other != name:
        return f"it looks like another: --connector {other}"
    return "give the file as the bank wrote it"

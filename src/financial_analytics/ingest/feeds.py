"""What an ingest is to load, found and not yet opened: files, or the tables of a connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from financial_analytics.engines.duckdb.paths import plain_path
from financial_analytics.engines.duckdb.session import Connection
from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest.connectors import load_connector
from financial_analytics.ingest.contract import Contract, Table
from financial_analytics.ingest.decode import file_sha256
from financial_analytics.ingest.discover import FeedFile, discover, text_name
from financial_analytics.ingest.mapping import TableMapping
from financial_analytics.ingest.read_columns import (
    ARROW_VIEW,
    arrow_sha256,
    open_arrow,
    open_parquet,
)
from financial_analytics.ingest.read_text import open_text
from financial_analytics.ingest.report import IngestReport, Refused
from financial_analytics.ingest.source import Source


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


def file_feeds(
    paths: list[Path],
    contract: Contract,
    mapping: Mapping[str, TableMapping],
    report: IngestReport,
    form: TextForm,
) -> Iterator[Feed]:
    """Yield the feed files under `paths`; `report` hears of those that belong to no table."""
    found = discover(paths, contract)
    named = {text_name(path.name) for path in paths if path.is_file()}
    for name in found.unknown:
        if name in named:
            tables = ", ".join(table.name for table in contract)
            hint = f"start the name with the table it belongs to: {tables}"
            report.refused.append(Refused(name, None, "the name belongs to no table", hint))
        else:
            report.unknown_files.append(name)
    for feed in found.feeds:

        def open_file(
            connection: Connection, table: Table, work_dir: Path, *, feed: FeedFile = feed
        ) -> Source:
            renamed = mapping.get(table.name, TableMapping()).names
            path = plain_path(feed.path, work_dir)
            if feed.format == "parquet":
                return open_parquet(connection, path, table, mapping=renamed)
            return open_text(
                path,
                table,
                mapping=renamed,
                encoding=form.encoding,
                delimiter=form.delimiter,
                work_dir=work_dir,
                max_line=form.max_line,
            )

        def sha256(*, path: Path = feed.path) -> str:
            try:
                return file_sha256(path)
            except OSError as error:
                raise FeedError(f"the file cannot be read: {error.strerror}") from error

        yield Feed(feed.table, feed.source_file, feed.origin, sha256, open_file, feed.path)


def connector_feeds(
    name: str,
    folders: list[Path],
    contract: Contract,
    mapping: Mapping[str, TableMapping],
) -> Iterator[Feed]:
    """Yield the tables that a connector makes of one folder."""
    module = load_connector(name)
    if len(folders) != 1 or not folders[0].is_dir():
        given = ", ".join(str(folder) for folder in folders) or "nothing"
        raise UserInputError(
            f"connector {name} reads one folder; given: {given}",
            hint=f"fa ingest --connector {name} FOLDER",
        )
    tables = module.feeds(folders[0])
    unknown = [table for table in tables if table not in contract]
    if unknown:
        raise UserInputError(f"connector {name} returned unknown tables: {', '.join(unknown)}")
    if not tables:
        raise UserInputError(
            f"connector {name} found no feeds in {folders[0]}",
            hint="give the folder that holds the files as the system wrote them",
        )
    for table in contract:
        data = tables.get(table.name)
        if data is None:
            continue

        def open_table(
            connection: Connection, table: Table, _work_dir: Path, *, data: pa.Table = data
        ) -> Source:
            connection.execute(f"drop view if exists {ARROW_VIEW}")
            renamed = mapping.get(table.name, TableMapping()).names
            return open_arrow(connection, data, table, mapping=renamed)

        def sha256(*, data: pa.Table = data) -> str:
            return arrow_sha256(data)

        metadata = data.schema.metadata or {}
        source_file = metadata.get(b"source_file", f"{name}:{table.name}".encode()).decode()
        origin = f"{source_file} in {text_name(folders[0].resolve())}"
        yield Feed(table.name, source_file, origin, sha256, open_table)

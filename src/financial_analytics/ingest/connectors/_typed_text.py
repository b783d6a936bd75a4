"""What connectors of delimited text share: find the files, read columns, tell their doubts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.errors import FeedError
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import DOUBT
from financial_analytics.masking import looks_personal, shown_names, shown_text

_FORM = re.compile(
    r"(?:Row #\d+: )?Expected \d+ columns, got \d+|invalid UTF8|codec can't decode byte"
)
NULL_VALUES = ("", " ", "?")
"""Texts that mean "not known"."""


@dataclass(frozen=True)
class Kind:
    """A form that text may have.

    Attributes
    ----------
    sql : str
        Expression over ``{0}`` (the text column) that gives the value, NULL when the text is
        not of this form.
    words : str
        The form in words: "a date written YYMMDD".
    personal : bool, default False
        Values are never shown, and of the file's other columns only the shape:
        they may be shifted.
    """

    sql: str
    words: str
    personal: bool = False


def find_files(directory: Path, names: Iterable[str]) -> dict[str, Path]:
    """Return the files called `names` in a folder, whatever their case.

    Raises
    ------
    FeedError
        If the folder or any of the files is missing.
    """
    wanted = list(names)
    if not directory.is_dir():
        raise FeedError(
            f"{directory} is not a folder", hint=f"give the folder that holds {', '.join(wanted)}"
        )
    present = {path.name.lower(): path for path in sorted(directory.iterdir()) if path.is_file()}
    missing = [name for name in wanted if name not in present]
    if missing:
        raise FeedError(
            f"{directory} lacks {', '.join(missing)}",
            hint=f"the connector needs {', '.join(wanted)}; a file may be its header only",
        )
    return {name: present[name] for name in wanted}


def load_typed(
    connection: Connection, table: str, path: Path, columns: Mapping[str, Kind], *, delimiter: str
) -> None:
    """Create `table` with the wanted columns of a text file, typed.

    ``file_row`` counts rows from 1. ``doubt`` says in words which values of a row are not of their
    column's form, and are NULL therefore; it is NULL where all are. What a feed is made of such a
    row carries the words as `DOUBT`, so that the loader sets it aside.

    Raises
    ------
    FeedError
        If the file is not delimited UTF-8 text, or lacks a column.
    """
    text = _read(path, list(columns), delimiter)
    text = text.append_column("file_row", pa.array(range(1, text.num_rows + 1), pa.int64()))
    connection.register("arrived", text)
    typed = ", ".join(
        f"{kind.sql.format(sql_name(column))} as {sql_name(column)}"
        for column, kind in columns.items()
    )
    name = sql_name(table)
    connection.execute(
        f"create table {name} as "
        f"select {typed}, file_row, cast(null as varchar) as doubt from arrived"
    )
    if doubts := _doubts(connection, name, path, columns):
        words = ["; ".join(said) for said in doubts.values()]
        connection.register("doubts", pa.table({"file_row": list(doubts), "doubt": words}))
        connection.execute(
            f"update {name} set doubt = doubts.doubt from doubts "
            f"where {name}.file_row = doubts.file_row"
        )
        connection.unregister("doubts")
    connection.unregister("arrived")


def _doubts(
    connection: Connection, name: str, path: Path, columns: Mapping[str, Kind]
) -> dict[int, list[str]]:
    """Return what is wrong with each row that has a value of another form."""
    found: dict[int, list[str]] = {}
    hidden = any(kind.personal for kind in columns.values())
    for column, kind in columns.items():
        quoted = sql_name(column)
        faults = connection.execute(
            f"select arrived.file_row, arrived.{quoted} from arrived "
            f"inner join {name} as typed on arrived.file_row = typed.file_row "
            f"where arrived.{quoted} is not null and typed.{quoted} is null"
        ).fetchall()
        for row, value in faults:
            shown = repr(shown_text(value) if hidden or looks_personal(value) else value)
            if kind.personal:
                shown = "(not shown: personal data)"
            words = f"{path.name} line {row + 1}: {column} is {shown}, not {kind.words}"
            found.setdefault(row, []).append(words)
    return found


def without_feed(connection: Connection, table: str) -> list[Remark]:
    """Return a remark on the doubtful rows of a file that no feed has rows of."""
    rows, first = connection.execute(
        f"select count(*), arg_min(doubt, file_row) from {sql_name(table)} where doubt is not null"
    ).fetchall()[0]
    words = f"{first} ({rows:,} such rows): left out; mend the rows and load again"
    return [Remark("rows_doubtful", rows, words)] if rows else []


def carried(table: pa.Table, remarks: Iterable[Remark], source: str) -> pa.Table:
    """Return a feed with its remarks and where it is from, without `DOUBT` where there is none."""
    if table.column(DOUBT).null_count == table.num_rows:
        table = table.drop_columns([DOUBT])
    said = json.dumps([[remark.kind, remark.rows, remark.words] for remark in remarks])
    return table.replace_schema_metadata({"source_file": source, "remarks": said})


def _read(path: Path, columns: list[str], delimiter: str) -> pa.Table:
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = [name.strip().strip('"') for name in file.readline().split(delimiter)]
        missing = [column for column in columns if column not in header]
        known = {i for i, name in enumerate(header) if name in columns}
        if missing:
            raise FeedError(
                f"{path.name} lacks column {', '.join(missing)}; it has "
                f"{', '.join(shown_names(header, known))}",
                hint=f"the file needs a header line and {delimiter!r} between columns",
            )
        return pa_csv.read_csv(
            path,
            parse_options=pa_csv.ParseOptions(delimiter=delimiter),
            convert_options=pa_csv.ConvertOptions(
                column_types={column: pa.string() for column in columns},
                include_columns=columns,
                strings_can_be_null=True,
                null_values=list(NULL_VALUES),
            ),
        )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise FeedError(
            f"{path.name} is not text with {delimiter!r} between columns: {_reason(error)}",
            hint="restore the file as published: UTF-8, each line as wide as the header",
        ) from None


def _reason(error: Exception) -> str:
    """Return what a reader says of a line's form, without the line."""
    found = _FORM.search(str(error))
    return found.group() if found else "it cannot be split into columns"

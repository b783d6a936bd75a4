"""Read typed feeds: Parquet files and Arrow tables of a connector."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from financial_analytics.engines.duckdb.session import (
    Connection,
    DatabaseError,
    is_resource_error,
    sql_name,
    sql_text,
)
from financial_analytics.errors import FeedError
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.header import match_columns, normalise
from financial_analytics.ingest.remarks import Remark
from financial_analytics.ingest.source import DOUBT, FeedColumn, Source
from financial_analytics.masking import safe_cause, without_values

ARROW_VIEW = "connector_feed"
_FAMILIES = {
    "BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "double", "FLOAT": "float",
    "VARCHAR": "text", "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "TIMESTAMPTZ": "timestamptz",
    "TIMESTAMPTZ_NS": "timestamptz",
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "HUGEINT": "integer", "UTINYINT": "integer", "USMALLINT": "integer", "UINTEGER": "integer",
    "UBIGINT": "integer", "UHUGEINT": "integer", '"NULL"': "text", "UUID": "text",
}  # fmt: skip


def open_parquet(
    connection: Connection,
    path: Path,
    table: Table,
    *,
    mapping: Mapping[str, str],
    made: frozenset[str] = frozenset(),
) -> Source:
    """Check a Parquet feed's form and return how to read it.

    Raises
    ------
    FeedError
        If the file is no Parquet, is damaged, or a column has a type with no single value.
    """
    if path.stat().st_size == 0:
        raise FeedError("the file is empty", hint="leave the file out if it is late")
    # A folder called amount=5 is no column: without the option it would replace the file's own.
    relation = (
        f"read_parquet({sql_text(str(path))}, file_row_number = true, hive_partitioning = false)"
    )
    try:
        described = connection.execute(f"describe select * from {relation}").fetchall()
    except DatabaseError as error:
        if is_resource_error(error):
            raise
        raise FeedError(
            f"this is not a readable Parquet file ({without_values(str(error))})",
            hint="it may be cut or be another format under this name; write it again",
        ) from safe_cause(error)
    types = {name: kind for name, kind, *_ in described if name != "file_row_number"}
    return _source(relation, types, table, mapping, made, row="file_row_number + 1")


def open_arrow(
    connection: Connection,
    data: pa.Table,
    table: Table,
    *,
    mapping: Mapping[str, str],
    made: frozenset[str] = frozenset(),
) -> Source:
    """Register a connector's Arrow table and return how to read it."""
    numbered = data.append_column(
        "_feed_row", pa.array(range(1, data.num_rows + 1), type=pa.int64())
    )
    connection.register(ARROW_VIEW, numbered)
    described = connection.execute(f"describe select * from {ARROW_VIEW}").fetchall()
    types = {name: kind for name, kind, *_ in described if name not in ("_feed_row", DOUBT)}
    source = _source(ARROW_VIEW, types, table, mapping, made, row='"_feed_row"')
    said = json.loads((data.schema.metadata or {}).get(b"remarks", b"[]"))
    source.remarks += [Remark(*remark) for remark in said]
    source.doubt = sql_name(DOUBT) if DOUBT in data.column_names else None
    return source


def arrow_sha256(data: pa.Table) -> str:
    """Return a SHA-256 over names, types and values of an Arrow table, whatever its chunks."""
    digest = hashlib.sha256()
    digest.update(str(data.schema.remove_metadata()).encode())
    batch_rows = 1 << 16
    for start in range(0, data.num_rows, batch_rows):
        piece = data.slice(start, batch_rows).combine_chunks().replace_schema_metadata(None)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, piece.schema) as writer:
            writer.write_table(piece)
        digest.update(sink.getvalue())
    return digest.hexdigest()


def _source(
    relation: str,
    types: Mapping[str, str],
    table: Table,
    mapping: Mapping[str, str],
    made: frozenset[str],
    *,
    row: str,
) -> Source:
    names = list(types)
    match = match_columns(names, table, mapping, made)
    columns = {}
    for column, position in match.columns.items():
        name = names[position]
        columns[column] = _feed_column(name, types[name], table.column(column).family)
    return Source(
        relation=relation,
        columns=columns,
        row=row,
        unknown=match.unknown,
        others={
            normalise(name): FeedColumn(f"cast({sql_name(name)} as varchar)", "text")
            for position, name in enumerate(names)
            if position not in match.columns.values()
        },
        names={normalise(name): sql_name(name) for name in names},
        listed=match.listed,
        width=match.width,
    )


def _feed_column(name: str, kind: str, wanted: str) -> FeedColumn:
    """Read a column as it is when its type is the contract's, as text otherwise."""
    expression = sql_name(name)
    family = "decimal" if kind.startswith("DECIMAL") else _FAMILIES.get(kind)
    if family is None and kind.startswith("ENUM"):
        family = "text"
        expression = f"cast({expression} as varchar)"
    if family is None:
        shown = without_values(kind.lower())[:200]  # an ENUM lists its values
        raise FeedError(
            f"column {name} has type {shown}, which cannot become {wanted}",
            hint="write the column as plain values (no list, struct, map or binary)",
        )
    if family == wanted or (family == "integer" and wanted in ("bigint", "decimal", "double")):
        return FeedColumn(expression, family)
    if family == "float" and wanted == "double":
        return FeedColumn(expression, "double")
    if family == "timestamptz" and wanted == "timestamp":
        instant = f"cast({expression} as timestamptz)"  # the session's time zone is UTC
        return FeedColumn(f"cast({instant} as timestamp)", "timestamp")
    if family in ("double", "float") and wanted == "text":
        whole = f"cast(try_cast({expression} as bigint) as varchar)"
        return FeedColumn(
            f"case when {expression} = try_cast({expression} as bigint) then {whole} "
            f"else cast({expression} as varchar) end",
            "text",
        )
    return FeedColumn(f"cast({expression} as varchar)", "text")

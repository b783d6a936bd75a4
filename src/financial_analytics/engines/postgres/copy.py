"""Rows between Arrow and PostgreSQL by COPY, over the caller's own connection and transaction.

CSV keeps NULL (an empty field) and '' (a quoted empty field) apart when everything else is quoted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from financial_analytics.errors import EngineError

SPOOL_BYTES = 64 * 2**20
UNCONSTRAINED = pa.decimal128(38, 9)
"""How a numeric without precision is read."""

_BY_OID = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    25: pa.string(),
    700: pa.float32(),
    701: pa.float64(),
    1042: pa.string(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),
}
_NUMERIC = 1700
_BY_ARROW = {
    pa.bool_(): "boolean",
    pa.int8(): "smallint",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.uint8(): "smallint",
    pa.uint16(): "integer",
    pa.uint32(): "bigint",
    pa.uint64(): "numeric(20, 0)",
    pa.float32(): "real",
    pa.float64(): "double precision",
    pa.string(): "text",
    pa.large_string(): "text",
    pa.string_view(): "text",
    pa.date32(): "date",
    pa.date64(): "date",
}


def quote(name: str) -> str:
    """Return a name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def column_type(kind: pa.DataType) -> str:
    """Return the PostgreSQL type that holds an Arrow type exactly.

    Raises
    ------
    EngineError
        For lists, structs, bytes and other types that no relation here has.
    """
    if pa.types.is_dictionary(kind):
        return column_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "timestamp with time zone"
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if kind not in _BY_ARROW:
        raise EngineError(f"a column of type {kind} has no PostgreSQL type")
    return _BY_ARROW[kind]


def create_table(cursor: Any, relation: str, schema: pa.Schema) -> None:
    """Create the table `relation` (SQL, quoted) with the columns of an Arrow schema."""
    columns = ", ".join(f"{quote(field.name)} {column_type(field.type)}" for field in schema)
    cursor.execute(f"create table {relation} ({columns})")


def copy_in(cursor: Any, relation: str, rows: pa.Table | pa.RecordBatchReader) -> int:
    """Append Arrow rows to `relation` and return their number; no rows, no statement."""
    schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in rows.schema])
    columns = ", ".join(quote(name) for name in schema.names)
    options = pv.WriteOptions(include_header=False, quoting_style="all_valid")
    batches = rows.to_batches() if isinstance(rows, pa.Table) else rows
    count = 0
    with _spool() as file:
        with pv.CSVWriter(file, schema, write_options=options) as writer:
            for batch in batches:
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))
                count += batch.num_rows
        if count:
            file.seek(0)
            cursor.copy_expert(f"copy {relation} ({columns}) from stdin (format csv)", file)
    return count


def copy_out(cursor: Any, query: str) -> pa.Table:
    """Return the rows of a query as an Arrow table with the server's types."""
    schema = _schema(cursor, query)
    with _spool() as file:
        if not _fetch(cursor, query, schema, file):
            return schema.empty_table()
        table = pv.read_csv(file, **_options(schema))
    arrays = [_moment(column, field) for column, field in zip(table.columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def copy_batches(cursor: Any, query: str) -> pa.RecordBatchReader:
    """Return the rows of a query as `copy_out` does, a part at a time; the rest is on disk."""
    schema = _schema(cursor, query)
    file = _spool()
    if not _fetch(cursor, query, schema, file):
        return schema.empty_table().to_reader()

    def each() -> Iterator[pa.RecordBatch]:
        with file:
            for batch in pv.open_csv(file, **_options(schema)):
                arrays = map(_moment, batch.columns, schema)
                yield pa.record_batch(list(arrays), schema=schema)

    return pa.RecordBatchReader.from_batches(schema, each())


def _fetch(cursor: Any, query: str, schema: pa.Schema, file: BinaryIO) -> int:
    """Write the rows of a query to a file, at whose start it then stands; return its size."""
    columns = ", ".join(
        f"cast({quote(field.name)} as {column_type(field.type)})"
        + (" at time zone 'UTC'" if _zoned(field.type) else "")
        + f" as {quote(field.name)}"
        for field in schema
    )
    wanted = f"select {columns} from ({query}) as rows_read"
    cursor.copy_expert(f"copy ({wanted}) to stdout (format csv, force_quote *)", file)
    size = file.tell()
    file.seek(0)
    return size


def _options(schema: pa.Schema) -> dict[str, Any]:
    """Return how what `_fetch` wrote is read."""
    read = pa.schema([pa.field(f.name, pa.timestamp("us") if _zoned(f.type) else f.type)
                      for f in schema])  # fmt: skip
    return {
        "read_options": pv.ReadOptions(column_names=read.names, block_size=2**24),
        "parse_options": pv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        "convert_options": pv.ConvertOptions(
            column_types=read,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            check_utf8=False,
        ),
    }


def _moment(column: pa.Array | pa.ChunkedArray, field: pa.Field) -> pa.Array | pa.ChunkedArray:
    return pc.assume_timezone(column, "UTC") if _zoned(field.type) else column


def _schema(cursor: Any, query: str) -> pa.Schema:
    cursor.execute(f"select * from ({query}) as rows_described limit 0")
    fields = []
    for column in cursor.description:
        if column.type_code == _NUMERIC:
            bounded = column.precision is not None and column.precision < 1000
            kind = pa.decimal128(column.precision, column.scale) if bounded else UNCONSTRAINED
        else:
            kind = _BY_OID.get(column.type_code)
        if kind is None:
            raise EngineError(f"column {column.name} has a type that no relation here has")
        fields.append(pa.field(column.name, kind))
    return pa.schema(fields)


def _zoned(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind)) and kind.tz is not None


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_date(kind):
        return pa.date32()
    return kind


def _spool() -> BinaryIO:
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES))

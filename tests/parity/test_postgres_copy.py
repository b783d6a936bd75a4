"""Rows to PostgreSQL and back by COPY: every type, NULL, empty text, odd characters."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.errors import EngineError

SCHEMA = pa.schema(
    [
        ("flag", pa.bool_()),
        ("small", pa.int16()),
        ("whole", pa.int32()),
        ("big", pa.int64()),
        ("money", pa.decimal128(18, 2)),
        ("wide", pa.decimal128(38, 10)),
        ("single", pa.float32()),
        ("double", pa.float64()),
        ("text", pa.string()),
        ("day", pa.date32()),
        ("moment", pa.timestamp("us")),
        ("zoned", pa.timestamp("us", "UTC")),
    ]
)
NAIVE = datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC).replace(tzinfo=None)
ROWS = [
    dict.fromkeys(SCHEMA.names),
    {
        "flag": True, "small": -32768, "whole": 2**31 - 1, "big": -(2**63),
        "money": Decimal("-9999999999999999.99"), "wide": Decimal("0.0000000001"),
        "single": 0.1, "double": 0.1 + 0.2, "text": "", "day": date(1, 1, 1), "moment": NAIVE,
        "zoned": datetime(1999, 12, 31, tzinfo=UTC),
    },
    {
        "flag": False, "small": 0, "whole": -1, "big": 2**63 - 1, "money": Decimal("0.00"),
        "wide": Decimal("1234567890123456789012345678.0123456789"), "single": -1e30,
        "double": 5e-324, "text": 'a "quoted", comma;\r\nnew line \\N \\. ß 漢 NULL',
        "day": date(9999, 12, 31), "moment": NAIVE.replace(microsecond=0),
        "zoned": datetime(2024, 7, 1, 12, tzinfo=UTC),
    },
    {**dict.fromkeys(SCHEMA.names), "text": "\\N", "double": float("inf"), "flag": False},
    {**dict.fromkeys(SCHEMA.names), "text": " NaN ", "double": float("-inf"), "whole": 7},
]  # fmt: skip


def _there_and_back(table: pa.Table) -> pa.Table:
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        postgres_copy.create_table(cursor, "pg_temp.rows_copied", table.schema)
        assert postgres_copy.copy_in(cursor, "pg_temp.rows_copied", table) == table.num_rows
        return postgres_copy.copy_out(cursor, "select * from pg_temp.rows_copied")


@pytest.mark.usefixtures("server")
def test_every_type_comes_back_as_it_was() -> None:
    table = pa.Table.from_pylist(ROWS, schema=SCHEMA)
    assert _there_and_back(table).equals(table)


@pytest.mark.usefixtures("server")
def test_no_rows_keep_their_types() -> None:
    assert _there_and_back(SCHEMA.empty_table()).schema.equals(SCHEMA)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", SCHEMA.names)
def test_a_lone_column_of_nulls_keeps_its_rows(name: str) -> None:
    table = pa.table({name: pa.nulls(3, SCHEMA.field(name).type)})
    assert _there_and_back(table).equals(table)


@pytest.mark.usefixtures("server")
def test_random_doubles_and_texts_survive() -> None:
    rng = random.Random(7)
    letters = [chr(code) for code in (*range(1, 0x250), 0x1F600)]
    table = pa.table(
        {
            "double": [rng.uniform(-1, 1) * 10 ** rng.randint(-300, 300) for _ in range(5000)],
            "text": ["".join(rng.choices(letters, k=rng.randint(0, 9))) for _ in range(5000)],
        }
    )
    assert _there_and_back(table).equals(table)


def test_a_type_without_an_equal_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match="list"):
        postgres_copy.column_type(pa.list_(pa.int64()))

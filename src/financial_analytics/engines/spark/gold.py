"""Reads what was built in a Spark warehouse, as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from financial_analytics.engines.gold import SCHEMA, Gold
from financial_analytics.engines.spark import session as spark_session
from financial_analytics.settings import Settings


class SparkGold(Gold):
    """What was built in the Spark warehouse of this process's session."""

    engine = "spark"

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        rows: list[Sequence[Any]] = self._spark.sql(query).collect()
        return rows

    def relations(self) -> set[str]:
        """Return ``schema.relation`` of all tables and views."""
        return {
            f"{schema.namespace}.{row.tableName}"
            for schema in self._spark.sql("show schemas").collect()
            for row in self._spark.sql(f"show tables in `{schema.namespace}`").collect()
        }

    def has(self, schema: str, name: str) -> bool:
        """Tell whether a relation exists."""
        return bool(self._spark.catalog.tableExists(f"{schema}.{name}"))

    def quoted(self, name: str) -> str:
        """Return a name as a quoted identifier."""
        return f"`{name}`"

    def names(self) -> list[str]:
        """Return the relations of gold, in order."""
        if not self._spark.catalog.databaseExists(SCHEMA):
            return []
        tables = self._spark.sql(f"show tables in {SCHEMA}").collect()
        return sorted(str(row.tableName) for row in tables)

    def table(self, name: str, *, schema: str = SCHEMA, condition: str = "1 = 1") -> pa.Table:
        """Return one relation, of gold unless told otherwise, or its rows that meet a condition."""
        query = f"select * from {schema}.{self.quoted(name)} where {condition}"
        return self._spark.sql(query).toArrow()

    def batches(self, name: str, columns: Sequence[str]) -> pa.RecordBatchReader:
        """Return columns of one relation of gold, a part of the rows at a time.

        A partition each: what comes to the driver at once is bounded.
        """
        wanted = ", ".join(map(self.quoted, columns))
        query = f"select {wanted} from {SCHEMA}.{self.quoted(name)}"
        described = self._spark.catalog.listColumns(f"{SCHEMA}.{name}")
        parts = [self.quoted(column.name) for column in described if column.isPartition]
        if len(parts) != 1:
            return self._spark.sql(query).toArrow().to_reader()
        (part,) = parts
        months = self.rows(f"select distinct {part} from {SCHEMA}.{self.quoted(name)}")
        schema = self._spark.sql(f"{query} limit 0").toArrow().schema

        def each() -> Iterator[pa.RecordBatch]:
            for (month,) in sorted(months, key=str):
                value = "null" if month is None else f"'{month}'"
                rows = self._spark.sql(f"{query} where {part} <=> {value}").toArrow()
                yield from rows.cast(schema).to_batches()

        return pa.RecordBatchReader.from_batches(schema, each())


@contextmanager
def open_gold(settings: Settings) -> Iterator[SparkGold]:
    """Open what was built in the warehouse of this process's session.

    Raises
    ------
    EngineError
        If Java or pyspark is missing, or another process has the metastore.
    """
    yield SparkGold(spark_session.session())

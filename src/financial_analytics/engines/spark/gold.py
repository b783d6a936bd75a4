"""Reads the gold schema of a Spark warehouse, as Arrow."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from financial_analytics.engines.spark import session as spark_session
from financial_analytics.states import LEDGER_SCHEMA, LEDGER_TABLE, Ledger, ledger_of


class SparkGold:
    """Gold of the Spark warehouse of this process's session."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def names(self) -> list[str]:
        """Return the relations of gold, in order."""
        if not self._spark.catalog.databaseExists("gold"):
            return []
        return sorted(
            str(row.tableName) for row in self._spark.sql("show tables in gold").collect()
        )

    def table(self, name: str) -> pa.Table:
        """Return one relation."""
        return self._spark.table(f"gold.`{name}`").toArrow()

    def row_count(self, name: str) -> int:
        """Return the number of rows of one relation."""
        return int(self._spark.table(f"gold.`{name}`").count())

    def as_of(self) -> date | None:
        """Return the data clock, if there is one."""
        if not self._spark.catalog.tableExists("silver.data_clock"):
            return None
        rows = self._spark.sql("select as_of_date from silver.data_clock").collect()
        day: date | None = rows[0][0] if rows else None
        return day

    def bank(self) -> str | None:
        """Return the kind of bank that bronze holds, if it says so."""
        if not self._spark.catalog.tableExists("ingestion_raw_data._bank"):
            return None
        rows = self._spark.sql("select kind from ingestion_raw_data._bank").collect()
        return str(rows[0][0]) if rows else None

    def ledger(self) -> Ledger | None:
        """Return of which build each relation is, if the warehouse says so."""
        name = f"{LEDGER_SCHEMA}.{LEDGER_TABLE}"
        if not self._spark.catalog.tableExists(name):
            return None
        rows = self._spark.sql(f"select relation, state, is_building from {name}").collect()
        return ledger_of((row[0], row[1], row[2]) for row in rows)


def relations() -> set[str]:
    """Return ``schema.relation`` of all tables and views."""
    spark = spark_session.session()
    return {
        f"{schema.namespace}.{row.tableName}"
        for schema in spark.sql("show schemas").collect()
        for row in spark.sql(f"show tables in `{schema.namespace}`").collect()
    }


def newest_settings() -> str | None:
    """Return the variables that the newest build was given, as JSON; None if no build kept any."""
    spark = spark_session.session()
    if not spark.catalog.tableExists("builds.settings"):
        return None
    kept = spark.table("builds.settings").orderBy("build_number", ascending=False).first()
    return str(kept.variables) if kept else None


def bronze_counts() -> tuple[str, dict[str, int]]:
    """Return what the engine calls itself and the rows of each bronze table."""
    spark = spark_session.session()
    place = spark.conf.get("spark.sql.warehouse.dir")
    name = f"Spark {spark.version} ({spark.sparkContext.master}) at {place}"
    if not spark.catalog.databaseExists("ingestion_raw_data"):
        return name, {}
    tables = spark.sql("show tables in ingestion_raw_data").collect()
    names = sorted(str(row.tableName) for row in tables)
    return name, {
        table: int(spark.table(f"ingestion_raw_data.`{table}`").count()) for table in names
    }

"""Bronze on Spark: a batch is a partition, written from a file that the loader leaves.

Rows become visible when their partition is registered, which is one step, and a batch counts
once its line in ``_batches`` is written, which is the last. What a killed load leaves is dropped
by the next one, and the file is loaded again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.engines.spark import session as spark_session
from financial_analytics.engines.stores import (
    BRONZE_SCHEMA,
    LEDGERS,
    LOAD_COLUMNS,
    BronzeCounts,
    BronzeStore,
    BronzeTable,
    scratch_file,
)
from financial_analytics.errors import UserInputError
from financial_analytics.settings import Settings

_BATCHES = f"{BRONZE_SCHEMA}._batches"
_BANK = f"{BRONZE_SCHEMA}._bank"


class SparkStore:
    """The schema ``ingestion_raw_data`` of a Spark warehouse.

    Parameters
    ----------
    spark : SparkSession
        Of `spark_session.session`.
    loader_path : Path
        The loader's file.
    staging_dir : Path
        Where Parquet files lie between the loader and Spark; every executor must see it.
    """

    elsewhere = "FA_DATA_DIR=another-folder"

    def __init__(self, spark: Any, loader_path: Path, staging_dir: Path) -> None:
        self.loader_path = loader_path
        self.place = str(spark.conf.get("spark.sql.warehouse.dir"))
        self._spark = spark
        self._staging_dir = staging_dir

    def create(self, contract: Iterable[BronzeTable]) -> None:
        """Create the schema and its tables where absent."""
        self._spark.sql(f"create schema if not exists {BRONZE_SCHEMA}")
        present = self._tables()
        wanted = {
            table.name: {**{c.name: c.type for c in table.columns}, **LOAD_COLUMNS}
            for table in contract
        } | LEDGERS
        for name, columns in wanted.items():
            if name.lower() in present:
                known = set(self._spark.table(_bronze(name)).columns)
                added = {c: kind for c, kind in columns.items() if c not in known}
                if added:  # the contract has gained a column since
                    spelled = ", ".join(f"`{c}` {_type(kind)}" for c, kind in added.items())
                    self._spark.sql(f"alter table {_bronze(name)} add columns ({spelled})")
                continue
            spelled = ", ".join(f"`{column}` {_type(kind)}" for column, kind in columns.items())
            layout = "" if name == "_batches" else "partitioned by (_batch_id)"
            self._spark.sql(f"create table {_bronze(name)} ({spelled}) using parquet {layout}")

    def start(self, loader: Connection) -> None:
        """Drop what a killed load left, and bring the lists of batches and banks to the loader."""
        batches = self._spark.table(_BATCHES).toArrow()
        whole = set(batches.column("_batch_id").to_pylist())
        for name in self._tables() - {"_batches"}:
            for (partition,) in self._spark.sql(f"show partitions {_bronze(name)}").collect():
                batch_id = int(partition.split("=")[1])
                if batch_id not in whole:
                    self._spark.sql(
                        f"alter table {_bronze(name)} drop partition (_batch_id = {batch_id})"
                    )
        _insert(loader, "_batches", batches)
        _insert(loader, "_bank", self._spark.table(_BANK).toArrow())
        _insert(loader, "_keys", self._spark.table(_bronze("_keys")).toArrow())

    def fetch(self, loader: Connection, table: BronzeTable, keys: str) -> None:
        """Replace the loader's rows of `table` by the stored rows of the given keys."""
        loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(table.name)}")
        stored = self._spark.table(_bronze(table.name))
        if stored.isEmpty():
            return
        names = ", ".join(sql_name(name) for name in table.key)
        known = " and ".join(f"{sql_name(name)} is not null" for name in table.key)
        wanted = f"select distinct {names} from ({keys}) where {known}"
        with self._staged(loader, wanted) as file:
            found = stored.join(self._spark.read.parquet(file), list(table.key), "left_semi")
            _insert(loader, table.name, found.toArrow())

    def fetch_all(self, loader: Connection, table: BronzeTable) -> None:
        """Replace the loader's rows of `table` by all that are stored."""
        loader.execute(f"delete from {BRONZE_SCHEMA}.{sql_name(table.name)}")
        _insert(loader, table.name, self._spark.table(_bronze(table.name)).toArrow())

    def count_keys(self, loader: Connection, table: BronzeTable) -> int:
        """Count the keys in Spark."""
        (key,) = table.key
        return int(self._spark.table(_bronze(table.name)).select(key).distinct().count())

    def ship(self, loader: Connection, table: BronzeTable, batch_id: int) -> None:
        """Store a batch: its rows, its quarantined rows, whose it is, and last its line."""
        self._push(loader, table.name, batch_id, "_source_row")
        self._push(loader, "quarantine", batch_id, "source_row, column_name")
        self._push(loader, "_remarks", batch_id, "kind, words")
        self._push(loader, "_bank", batch_id, "kind")
        self._push(loader, "_extracts", batch_id, "extracted_at")
        self._push(loader, "_keys", batch_id, "table_name, kept_id")
        columns = ", ".join(LEDGERS["_batches"])
        query = f"select {columns} from {_BATCHES} where _batch_id = {int(batch_id)}"
        with self._staged(loader, query) as file:
            self._spark.sql(
                f"insert into {_BATCHES} ({columns}) select {columns} from parquet.`{file}`"
            )

    def orphans(
        self,
        loader: Connection,
        source: tuple[str, str],
        target: tuple[str, str],
        batch_ids: Sequence[int],
    ) -> tuple[int, int, Any]:
        """Count references of some batches that no stored row answers."""
        listed = ", ".join(str(int(batch)) for batch in batch_ids)
        name = f"`{source[1]}`"
        rows, keys, example = self._spark.sql(
            f"select count(*), count(distinct {name}), min({name}) from {_bronze(source[0])} as t"
            f" left anti join {_bronze(target[0])} as r on t.{name} = r.`{target[1]}`"
            f" where t._batch_id in ({listed}) and t.{name} is not null"
        ).collect()[0]
        return int(rows), int(keys), example

    def _tables(self) -> set[str]:
        rows = self._spark.sql(f"show tables in {BRONZE_SCHEMA}").collect()
        return {str(row.tableName) for row in rows}

    def _push(self, loader: Connection, name: str, batch_id: int, order: str) -> None:
        fields = self._spark.table(_bronze(name)).schema.fields
        names = [field.name for field in fields if field.name != "_batch_id"]
        columns = ", ".join(sql_name(column) for column in names)
        rows = f"from {BRONZE_SCHEMA}.{sql_name(name)} where _batch_id = {int(batch_id)}"
        if not loader.execute(f"select count(*) {rows}").fetchall()[0][0]:
            return
        listed = ", ".join(f"`{column}`" for column in names)
        with self._staged(loader, f"select {columns} {rows} order by {order}") as file:
            self._spark.sql(
                f"insert overwrite table {_bronze(name)} partition (_batch_id = {int(batch_id)})"
                f" select {listed} from parquet.`{file}`"
            )

    @contextmanager
    def _staged(self, loader: Connection, query: str) -> Iterator[str]:
        """Give the address of a Parquet file that holds a query's rows and is deleted after."""
        self._staging_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="push-", dir=self._staging_dir) as folder:
            file = Path(folder) / "rows.parquet"
            loader.execute(f"copy ({query}) to {sql_text(str(file))} (format parquet)")
            yield f"file://{file}"


@contextmanager
def open_store(settings: Settings, contract: Iterable[BronzeTable]) -> Iterator[SparkStore]:
    """Open the bronze of the Spark warehouse of these settings for one loader.

    Raises
    ------
    EngineError
        If Java or pyspark is missing, or another process has the metastore.
    """
    spark = spark_session.session(spark_session.parameters(settings.data_dir.absolute()))
    staging = os.environ.get("FA_SPARK_STAGING_DIR")
    with scratch_file(settings, "spark") as path:
        staging_dir = Path(staging) if staging else settings.data_dir.absolute() / "tmp"
        store = SparkStore(spark, path, staging_dir)
        store.create(contract)
        yield store


@contextmanager
def open_dry_store(
    settings: Settings, loader_path: Path, *, is_empty: bool
) -> Iterator[BronzeStore]:
    """Refuse: opening this warehouse creates its metastore.

    Raises
    ------
    UserInputError
        Always.
    """
    raise UserInputError(
        "a dry run is not there for this target",
        hint="run it with --target duckdb: what is known there is other, what is refused the same",
    )
    yield  # the form of the other stores


def run_all(settings: Settings, statements: Sequence[str]) -> None:
    """Refuse: bronze is plain Parquet there, which is not changed in place.

    Raises
    ------
    UserInputError
        Always.
    """
    raise UserInputError(
        "bronze of target spark is Parquet, which is not changed in place",
        hint="move its files away and load the feeds again",
    )


def bronze_counts(settings: Settings) -> BronzeCounts:
    """Return what the warehouse of this process's session holds.

    Raises
    ------
    EngineError
        If Java or pyspark is missing, or another process has the metastore.
    """
    spark = spark_session.session()
    place = spark.conf.get("spark.sql.warehouse.dir")
    engine = f"Spark {spark.version} ({spark.sparkContext.master}) at {place}"
    names: list[str] = []
    if spark.catalog.databaseExists(BRONZE_SCHEMA):
        tables = spark.sql(f"show tables in {BRONZE_SCHEMA}").collect()
        names = sorted(str(row.tableName) for row in tables)
    return BronzeCounts(engine, {name: int(spark.table(_bronze(name)).count()) for name in names})


def _bronze(name: str) -> str:
    return f"{BRONZE_SCHEMA}.`{name}`"


def _type(kind: str) -> str:
    return "string" if kind == "text" else kind


def _insert(loader: Connection, name: str, rows: Any) -> None:
    columns = ", ".join(sql_name(column) for column in rows.column_names)
    loader.register("fetched_rows", rows)
    try:
        loader.execute(
            f"insert into {BRONZE_SCHEMA}.{sql_name(name)} ({columns})"
            f" select {columns} from fetched_rows"
        )
    finally:
        loader.unregister("fetched_rows")

"""A throw-away warehouse for tests: feeds in, builds, whole relations out to compare."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from financial_analytics.build import BuildOptions, build, dbt_paths
from financial_analytics.ingest import ingest
from financial_analytics.ingest.marks import Mark, read_mark, write_mark
from financial_analytics.results import BuildResult
from financial_analytics.settings import Settings, find_project_dir
from financial_analytics.skipping.records import FILE_NAME

Row = Mapping[str, Any]
FIRST_LOAD = datetime(2026, 1, 1, 6, tzinfo=UTC).replace(tzinfo=None)

# What depends on the order of arrival and on nothing else.
ARRIVAL_COLUMNS = frozenset({"_batch_id", "_loaded_at", "_fingerprint"})


def write_feed(folder: Path, table: str, rows: Sequence[Row]) -> Path:
    """Write rows as ``<table>.csv``; None becomes an empty cell."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}.csv"
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


class Lab:
    """One data folder; loads are an hour apart, so that time of arrival only grows.

    Tests that share a folder (and start from `reset`) save dbt a full parse each.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.settings = Settings(
            project_dir=find_project_dir(), data_dir=folder, reports_dir=folder / "reports"
        )
        self.loads = 0
        self.mark: Mark | None = None

    def reset(self, warehouse: Path | None = None, *, loads: int = 0) -> None:
        """Start from what `keep` copied, or from nothing."""
        log = self.settings.data_dir / "logs" / "dbt.log"
        for path in (self.settings.warehouse_path, log, self._records):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "incoming", ignore_errors=True)  # loads are numbered anew
        if warehouse:
            self.settings.warehouse_path.write_bytes(warehouse.read_bytes())
            kept = warehouse.with_suffix(".json")
            if kept.exists():  # not where nothing but feeds was loaded
                self._records.parent.mkdir(parents=True, exist_ok=True)
                self._records.write_bytes(kept.read_bytes())
        self.loads = loads
        self.mark = None

    @property
    def _records(self) -> Path:
        return dbt_paths(self.settings, None)[0] / FILE_NAME

    def affected(self) -> dict[str, str]:
        """Return the partitions each incremental model found stale, from the log since `reset`.

        A model that ran twice shows its last verdict.
        """
        log = (self.settings.data_dir / "logs" / "dbt.log").read_text()
        return {
            line.split('"')[-2]: line.split("partitions ")[1].strip()
            for line in log.splitlines()
            if "affected partitions" in line
        }

    def load(self, feeds: Mapping[str, Sequence[Row]] | Path, **options: Any) -> Any:
        """Ingest rows by table, or the files of a folder; return the report."""
        self.loads += 1
        if isinstance(feeds, Path):
            path = feeds
            self.mark = read_mark(path) if path.is_dir() else None
        else:
            path = self.folder / "incoming" / f"{self.loads:03d}"
            for table, rows in feeds.items():
                write_feed(path, table, rows)
            if self.mark:  # rows made up for a synthetic bank belong to it
                write_mark(path, json.loads(self.mark.bank.parameters), complete=True)
        moment = FIRST_LOAD + timedelta(hours=self.loads)
        options.setdefault("extracted_at", moment)
        return ingest([path], settings=self.settings, loaded_at=moment, **options)

    def build(
        self,
        *select: str,
        full_refresh: bool = False,
        command: str = "run",
        is_skipping: bool = True,
        **variables: Any,
    ) -> BuildResult:
        """Run dbt (models alone unless `command` says otherwise)."""
        options = BuildOptions(
            select=select,
            full_refresh=full_refresh,
            variables=variables,
            command=command,
            is_skipping=is_skipping,
        )
        return build(self.settings, options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the warehouse."""
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def value(self, query: str) -> Any:
        """Return the one value of a query."""
        ((value,),) = self.rows(query)
        return value

    def relations(self, *schemas: str) -> list[str]:
        """Return ``schema.relation`` of every table of the schemas."""
        wanted = ", ".join(
            f"'{schema}'" for schema in schemas or ("silver", "gold", "gold_intermediate")
        )
        return [
            f"{schema}.{name}"
            for schema, name in self.rows(
                "select table_schema, table_name from information_schema.tables"
                f" where table_schema in ({wanted}) order by all"
            )
        ]

    def keep(self, name: str) -> Path:
        """Copy the warehouse file and its records aside and return the copy of the file."""
        copy = self.folder / f"{name}.duckdb"
        copy.write_bytes(self.settings.warehouse_path.read_bytes())
        if self._records.exists():
            copy.with_suffix(".json").write_bytes(self._records.read_bytes())
        return copy

    def differences(
        self, other: Path, relations: Iterable[str] | None = None, *, ignoring: Iterable[str] = ()
    ) -> dict[str, int]:
        """Return, by relation, how many rows differ from those in another warehouse file.

        Rows are compared cell by cell and with their multiplicity; a relation that only
        one side has counts as -1.
        """
        found: dict[str, int] = {}
        ignored = set(ignoring)
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            connection.execute(f"attach '{other}' as other (read_only)")
            for relation in relations or self.relations():
                schema, table = relation.split(".")
                columns = [
                    f'"{name}"'
                    for (name,) in connection.execute(
                        "select column_name from information_schema.columns where"
                        f" table_catalog = current_database() and table_schema = '{schema}'"
                        f" and table_name = '{table}'"
                    ).fetchall()
                    if name not in ignored
                ]
                here = f"select {', '.join(columns)}, 1 as side from {relation}"
                there = f"select {', '.join(columns)}, -1 as side from other.{relation}"
                try:
                    count = connection.execute(
                        "select coalesce(sum(abs(surplus)), 0) from (select sum(side) as surplus"
                        f" from ({here} union all {there}) group by {', '.join(columns)})"
                    ).fetchone()
                except duckdb.CatalogException:
                    found[relation] = -1
                    continue
                assert count is not None
                if count[0]:
                    found[relation] = count[0]
        return found

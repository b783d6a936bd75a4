"""Four models over a table of events, and builds of them that die where told."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from dbt.adapters.spark_python.connections import SessionCursor
from tests.support.spark import session

STAGED = """
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='id') }}
select id, event_month, amount, batch from small.events as event
where not exists (select 1 from small.events as newer where newer.id = event.id
    and newer.batch > event.batch)
{% if is_incremental() -%}
and batch > (select coalesce(max(batch), 0) from {{ this }})
{%- endif %}
"""
FACT = """
{{ config(
    materialized='incremental', incremental_strategy='replace_partitions',
    unique_key='event_month', partition_source='small.staged'
) }}
select id, event_month, amount from {{ ref('staged') }}
"""
SUMMARY = """
{{ config(materialized='table') }}
select event_month, sum(amount) as amount from {{ ref('fact') }} group by event_month
"""
YAML = """
models:
  - name: staged
    description: Events.
    config: {persist_docs: {relation: true, columns: true}}
    columns:
      - {name: id, description: "The event's key."}
      - {name: event_month, data_type: integer, description: Month of the event.}
"""
CHANGES = ("create table", "alter table", "drop table", "insert overwrite")


class Killed(BaseException):
    """Ends a build where it is; nothing of the adapter catches it or cleans up after it."""


class Events:
    """Four models over a table of events that come in batches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = folder / "data" / "spark" / "warehouse" / "small.db"
        self.spark = session(folder / "data")
        self.events: dict[int, tuple[int, int]] = {}
        self.batch = 0
        self.idle: set[int] = set()
        project = folder / "events"
        (project / "models").mkdir(parents=True)
        (project / "dbt_project.yml").write_text(
            "name: small\nversion: '1.0'\nprofile: small\n"
            "flags: {send_anonymous_usage_stats: false}\n"
        )
        (project / "profiles.yml").write_text(
            "small: {target: spark, outputs:"
            " {spark: {type: spark_python, schema: small, threads: 1}}}"
        )
        files = {"staged.sql": STAGED, "fact.sql": FACT, "summary.sql": SUMMARY, "all.yml": YAML}
        files["ledger.sql"] = STAGED  # without YAML, so without partitions
        for name, text in files.items():
            (project / "models" / name).write_text(text)
        self.spark.sql("create schema if not exists small")
        self.spark.sql(
            "create table small.events (id int, event_month int, amount int, batch int)"
            " using parquet"
        )

    def arrive(self, **rows: tuple[int, int]) -> None:
        """Add a batch of events ``e<id>=(month, amount)``; a known id is a correction."""
        self.batch += 1
        values = []
        for name, (month, amount) in rows.items():
            key = int(name[1:])
            self.events[key] = (month, amount)
            values.append(f"({key}, {month}, {amount}, {self.batch})")
        self.spark.sql(f"insert into small.events values {', '.join(values)}")

    def run(self, *options: str) -> bool:
        """Run all models; tell whether they were built."""
        place = str(self.folder / "events")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("FA_DATA_DIR", str(self.folder / "data"))
            arguments = [
                "--single-threaded",
                "run",
                "--project-dir",
                place,
                "--profiles-dir",
                place,
                "--quiet",
                *options,
            ]
            return bool(dbtRunner().invoke(arguments).success)

    def run_until(self, count: int | None = None, *, words: str | None = None) -> list[str]:
        """Run, and die before the change number `count`, or the first that starts with `words`.

        Returns the changes asked for, the last one included.

        `idle` then holds the numbers of those that found nothing to change.
        """
        changes: list[str] = []
        self.idle = set()
        plain = SessionCursor.execute

        def execute(cursor: SessionCursor, sql: str, *parameters: Any) -> None:
            text = sql.split("*/", 1)[-1].strip().lower()
            if text.startswith(CHANGES):
                changes.append(" ".join(text.split()[:6]))
                if count is not None and len(changes) > count:
                    raise Killed
                if words is not None and changes[-1].startswith(words):
                    raise Killed
                found = self.spark.catalog.tableExists
                if text.startswith("drop table if exists") and not found(text.split()[4]):
                    self.idle.add(len(changes) - 1)
            plain(cursor, sql, *parameters)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(SessionCursor, "execute", execute)
            with contextlib.suppress(Killed):
                self.run()
        return changes

    def assert_right(self) -> None:
        """Compare the four tables with what the events say."""
        rows = {(key, month, amount) for key, (month, amount) in self.events.items()}
        for name in ("staged", "ledger", "fact"):
            found = self.spark.sql(f"select id, event_month, amount from small.{name}").collect()
            assert Counter(map(tuple, found)) == Counter(rows), name
        sums: Counter[int] = Counter()
        for month, amount in self.events.values():
            sums[month] += amount
        summary = self.spark.sql("select event_month, amount from small.summary").collect()
        assert dict(map(tuple, summary)) == sums
        names = {row.tableName for row in self.spark.sql("show tables in small").collect()}
        assert names == {"events", "staged", "ledger", "fact", "summary"}

    def news(self, turn: int) -> None:
        """Correct one event, empty the month of another, add one."""
        self.arrive(
            e1=(202401, turn),
            e4=(202403 + turn % 2, turn),
            **{f"e{100 + turn}": (202405 + turn % 3, 1)},
        )

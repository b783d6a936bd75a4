"""A build on Spark that dies between any two of its statements, or inside one, repairs itself."""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner
from tests.support.spark import session

from dbt.adapters.spark_python.connections import SessionCursor

STAGED = """
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='id') }}
select id, event_month, amount, batch from small.events
{% if is_incremental() -%}
where batch > (select coalesce(max(batch), 0) from {{ this }})
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
    columns: [{name: event_month, data_type: integer}]
"""
CHANGES = ("create table", "alter table", "drop table", "insert overwrite")


class Killed(BaseException):
    """Ends a build where it is; nothing of the adapter catches it or cleans up after it."""


class Small:
    """Three models over a table of events that come in batches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spark = session(folder / "data")
        self.events: dict[int, tuple[int, int]] = {}
        self.batch = 0
        project = folder / "project"
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

    def run(self) -> bool:
        """Run all models; tell whether they were built."""
        place = str(self.folder / "project")
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
            ]
            return bool(dbtRunner().invoke(arguments).success)

    def run_until(self, count: int | None) -> list[str]:
        """Run, and die before the change number `count`; return the changes asked for."""
        changes: list[str] = []
        plain = SessionCursor.execute

        def execute(cursor: SessionCursor, sql: str, *parameters: Any) -> None:
            text = sql.split("*/", 1)[-1].strip().lower()
            if text.startswith(CHANGES):
                changes.append(" ".join(text.split()[:6]))
                if count is not None and len(changes) > count:
                    raise Killed
            plain(cursor, sql, *parameters)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(SessionCursor, "execute", execute)
            with contextlib.suppress(Killed):
                self.run()
        return changes

    def assert_right(self) -> None:
        """Compare the three tables with what the events say."""
        rows = {(key, month, amount) for key, (month, amount) in self.events.items()}
        for name in ("staged", "fact"):
            found = self.spark.sql(f"select id, event_month, amount from small.{name}").collect()
            assert Counter(map(tuple, found)) == Counter(rows), name
        sums: Counter[int] = Counter()
        for month, amount in self.events.values():
            sums[month] += amount
        summary = self.spark.sql("select event_month, amount from small.summary").collect()
        assert dict(map(tuple, summary)) == sums
        names = {row.tableName for row in self.spark.sql("show tables in small").collect()}
        assert names == {"events", "staged", "fact", "summary"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """Return the three models, built once."""
    small = Small(tmp_path_factory.mktemp("kill"))
    small.arrive(e1=(202401, 10), e2=(202401, 20), e3=(202402, 30), e4=(202403, 40))
    assert small.run()
    small.assert_right()
    yield small


def _news(small: Small, turn: int) -> None:
    """Correct one event, empty the month of another, add one."""
    small.arrive(
        e1=(202401, turn),
        e4=(202403 + turn % 2, turn),
        **{f"e{100 + turn}": (202405 + turn % 3, 1)},
    )


@pytest.mark.spark_bank
def test_killed_between_any_two_changes(small: Small) -> None:
    _news(small, 0)
    changes = small.run_until(None)
    small.assert_right()
    assert any("insert overwrite table small.staged" in change for change in changes)
    assert any("rename" in change for change in changes)
    for count in range(len(changes)):
        _news(small, count + 1)
        small.run_until(count)
        assert small.run(), f"after {changes[count]}"
        small.assert_right()


@pytest.mark.spark_bank
def test_killed_inside_a_change(small: Small) -> None:
    warehouse = small.folder / "data" / "spark" / "warehouse" / "small.db"
    for name in ("staged__dbt_new", "fact__dbt_redo", "summary__dbt_old"):
        shutil.copytree(warehouse / "fact", warehouse / name)  # files without a table
    _news(small, 50)
    redo = next(n for n, c in enumerate(_steps(small)) if "insert overwrite table small.fact" in c)
    _news(small, 51)
    small.run_until(redo)
    shutil.rmtree(warehouse / "fact" / "event_month=202401")  # overwritten half
    small.spark.sql("refresh table small.fact")
    assert small.run()
    small.assert_right()


def _steps(small: Small) -> list[str]:
    changes = small.run_until(None)
    small.assert_right()
    return changes

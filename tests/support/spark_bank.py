"""The same feeds in a warehouse of the embedded engine and in one of Spark, side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from financial_analytics import cli
from financial_analytics.build import BuildOptions, build
from financial_analytics.engines.duckdb.session import open_warehouse
from financial_analytics.ingest import ingest
from tests.support.lab import FIRST_LOAD, Lab
from tests.support.parity import Cells, differences
from tests.support.spark import session

SCHEMAS = ("ingestion_raw_data", "silver", "silver_vault", "gold_intermediate", "gold")
LONGEST_SECONDS = 1200.0


class Pair:
    """Both warehouses, in one folder; loads are an hour apart."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder)
        self.faults: dict[str, dict[str, list[str]]] = {}
        self.row_counts: dict[str, dict[str, int]] = {}
        self.built_before_the_kill = 0

    @property
    def spark(self) -> Any:
        """The session of this process."""
        return session(self.lab.folder)

    def load(self, feeds: Path | Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Load rows by table, or the files of a folder, into both."""
        report = self.lab.load(feeds)
        path, moment = self._last_load(feeds)
        other = ingest(
            [path],
            settings=self.lab.settings,
            loaded_at=moment,
            extracted_at=moment,
            target="spark",
        )
        assert [(f.table, f.batch_id, f.counts) for f in other.files] == [
            (f.table, f.batch_id, f.counts) for f in report.files
        ]

    def load_by_command(self, feeds: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Load rows into both, into Spark by ``fa ingest``."""
        self.lab.load(feeds)
        path, moment = self._last_load(feeds)
        self.command("ingest", str(path), "--loaded-at", f"{moment}", "--extracted-at", f"{moment}")

    def _last_load(self, feeds: Any) -> tuple[Path, datetime]:
        number = self.lab.loads
        path = feeds if isinstance(feeds, Path) else self.lab.folder / "incoming" / f"{number:03d}"
        return path, FIRST_LOAD + timedelta(hours=number)

    def build(self) -> None:
        """Build all models on Spark."""
        options = BuildOptions(command="run", target="spark")
        build(self.lab.settings, options)

    def command(self, *arguments: str) -> None:
        """Run ``fa … --target spark`` on the session of this process."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("FA_DATA_DIR", str(self.lab.folder))
            assert cli.run([*arguments, "--target", "spark"]) == 0

    def build_killed(self, words: str) -> None:
        """Run ``fa build`` in a process of its own, and kill it once its log says `words`.

        Its JVM dies with it. The models that it has built are counted.
        """
        log = self.lab.folder / "logs" / "dbt.log"
        before = log.stat().st_size
        child = subprocess.Popen(
            [sys.executable, "-m", "financial_analytics.cli",
             "build", "--no-tests", "--target", "spark"],
            env=self._environment(),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + LONGEST_SECONDS
        said = ""
        try:
            with log.open(encoding="utf-8") as lines:
                lines.seek(before)
                while words not in said:
                    assert child.poll() is None, "the build ended before it came so far"
                    assert time.monotonic() < until, said[-2000:]
                    time.sleep(0.02)
                    said += lines.read()
        finally:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.built_before_the_kill = said.count(" OK created ")

    def compare(self, stage: str) -> None:
        """Remember what differs, and how many rows there are, by relation."""
        faults, counts = {}, {}
        for name in self.relations():
            ours = self._embedded(name)
            theirs: pa.Table = self.spark.table(name).toArrow()
            faults[name] = differences(Cells("duckdb", ours), Cells("spark", theirs))
            counts[name] = ours.num_rows
        self.faults[stage], self.row_counts[stage] = faults, counts

    def relations(self) -> list[str]:
        """Return all relations, bronze and quarantine included."""
        return self.lab.relations(*SCHEMAS)

    def spark_relations(self) -> list[str]:
        """Return those that Spark has."""
        return sorted(
            f"{schema}.{row.tableName}"
            for schema in SCHEMAS
            for row in self.spark.sql(f"show tables in {schema}").collect()
        )

    def _embedded(self, name: str) -> pa.Table:
        with open_warehouse(self.lab.settings.warehouse_path, read_only=True) as connection:
            return connection.sql(f"select * from {name}").to_arrow_table()

    def _environment(self) -> dict[str, str]:
        debug = {"FA_LOG_LEVEL": "debug"}  # statements are what a build is killed in
        return {**os.environ, **debug, "FA_DATA_DIR": str(self.lab.folder)}

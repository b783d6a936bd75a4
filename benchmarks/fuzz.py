"""A million wrong rows: is there a traceback, a row that is lost, or a personal value in a message?

    .venv/bin/python benchmarks/fuzz.py [--rows 1000000] [--first 1] [--minutes 60] [--only csv]

Every file is made from its number: rows of a table of the contract, personal data as markers, then
spoilt in cells (`CELLS`), lines and bytes, and loaded as CSV, as Parquet, through a mapping or
through a connector into a warehouse that holds earlier files. After each

- nothing but an error of ours may have been raised;
- read = accepted + duplicates + quarantined, in the report and in the tables;
- no marker is in a message, in quarantine or in the list of batches.

Files are loaded in a process of its own, which is begun anew if it dies or takes too long.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import fuzzed, markers

from financial_analytics.errors import (
    EngineError,
    FeedError,
    FinancialAnalyticsError,
    UserInputError,
)
from financial_analytics.ingest import as_text, ingest
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import Settings, find_project_dir

FILES_IN_A_WAREHOUSE = 150
PATIENCE_SECONDS = 120.0
START = datetime(2026, 1, 1, tzinfo=UTC)


class Desk:
    """Loads one spoilt file after the other, and looks at what became of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contract = load_contract(find_project_dir())
        self.marked: set[str] = set()
        self.loads = 0
        self.settings = Settings(find_project_dir(), folder / "data", folder / "reports")

    def load(self, number: int, only: str | None) -> dict[str, Any]:
        """Load the file of a number; return rows, what became of it, and every fault found."""
        if self.loads % FILES_IN_A_WAREHOUSE == 0:
            shutil.rmtree(self.settings.data_dir, ignore_errors=True)
        self.loads += 1
        feeds = self.folder / "feeds"
        shutil.rmtree(feeds, ignore_errors=True)
        feeds.mkdir(parents=True)
        rng = random.Random(number)
        made = fuzzed.make(rng, feeds, self.contract, only)
        self.marked = made.marked
        found: dict[str, Any] = {"number": number, "kind": made.kind, "rows": 0, "faults": []}
        try:
            report = ingest(
                [feeds], settings=self.settings, loaded_at=START + timedelta(hours=self.loads),
                max_quarantined_pct=100, **made.options,
            )  # fmt: skip
        except EngineError as error:
            found["faults"].append(f"EngineError: {error.message}")
        except (FeedError, UserInputError) as error:
            found["outcome"] = "refused"
            self._look(found, f"{error.message} {error.hint}")
        except FinancialAnalyticsError as error:
            found["faults"].append(f"{type(error).__name__}: {error.message}")
        except Exception:
            found["faults"].append(traceback.format_exc(limit=-4))
        else:
            found["outcome"] = "loaded" if report.files else "refused"
            found["rows"] = report.totals.read
            found["quarantined"] = report.totals.quarantined
            self._look(found, as_text(report, width=10_000))
            self._look(found, " ".join(f"{r.message} {r.hint}" for r in report.refused))
            self._count(found, report)
            if made.rows is not None and report.files and report.totals.read != made.rows:
                found["faults"].append(f"{made.rows} rows written, {report.totals.read} read")
        return found

    def _look(self, found: dict[str, Any], text: str) -> None:
        for leak in markers.leaks(text, self.marked):
            if not any(fault.startswith(f"marker {leak!r}") for fault in found["faults"]):
                found["faults"].append(f"marker {leak!r} in: {text[:2000]}")

    def _count(self, found: dict[str, Any], report: Any) -> None:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            for file in report.files:
                c = file.counts
                if c.read != c.accepted + c.duplicates + c.quarantined:
                    found["faults"].append(f"sums: {c}")
                if file.already_loaded:
                    continue
                ((stored, aside),) = connection.execute(
                    f"select (select count(*) from ingestion_raw_data.{file.table}"
                    " where _batch_id = $1), (select count(distinct source_row)"
                    " from ingestion_raw_data.quarantine where _batch_id = $1)",
                    [file.batch_id],
                ).fetchall()
                if (stored, aside) != (c.accepted, c.quarantined):
                    found["faults"].append(f"tables: {stored}, {aside}; said: {c}")
                for (line,) in connection.execute(
                    "select concat_ws(' | ', column_name, rejected_value, reason, raw_row)"
                    " from ingestion_raw_data.quarantine where _batch_id = $1",
                    [file.batch_id],
                ).fetchall():
                    self._look(found, line)


def worker(first: int, only: str | None) -> None:
    """Load files from a number on, and print what became of each, until told to stop."""
    with tempfile.TemporaryDirectory(prefix="fa-fuzz-") as folder:
        desk = Desk(Path(folder))
        number = first
        while True:
            print(json.dumps({"begun": number}), flush=True)
            print(json.dumps(desk.load(number, only)), flush=True)
            number += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--only", choices=fuzzed.KINDS)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        worker(given.first, given.only)
        return
    began, number = time.monotonic(), given.first
    sums: Counter[str] = Counter()
    while sums["rows"] < given.rows and time.monotonic() - began < 60 * given.minutes:
        number = _listen(given, number, sums, began)
    seconds = time.monotonic() - began
    print(
        f"{sums['rows']:,} rows of {sums['files']:,} files in {seconds:,.0f} s: "
        f"{sums['loaded']:,} files loaded, {sums['refused']:,} refused, "
        f"{sums['quarantined']:,} rows in quarantine, {sums['faults']:,} faults"
    )
    print(", ".join(f"{kind} {sums[kind]:,}" for kind in fuzzed.KINDS))
    sys.exit(1 if sums["faults"] else 0)


def _listen(given: Any, number: int, sums: Counter[str], began: float) -> int:
    """Hear a worker until it dies or is done; return the number that comes next."""
    command = [sys.executable, __file__, "--worker", "--first", str(number)]
    command += ["--only", given.only] if given.only else []
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=tempfile.gettempdir()
    )
    assert isinstance(process.stdout, io.TextIOBase)
    timer = threading.Timer(PATIENCE_SECONDS, process.kill)
    timer.start()
    for line in process.stdout:
        said = json.loads(line)
        timer.cancel()
        if "begun" in said:
            number = said["begun"]
            timer = threading.Timer(PATIENCE_SECONDS, process.kill)
            timer.start()
            continue
        sums.update({"files": 1, said["kind"]: 1, "rows": said["rows"]})
        sums.update({said.get("outcome", "broken"): 1, "quarantined": said.get("quarantined", 0)})
        for fault in dict.fromkeys(said["faults"]):
            sums["faults"] += 1
            print(f"number {said['number']} ({said['kind']}): {fault}", flush=True)
        late = time.monotonic() - began > 60 * given.minutes
        if sums["rows"] >= given.rows or late:
            process.kill()
            process.wait()
            timer.cancel()
            return number + 1
    timer.cancel()
    code = process.wait()
    errors.seek(0)
    sums["faults"] += 1
    print(f"number {number}: the process ended with {code}: {errors.read()[-1500:]}", flush=True)
    return number + 1


if __name__ == "__main__":
    main()

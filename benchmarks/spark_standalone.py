"""The same bank on a Spark cluster of three processes and in one process: same rows, what it costs.

    .venv/bin/python benchmarks/spark_standalone.py [--customers 100] [--transactions 3000]
        [--deltas 1] [--select '*']

Starts a standalone master and two workers of one core each on the loopback address, on free ports,
from the files of the wheel; loads and builds the bank there and, for comparison, in this machine's
``local[2]``; compares the published analytics and two tables cell by cell, and stops the cluster
whatever happens. CPU and memory are those of all processes together, cluster included.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyspark
from engines import _measured as measured

from financial_analytics.settings import find_project_dir
from financial_analytics.synthetic import generate, load_config

sys.path.insert(0, str(find_project_dir()))  # the comparer of the parity tests
from tests.support.parity import Cells, differences

HOST = "127.0.0.1"
WORKERS = 2
START_SECONDS = 120.0
TABLES = ("dim_customer", "fact_transactions")
SELECTED = ["+analytics_transaction_by_channel"]


def free_port() -> int:
    """Return a port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Start a master and the workers; give the master's address, and stop all at the end."""
    folder.mkdir()
    port = free_port()
    address = f"spark://{HOST}:{port}"
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> None:
        spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
        with (folder / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [str(spark_class), *arguments],
                    env={**os.environ, "SPARK_LOCAL_IP": HOST},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # so that a worker's executors end with it
                )
            )

    try:
        web = ("--host", HOST, "--webui-port", str(free_port()))
        start("master", "org.apache.spark.deploy.master.Master", "--port", str(port), *web)
        _wait(folder / "master.log", "I have been elected leader", started)
        for number in range(WORKERS):
            start(
                f"worker-{number}", "org.apache.spark.deploy.worker.Worker", address,
                "--host", HOST, "--webui-port", str(free_port()), "--cores", "1",
                "--memory", "1g", "--work-dir", str(folder / f"work-{number}"),
            )  # fmt: skip
        for number in range(WORKERS):
            _wait(folder / f"worker-{number}.log", "Successfully registered", started)
        yield address
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(log: Path, words: str, started: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + START_SECONDS
    while words not in log.read_text(errors="replace"):
        if time.monotonic() > until or any(process.poll() is not None for process in started):
            raise SystemExit(f"{log.stem} does not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)


def fa(*arguments: str, environment: dict[str, str]) -> None:
    """Run one ``fa`` command in a process of its own."""
    command = [sys.executable, "-m", "financial_analytics.cli", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")


def load_and_build(label: str, folder: Path, feeds: Any, master: str, select: list[str]) -> None:
    """Ingest, build, ingest a day, build again; print what each step costs."""
    environment = {
        "FA_TARGET": "spark", "FA_SPARK_MASTER": master, "FA_DATA_DIR": str(folder),
        "FA_PROJECT_DIR": str(find_project_dir()), "FA_PERSIST_DOCS": "false",
    }  # fmt: skip
    for number, path in enumerate(feeds.batches):
        moment = f"2026-01-02T{number + 1:02d}:00:00"
        with measured(f"{label}: ingest {path.name}", None):
            fa(
                "ingest", str(path), "--loaded-at", moment,
                "--extracted-at", str(feeds.extracted_at[path]), environment=environment,
            )  # fmt: skip
        with measured(f"{label}: build {number + 1}", None):
            fa("build", "--no-tests", "--select", " ".join(select), environment=environment)


def relations(folder: Path) -> dict[str, Cells]:
    """Return the published analytics and some tables of a data folder."""
    found = {}
    with duckdb.connect(str(folder / "published" / "warehouse.duckdb"), read_only=True) as gold:
        names = gold.execute(
            "select table_name from information_schema.tables where table_name <> 'run_info'"
        ).fetchall()
        for (name,) in names:
            found[name] = gold.sql(f"select * from gold.{name}").to_arrow_table()
    for name in TABLES:
        files = folder / "spark" / "warehouse" / "gold.db" / name / "**" / "*.parquet"
        query = f"select * from read_parquet('{files}', hive_partitioning = true)"
        found[name] = duckdb.sql(query).to_arrow_table()
    return {name: Cells(folder.name, table) for name, table in found.items()}


def main() -> None:
    """Generate the bank, run it both ways, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100)
    parser.add_argument("--transactions", type=int, default=3_000)
    parser.add_argument("--deltas", type=int, default=1, help="days after the first load")
    parser.add_argument("--select", nargs="+", default=SELECTED, help="models, as dbt selects")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through every `finally`
    folder = Path(tempfile.mkdtemp(prefix="fa-standalone-"))
    try:
        bank = load_config(
            customers=given.customers, transactions=given.transactions, deltas=given.deltas
        )
        feeds = generate(bank, folder / "feeds")
        print(f"{given.customers:,} customers, {given.transactions:,} transactions\n")
        print(f"{'':<32} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}")
        with cluster(folder / "logs") as address:
            load_and_build("standalone", folder / "standalone", feeds, address, given.select)
            executors = len(list((folder / "logs").glob("work-*/app-*/*/stderr")))
        load_and_build("local[2]", folder / "local", feeds, "local[2]", given.select)
        one, other = relations(folder / "local"), relations(folder / "standalone")
        apart = {
            name: faults
            for name in sorted({*one, *other})
            if (faults := differences(one[name], other[name]))
        }
        rows = sum(cells.table.num_rows for cells in one.values())
        print(f"\n{executors} executors ran; {len(one)} relations compared, {rows:,} rows")
        if apart:
            raise SystemExit(f"{len(apart)} differ: {apart}")
        print("all equal")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

"""A full build and an incremental one on each engine: wall and CPU seconds, peak memory.

    .venv/bin/python benchmarks/engines.py [--transactions 1000000] [--engines duckdb postgres]

CPU and memory are those of this process's children and of the private server together. The
server has default settings; jit is off in dbt's sessions, as always. Models alone, no data tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from financial_analytics.engines.postgres_server import private_server
from financial_analytics.settings import find_project_dir
from financial_analytics.synthetic import generate, load_config

TICKS = os.sysconf("SC_CLK_TCK")
PER_CUSTOMER = 50
DEFAULT_SETTINGS = {"listen_addresses": "127.0.0.1"}


def _family(pid: int) -> list[int]:
    """Return a process and everything below it."""
    found, fresh = [], [pid]
    while fresh:
        current = fresh.pop()
        found.append(current)
        for task in Path(f"/proc/{current}/task").glob("*/children"):
            try:
                fresh += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _cpu(pid: int) -> float:
    """Return CPU seconds of a process, its dead children and its live ones."""
    total = 0
    for member in _family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / TICKS


def _memory(pids: list[int]) -> int:
    """Return bytes that the families use, shared pages counted once among those who share."""
    total = 0
    for pid in pids:
        for member in _family(pid):
            try:
                lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return total


@contextmanager
def _measured(label: str, server: int | None) -> Any:
    """Print wall, CPU and peak memory of what happens inside."""
    peak, stop = [0], threading.Event()
    pids = [os.getpid(), *([server] if server else [])]

    def watch() -> None:
        while not stop.wait(0.3):
            peak[0] = max(peak[0], _memory(pids))

    watcher = threading.Thread(target=watch, daemon=True)
    before = sum(map(_cpu, pids))
    start = time.perf_counter()
    watcher.start()
    yield
    wall = time.perf_counter() - start
    stop.set()
    watcher.join()
    cpu = sum(map(_cpu, pids)) - before
    print(f"{label:<32} {wall:8.1f} {cpu:8.1f} {peak[0] / 2**20:9.0f}", flush=True)


def _fa(*arguments: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "financial_analytics.cli", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr.strip()}")


def run_engine(engine: str, feeds: Any, folder: Path) -> None:
    """Load and build the bank on one engine, then the deltas."""
    settings = private_server(DEFAULT_SETTINGS) if engine == "postgres" else nullcontext({})
    with settings as variables:
        server = int(variables["POSTGRES_PID"]) if variables else None
        environment = {
            **variables, "FA_TARGET": engine, "FA_DATA_DIR": str(folder),
            "FA_PROJECT_DIR": str(find_project_dir()),
        }  # fmt: skip
        hours = iter(range(1, 24))

        def ingest(paths: list[Path]) -> None:
            for path in paths:
                _fa(
                    "ingest", str(path), "--loaded-at", f"2026-01-02T{next(hours):02d}:00:00",
                    "--extracted-at", str(feeds.extracted_at[path]), environment=environment,
                )  # fmt: skip

        def build() -> None:
            _fa("build", "--no-tests", "--no-publish", environment=environment)

        with _measured(f"{engine}: ingest", server):
            ingest(feeds.batches[:1])
        with _measured(f"{engine}: full build", server):
            build()
        with _measured(f"{engine}: ingest of a day", server):
            ingest(feeds.batches[1:])
        with _measured(f"{engine}: incremental build", server):
            build()


def main() -> None:
    """Generate one bank and measure each engine with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--engines", nargs="+", default=["duckdb", "postgres", "spark"])
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fa-engines-"))
    try:
        customers = max(given.transactions // PER_CUSTOMER, 100)
        bank = load_config(customers=customers, transactions=given.transactions, deltas=1)
        feeds = generate(bank, folder / "feeds")
        print(f"{given.transactions:,} transactions\n")
        print(f"{'':<32} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}")
        for engine in given.engines:
            run_engine(engine, feeds, folder / engine)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

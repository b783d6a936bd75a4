"""A full build and an incremental one on each engine: wall and CPU seconds, peak memory.

    .venv/bin/python benchmarks/engines.py --engine postgres [--transactions 1000000]

Writes a synthetic bank (`--feeds` keeps it for the next run), loads and builds it, then loads one
day of deltas and a file of transactions that are up to two years late or corrected, and builds
again. CPU and memory are those of the commands (the JVM of Spark is one of their children) and of
a private PostgreSQL server, which has default settings; docs/engines.md names what the sessions
of the builder set. Models alone, no data tests. The slowest models of each build follow.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import date, timedelta
from pathlib import Path

import duckdb

from financial_analytics.build import BuildOptions, build
from financial_analytics.ingest.marks import write_mark
from financial_analytics.settings import find_project_dir, load_settings
from financial_analytics.synthetic import generate, load_config

sys.path.insert(0, str(find_project_dir()))  # the private server of the tests
from tests.support.postgres_server import private_server

ENGINES = ("duckdb", "postgres", "spark")
TICKS = os.sysconf("SC_CLK_TCK")
PER_CUSTOMER = 50
DEFAULT_SETTINGS: dict[str, str] = {}
SLOWEST = 12
SAMPLE_SECONDS = 0.5
LATE = """
copy (
    select
        * exclude (n) replace (
            case when n % 2 = 0 then transaction_id + 1000000000 else transaction_id end
                as transaction_id,
            case when n % 2 = 0 then amount else amount + 1 end as amount
        )
    from (
        select *, row_number() over (order by transaction_id) as n
        from '{feed}'
    )
    where n % {step} in (0, 1)
        and transaction_date >= (select max(transaction_date) from '{feed}') - interval 2 year
) to '{late}' (format parquet)
"""


def _family(pid: int) -> list[int]:
    """Return a process and everything below it."""
    found, fresh = [], [pid]
    while fresh:
        current = fresh.pop()
        found.append(current)
        with suppress(OSError):  # it ended meanwhile
            for task in Path(f"/proc/{current}/task").glob("*/children"):
                with suppress(OSError):  # one thread of it did
                    fresh += [int(child) for child in task.read_text().split()]
    return found


def _cpu(pid: int, *, itself: bool = True) -> float:
    """Return CPU seconds of a process (or only of its children, dead and alive)."""
    total = 0
    for member in _family(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        first = 11 if itself or member != pid else 13
        total += sum(int(value) for value in fields[first:15])
    return total / TICKS


def _memory(pids: list[int]) -> int:
    """Return bytes that the families use, shared pages counted once among those who share.

    This process, which only watches, is not counted.
    """
    total = 0
    for pid in pids:
        for member in _family(pid):
            if member == os.getpid():
                continue
            try:
                lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
    return total


@contextmanager
def _measured(label: str, server: int | None) -> Iterator[None]:
    """Print wall seconds, CPU seconds and peak memory of what happens inside."""
    peak, stop = [0], threading.Event()
    own = os.getpid()
    others = [server] if server and server not in _family(own) else []

    def cpu() -> float:
        return _cpu(own, itself=False) + sum(map(_cpu, others))

    def watch() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], _memory([own, *others]))

    watcher = threading.Thread(target=watch, daemon=True)
    before, start = cpu(), time.perf_counter()
    watcher.start()
    yield
    wall = time.perf_counter() - start
    stop.set()
    watcher.join()
    print(f"{label:<34} {wall:8.1f} {cpu() - before:8.1f} {peak[0] / 2**20:9.0f}", flush=True)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 3):  # 3: rows were quarantined, which is planted
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def _build_and_time(engine: str, timings: Path) -> None:
    """Build all models and write the seconds of each: the body of the measured process."""
    result = build(load_settings(), BuildOptions(target=engine, command="run"))
    seconds = sorted(((node.seconds, node.name) for node in result.nodes), reverse=True)
    timings.write_text(json.dumps(seconds))


def _late_file(full: Path, transactions: int, folder: Path) -> Path:
    """Write some 1,000 late and 1,000 corrected transactions of the last two years."""
    folder.mkdir(parents=True, exist_ok=True)
    late = folder / "transactions.parquet"
    step = max(transactions // 2_500 * 2, 2)
    duckdb.sql(LATE.format(feed=full / "transactions.parquet", late=late, step=step))
    return folder


def run_engine(engine: str, batches: list[tuple[Path, str]], folder: Path) -> None:
    """Load and build the bank on one engine, then the deltas.

    Parameters
    ----------
    engine : str
        dbt target.
    batches : list of (Path, str)
        Folders to ingest and the day each was written: the full load, then all others.
    folder : Path
        Where the data folder of this run is made.
    """
    settings = private_server(DEFAULT_SETTINGS) if engine == "postgres" else nullcontext({})
    with settings as variables:
        server = int(variables["POSTGRES_PID"]) if variables else None
        environment = {
            **variables, "FA_TARGET": engine, "FA_DATA_DIR": str(folder),
            "FA_PROJECT_DIR": str(find_project_dir()),
        }  # fmt: skip
        hours = iter(range(1, 24))
        slowest: dict[str, list[tuple[float, str]]] = {}

        def load(label: str, given: list[tuple[Path, str]]) -> None:
            with _measured(f"{engine}: {label}", server):
                for path, day in given:
                    _run(
                        ["-m", "financial_analytics.cli", "ingest", str(path),
                         "--loaded-at", f"2026-01-02T{next(hours):02d}:00:00",
                         "--extracted-at", day],
                        environment,
                    )  # fmt: skip

        def models(label: str) -> None:
            timings = folder / "timings.json"
            with _measured(f"{engine}: {label}", server):
                _run([__file__, "--time-build", engine, str(timings)], environment)
            slowest[label] = json.loads(timings.read_text())

        load("ingest", batches[:1])
        models("full build")
        load("ingest of a day and late rows", batches[1:])
        models("incremental build")
        for label, seconds in slowest.items():
            print(f"\n{engine}, {label}: {len(seconds)} models, seconds of the slowest")
            for value, name in seconds[:SLOWEST]:
                print(f"  {value:7.2f}  {name}")
        print(flush=True)


def main() -> None:
    """Generate one bank and measure each engine with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--feeds", type=Path, help="folder of the bank; kept, and taken if there")
    parser.add_argument("--time-build", nargs=2, metavar=("ENGINE", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.time_build:
        _build_and_time(given.time_build[0], Path(given.time_build[1]))
        return
    folder = Path(tempfile.mkdtemp(prefix="fa-engines-"))
    try:
        batches = _bank(given.transactions, given.feeds or folder / "feeds")
        print(f"{given.transactions:,} transactions\n")
        print(f"{'':<34} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}")
        for engine in given.engine:
            run_engine(engine, batches, folder / engine)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bank(transactions: int, folder: Path) -> list[tuple[Path, str]]:
    """Return the batches of a bank with the day of each; written where `folder` has none."""
    listing = folder / f"batches-{transactions}.json"
    if not listing.exists():
        customers = max(transactions // PER_CUSTOMER, 100)
        config = load_config(customers=customers, transactions=transactions, deltas=1)
        feeds = generate(config, folder)
        late = _late_file(feeds.batches[0], transactions, folder / "late")
        write_mark(late, config.identity(), complete=True)  # rows of the same bank
        days = [(path, feeds.extracted_at[path]) for path in feeds.batches]
        days.append((late, str(date.fromisoformat(days[-1][1]) + timedelta(days=1))))
        listing.write_text(json.dumps([(str(path.resolve()), day) for path, day in days]))
    return [(Path(path), day) for path, day in json.loads(listing.read_text())]


if __name__ == "__main__":
    main()

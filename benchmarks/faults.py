"""Commands killed (kill -9) or hindered: does the next one end as if nothing had been?

    .venv/bin/python benchmarks/faults.py [--trials 200] [--first 1] [--minutes 120] [--only full]
        [--faults kill] [--engines duckdb,postgres]

A small synthetic bank is taken through every command of `COMMANDS`, undisturbed, on DuckDB and on a
private PostgreSQL server; what stands before each command is kept, and what stands after it is
known by a hash of every relation, of every file and of every stored event. A trial draws, from its
number, an engine, a command and a moment; it puts back what stood before, kills the command then
(one in four a second time), and runs it to its end. All must be as after the undisturbed run, and
no file may be there that is not there then. With ``--faults others`` a trial draws
one of `FAULTS` in place of the kill, which must end in its exit code. Disks that are full or
read-only are file systems in memory: mounting them needs root.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.fault_site import BANK, COMMANDS, Site, copy_database, database
from tests.support.postgres_server import private_server

WEIGHTS = {
    "generate": 3, "ingest": 5, "full": 2, "publish": 4, "report": 2, "export": 3, "stream": 4,
    "increment": 3,
}  # fmt: skip


def _ended(process: subprocess.Popen[str], codes: tuple[int, ...]) -> str | None:
    """Wait for a command; return what it says if it ends in another code, or in a traceback."""
    said = process.communicate()[1]
    if process.returncode in codes and "Traceback" not in said:
        return None
    return f"exit code {process.returncode}, not {codes}: {said}"


def killed(site: Site, command: str, rng: random.Random) -> str | None:
    """Kill a command once, or twice."""
    kills = rng.choice([1, 1, 1, 2])
    for moment in [rng.uniform(0.15, 1.0) for _ in range(kills)]:
        process = site.start(command)
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment * site.seconds[command])
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return None


def full_disk(site: Site, command: str, rng: random.Random) -> str | None:
    """Leave a few bytes to megabytes on the disk; it may be enough."""
    site.restore(COMMANDS[command][0], is_mounted=True)
    used = shutil.disk_usage(site.run).used
    site.remount(f"size={used + int(10 ** rng.uniform(3, 7.5))}")
    wrong = _ended(site.start(command), (0, 5))
    site.remount("size=4g")
    return wrong


def read_only(site: Site, command: str, rng: random.Random) -> str | None:
    site.restore(COMMANDS[command][0], is_mounted=True)
    site.remount("ro")
    wrong = _ended(site.start(command), (5,))
    site.remount("rw")
    return wrong


def two_at_once(site: Site, command: str, rng: random.Random) -> str | None:
    """Start a command beside itself: one ends in 0, the other does so later, or is told to wait."""
    first = site.start(command)
    time.sleep(rng.uniform(0, 0.7) * site.seconds[command])
    second = site.start(command)
    wrong = [_ended(process, (0, 5)) for process in (first, second)]
    if first.returncode and second.returncode:
        return f"both were refused: {first.returncode}, {second.returncode}"
    return wrong[0] or wrong[1]


def damaged_snapshot(site: Site, command: str, rng: random.Random) -> str | None:
    """Spoil the snapshot: the report is refused, and a build writes it again."""
    _spoil(site.run / "data" / "published" / "warehouse.duckdb", rng)
    return _ended(site.start(command), (0, 5)) or site.finish("publish")


def damaged_warehouse(site: Site, command: str, rng: random.Random) -> str | None:
    """Spoil the warehouse's head: the build is refused; moved away, all is made anew."""
    path = site.run / "data" / "warehouse.duckdb"
    _spoil(path, rng, most=3 * 4096)
    wrong = _ended(site.start(command), (5,))
    path.unlink()
    return wrong or site.finish("ingest") or site.finish("full")


def clock_back(site: Site, command: str, rng: random.Random) -> str | None:
    earlier = f"2026-05-{rng.randint(1, 31):02d}T06:00:00Z"
    return _ended(site.start(command, now=earlier), (2,))


def broken_parquet(site: Site, command: str, rng: random.Random) -> str | None:
    """Spoil the file that is loaded last: refused, and loaded once it is whole."""
    with duckdb.connect(str(site.folder / "ingest/data/warehouse.duckdb"), read_only=True) as known:
        ((last,),) = known.execute(
            "select source_file from ingestion_raw_data._batches order by _batch_id desc limit 1"
        ).fetchall()
    feeds = site.folder / "broken"
    shutil.rmtree(feeds, ignore_errors=True)
    shutil.copytree(site.feeds, feeds)
    [path] = (feeds / "full").rglob(Path(last).name)
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content))])
    return _ended(site.start(command, feeds=feeds), (2, 3))  # 2: whose bank it is, it cannot say


def _spoil(path: Path, rng: random.Random, most: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    start = rng.randrange(most or len(content))
    content[start : start + 4096] = b"\xff" * len(content[start : start + 4096])
    path.write_bytes(content)


Fault = Callable[[Site, str, random.Random], str | None]
FAULTS: dict[str, tuple[Fault, int, dict[str, int], tuple[str, ...]]] = {
    "kill": (killed, 0, WEIGHTS, ("duckdb", "postgres")),
    "full": (full_disk, 5, WEIGHTS, ("duckdb", "postgres")),
    "readonly": (read_only, 4, {k: v for k, v in WEIGHTS.items() if k != "full"},
                 ("duckdb", "postgres")),
    "two": (two_at_once, 4, {"ingest": 3, "publish": 2, "stream": 2, "increment": 1},
            ("duckdb", "postgres")),
    "snapshot": (damaged_snapshot, 2, {"report": 1}, ("duckdb", "postgres")),
    "warehouse": (damaged_warehouse, 1, {"publish": 1}, ("duckdb",)),
    "clock": (clock_back, 1, {"load": 1}, ("duckdb", "postgres")),
    "parquet": (broken_parquet, 2, {"ingest": 1}, ("duckdb",)),
}  # fmt: skip
"""What is done, how often among the others than kills, to which commands, on which engines."""


def trial(
    number: int, sites: Mapping[str, Site], only: str | None, fault: str
) -> tuple[str, str | None]:
    """Disturb a command and run it again; return which, and what is not as it should be."""
    rng = random.Random(number)
    engine = rng.choice(list(sites))
    if fault == "others":
        fault = rng.choices(list(FAULTS), [weight for _, weight, *_ in FAULTS.values()])[0]
    disturb, _, commands, engines = FAULTS[fault]
    command = rng.choices(list(commands), list(commands.values()))[0]
    command = only or command
    engine = engine if engine in engines else engines[0]
    what = f"{number}: {engine} {command} {fault}"
    if engine not in sites:
        return what, f"{fault} is a fault on {', '.join(engines)} alone"
    site = sites[engine]
    site.restore(COMMANDS[command][0])
    failure = disturb(site, command, rng) or site.finish(command)
    if failure:
        return what, failure
    found, expected = site.state(), site.expected[command]
    wrong = sorted(name for name in found.keys() | expected.keys()
                   if found.get(name) != expected.get(name))  # fmt: skip
    listed = ", ".join(f"{name}{_side(name in found, name in expected)}" for name in wrong[:8])
    return what, f"{len(wrong)} differ: {listed}" if wrong else None


def _side(is_found: bool, is_expected: bool) -> str:
    return "" if is_found and is_expected else " is missing" if is_expected else " is too much"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--engines", default="duckdb,postgres")
    parser.add_argument("--only", choices=list(WEIGHTS))
    parser.add_argument("--faults", choices=[*FAULTS, "others"], default="kill")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fa-faults-")))
        os.environ["FA_CACHE_DIR"] = str(work / "cache")
        sites: dict[str, Site] = {}
        for engine in given.engines.split(","):
            if engine == "postgres":
                server = stack.enter_context(private_server())
                os.environ.update({k: v for k, v in server.items() if k.startswith("FA_")})
            site = sites[engine] = Site(engine, work / engine, work / "feeds")
            stack.callback(site.unmount)
            (site.folder / "nothing").mkdir(parents=True)
            if engine == "postgres":
                copy_database(database(), "kept_nothing")
            if not site.feeds.exists():
                line = ["-m", "financial_analytics.cli", "generate", str(site.feeds), *BANK]
                subprocess.run([sys.executable, *line], check=True, capture_output=True)
            for command in COMMANDS:
                site.prepare(command)
                print(f"{engine} {command}: {site.seconds[command]:.1f} s undisturbed, "
                      f"{len(site.expected[command])} parts", file=sys.stderr)  # fmt: skip
        began = time.monotonic()
        for number in range(given.first, given.first + given.trials):
            if time.monotonic() - began > 60 * given.minutes:
                break
            what, wrong = trial(number, sites, given.only, given.faults)
            counts["trials"] += 1
            counts["wrong"] += wrong is not None
            counts[" ".join(what.split()[1:])] += 1
            print(f"{what}: {wrong or 'identical'}", flush=True)
    done = counts.pop("trials")
    print(f"{done - counts['wrong']} of {done} identical in {time.monotonic() - began:,.0f} s")
    counts.pop("wrong")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()

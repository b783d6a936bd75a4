"""Commands killed (kill -9) at random moments: does the next one end as if nothing had been?

    .venv/bin/python benchmarks/faults.py [--trials 200] [--first 1] [--minutes 120] [--only full]

A small synthetic bank is taken through every command of `COMMANDS`, undisturbed, on DuckDB and on a
private PostgreSQL server; what stands before each command is kept, and what stands after it is
known by a hash of every relation, of every file and of every stored event. A trial draws, from its
number, an engine, a command and a moment; it puts back what stood before, kills the command then
(one in four a second time), and runs it to its end. All must be as after the undisturbed run, and
no file may be there that is not there then.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.postgres_server import private_server

from financial_analytics.engines.postgres.session import open_session
from financial_analytics.states import LEDGER_SCHEMA

NOW = "2026-06-01T06:00:00Z"
BANK = ["--customers", "40", "--deltas", "1"]
COMMANDS = {
    "generate": ("nothing", ["generate", "{run}/bank", *BANK]),
    "ingest": ("nothing", ["ingest", "{feeds}/full"]),
    "full": ("ingest", ["build", "--no-publish"]),
    "publish": ("full", ["build"]),
    "report": ("publish", ["report"]),
    "export": ("publish", ["export", "parquet", "{run}/export"]),
    "stream": ("publish", ["stream", "--replay", "--rate", "0", "--feeds", "{feeds}"]),
    "load": ("stream", ["ingest", "{feeds}/deltas"]),
    "increment": ("load", ["build", "--no-publish"]),
}
"""What stands before a command, and its line; ``load`` is the delta's, and not killed."""
WEIGHTS = {
    "generate": 3, "ingest": 5, "full": 2, "publish": 4, "report": 2, "export": 3, "stream": 4,
    "increment": 3,
}  # fmt: skip
UNWATCHED = ("logs", "dbt", "live/stream.lock")
"""Of the data folder: logs, and what dbt and the builds know; that it is right the rest shows."""


class Site:
    """Where one engine's commands run: a folder that is put back, and for a server its database."""

    def __init__(self, engine: str, folder: Path, feeds: Path) -> None:
        self.engine, self.folder, self.feeds = engine, folder, feeds
        self.run = folder / "run"
        self.expected: dict[str, dict[str, str]] = {}
        self.seconds: dict[str, float] = {}

    def start(self, command: str) -> subprocess.Popen[str]:
        line = [part.format(run=self.run, feeds=self.feeds) for part in COMMANDS[command][1]]
        environment = {
            **os.environ, "FA_DATA_DIR": str(self.run / "data"), "FA_NOW": NOW,
            "FA_REPORTS_DIR": str(self.run / "reports"), "FA_TARGET": self.engine,
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "financial_analytics.cli", *line], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def finish(self, command: str) -> str | None:
        """Run a command to its end; return what it says if it fails."""
        process = self.start(command)
        said = process.communicate()[1]
        return None if process.returncode == 0 else f"exit code {process.returncode}: {said}"

    def prepare(self, command: str) -> None:
        """Run a command undisturbed: keep what it left, its time and the hashes."""
        self.restore(COMMANDS[command][0])
        began = time.monotonic()
        failure = self.finish(command)
        if failure:
            raise SystemExit(f"{self.engine}, undisturbed {command}: {failure}")
        self.seconds[command] = time.monotonic() - began
        self.expected[command] = self.state()
        if any(before == command for before, _ in COMMANDS.values()):
            self.keep(command)

    def keep(self, name: str) -> None:
        shutil.copytree(self.run, self.folder / name)
        if self.engine == "postgres":
            _copy_database(_database(), f"kept_{name}")

    def restore(self, name: str) -> None:
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.copytree(self.folder / name, self.run)
        if self.engine == "postgres":
            _copy_database(f"kept_{name}", _database())

    def state(self) -> dict[str, str]:
        """Return a hash of all there is, by name."""
        found: dict[str, str] = {}
        for path in sorted(self.run.rglob("*")):
            name = path.relative_to(self.run).as_posix()
            if not path.is_file() or name.removeprefix("data/").startswith(UNWATCHED):
                continue
            if path.suffix == ".duckdb":
                found |= {f"{name}:{key}": value for key, value in _relations(path).items()}
            elif path.suffix == ".sqlite":
                found |= {f"{name}:{key}": value for key, value in _events(path).items()}
            else:
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        if self.engine == "postgres":
            found |= _server_relations()
        return found


def _relations(path: Path) -> dict[str, str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> ?",
            [LEDGER_SCHEMA],
        ).fetchall()
        return {
            f"{schema}.{name}": str(
                connection.execute(
                    f'select count(*), sum(hash(t)), any_value(typeof(t)) from "{schema}"."{name}"'
                    " as t"
                ).fetchall()
            )
            for schema, name in names
        }


def _server_relations() -> dict[str, str]:
    with open_session() as handle, handle.cursor() as cursor:
        cursor.execute(
            "select quote_ident(schemaname), quote_ident(tablename) from pg_tables where"
            " schemaname not in ('pg_catalog', 'information_schema', %s)",
            (LEDGER_SCHEMA,),
        )
        found = {}
        for schema, name in cursor.fetchall():
            cursor.execute(
                f"select count(*), sum(hash_record_extended(t, 0)) from {schema}.{name} as t"
            )
            found[f"{schema}.{name}"] = str(cursor.fetchone())
        return found


def _events(path: Path) -> dict[str, str]:
    queries = {
        "events": "select table_name, event_key, body from events order by event_number",
        "rejected": "select table_name, body, rule, reason from rejected order by 1, 2, 3, 4",
        "alerts": "select transaction_id, rule_name, rule_words from alerts order by 1, 2",
        "offsets": "select place, next_offset from offsets order by 1",
        "takes": "select last_event, last_rejected, is_done from takes order by take_number",
    }
    connection = sqlite3.connect(path)
    found = {name: repr(connection.execute(query).fetchall()) for name, query in queries.items()}
    connection.close()
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in found.items()}


def _database() -> str:
    return os.environ["FA_PG_DBNAME"]


def _copy_database(source: str, target: str) -> None:
    import psycopg2  # noqa: PLC0415
    from psycopg2.extensions import quote_ident  # noqa: PLC0415

    handle = psycopg2.connect(
        host=os.environ["FA_PG_HOST"], port=os.environ["FA_PG_PORT"], dbname="postgres",
        user=os.environ["FA_PG_USER"], password=os.environ["FA_PG_PASSWORD"],
    )  # fmt: skip
    handle.autocommit = True
    with handle.cursor() as cursor:
        new, old = (quote_ident(name, handle) for name in (target, source))
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname in (%s, %s)",
            (source, target),
        )
        cursor.execute(f"drop database if exists {new} with (force)")
        cursor.execute(f"create database {new} template {old} strategy file_copy")
    handle.close()


def trial(number: int, sites: Mapping[str, Site], only: str | None) -> tuple[str, str | None]:
    """Kill a command and run it again; return which, and what is not as it should be."""
    rng = random.Random(number)
    engine = rng.choice(list(sites))
    command = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    command = only or command
    site, kills = sites[engine], rng.choice([1, 1, 1, 2])
    moments = [rng.uniform(0.15, 1.0) for _ in range(kills)]
    what = f"{number}: {engine} {command} killed at {', '.join(f'{m:.0%}' for m in moments)}"
    site.restore(COMMANDS[command][0])
    for moment in moments:
        process = site.start(command)
        try:
            process.wait(moment * site.seconds[command])
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    failure = site.finish(command)
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
            (site.folder / "nothing").mkdir(parents=True)
            if engine == "postgres":
                _copy_database(_database(), "kept_nothing")
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
            what, wrong = trial(number, sites, given.only)
            counts["trials"] += 1
            counts["wrong"] += wrong is not None
            counts[" ".join(what.split()[1:3])] += 1
            print(f"{what}: {wrong or 'identical'}", flush=True)
    done = counts.pop("trials")
    print(f"{done - counts['wrong']} of {done} identical in {time.monotonic() - began:,.0f} s")
    counts.pop("wrong")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()

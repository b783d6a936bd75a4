"""A folder where one engine's commands run one after the other, and a hash of all they leave."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import duckdb

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
UNWATCHED = ("logs", "dbt", "live/stream.lock")
"""Of the data folder: logs, and what dbt and the builds know; that it is right the rest shows."""


class Site:
    """Where one engine's commands run: a folder that is put back, and for a server its database."""

    def __init__(self, engine: str, folder: Path, feeds: Path) -> None:
        self.engine, self.folder, self.feeds = engine, folder, feeds
        self.run = folder / "run"
        self.expected: dict[str, dict[str, str]] = {}
        self.seconds: dict[str, float] = {}

    def start(
        self, command: str, feeds: Path | None = None, now: str = NOW
    ) -> subprocess.Popen[str]:
        line = [
            part.format(run=self.run, feeds=feeds or self.feeds) for part in COMMANDS[command][1]
        ]
        environment = {
            **os.environ, "FA_DATA_DIR": str(self.run / "data"), "FA_NOW": now,
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
            copy_database(database(), f"kept_{name}")

    def restore(self, name: str, *, is_mounted: bool = False) -> None:
        self.unmount()
        shutil.rmtree(self.run, ignore_errors=True)
        if is_mounted:
            self.run.mkdir()
            _system("mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", str(self.run))
        shutil.copytree(self.folder / name, self.run, dirs_exist_ok=is_mounted)
        if self.engine == "postgres":
            copy_database(f"kept_{name}", database())

    def remount(self, options: str) -> None:
        _system("mount", "-o", f"remount,{options}", str(self.run))

    def unmount(self) -> None:
        if self.run.is_mount():
            _system("umount", str(self.run))

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


def database() -> str:
    return os.environ["FA_PG_DBNAME"]


def copy_database(source: str, target: str) -> None:
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


def _system(*line: str) -> None:
    subprocess.run(line, check=True, capture_output=True)

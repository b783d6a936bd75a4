"""The hot store: events that were validated and that bronze has not taken yet.

It is an SQLite file beside the warehouse, because a DuckDB file that one process writes cannot be
read by another: here the stream writes while the page and the loader read (write-ahead log).
A micro-batch is one transaction: its rows, what was set aside, and where reading goes on.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.settings import Settings

FILE_NAME = "hot.sqlite"
_SCHEMA = """
create table if not exists meta (name text primary key, value text not null);
create table if not exists offsets (place text primary key, next_offset integer not null);
create table if not exists batches (
    batch_id integer primary key, committed_at text not null, read_count integer not null,
    accepted_count integer not null, duplicate_count integer not null,
    quarantined_count integer not null
);
create table if not exists events (
    event_number integer primary key, batch_id integer not null, table_name text not null,
    event_key text not null, body text not null
);
create index if not exists events_by_key on events (table_name, event_key);
create table if not exists rejected (
    rejected_number integer primary key, batch_id integer not null, table_name text not null,
    body text not null, column_name text, rule text not null, reason text not null,
    is_row integer not null
);
create table if not exists alerts (
    transaction_id integer not null, rule_name text not null, rule_words text not null,
    rule_score real not null, batch_id integer not null, primary key (transaction_id, rule_name)
);
create table if not exists takes (
    take_number integer primary key, last_event integer not null, last_rejected integer not null,
    is_done integer not null
);
"""


@dataclass(frozen=True)
class Accepted:
    """A row that bronze would take: its feed, its key as text, and its columns as JSON."""

    table: str
    key: str
    body: str


@dataclass(frozen=True)
class Rejected:
    """A row set aside; `is_row` is false of what is no row at all."""

    table: str
    body: str
    column: str | None
    rule: str
    reason: str
    is_row: bool = True


@dataclass(frozen=True)
class Alert:
    """A fraud rule that a transaction fired, and the rule in words."""

    transaction_id: int
    rule: str
    words: str
    score: float


@dataclass(frozen=True)
class MicroCounts:
    """What became of the events of a micro-batch: read = accepted + duplicates + quarantined."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Take:
    """Rows that bronze takes in one go: those after `first` up to `last`, of both lists."""

    number: int
    first_event: int
    last_event: int
    first_rejected: int
    last_rejected: int


def hot_path(settings: Settings) -> Path:
    """Return where the hot store of an installation is."""
    return settings.data_dir / "live" / FILE_NAME


def key_of(values: Iterable[object]) -> str:
    """Return the key of a row as one text."""
    return json.dumps([str(value) for value in values])


class HotStore:
    """An open hot store; see `open_hot`."""

    def __init__(self, handle: sqlite3.Connection, path: Path) -> None:
        self._handle = handle
        self.path = path

    def offsets(self) -> dict[str, int]:
        """Return where reading goes on, by what is read."""
        rows = self._handle.execute("select place, next_offset from offsets")
        return {str(place): int(offset) for place, offset in rows}

    def commit(
        self,
        accepted: Sequence[Accepted],
        rejected: Sequence[Rejected],
        counts: MicroCounts,
        offsets: Mapping[str, int],
        moment: datetime,
        alerts: Sequence[Alert] = (),
    ) -> int:
        """Store a micro-batch, its alerts and where reading goes on after it, all or nothing.

        An alert that is there already stays as it was.

        Returns
        -------
        int
            Its number.
        """
        with self._transaction():
            ((batch,),) = self._handle.execute(
                "select coalesce(max(batch_id), 0) + 1 from batches"
            ).fetchall()
            self._handle.execute(
                "insert into batches values (?, ?, ?, ?, ?, ?)",
                (
                    batch, moment.isoformat(sep=" "), counts.read, counts.accepted,
                    counts.duplicates, counts.quarantined,
                ),
            )  # fmt: skip
            self._handle.executemany(
                "insert into events (batch_id, table_name, event_key, body) values (?, ?, ?, ?)",
                [(batch, row.table, row.key, row.body) for row in accepted],
            )
            self._handle.executemany(
                "insert into rejected (batch_id, table_name, body, column_name, rule, reason,"
                " is_row) values (?, ?, ?, ?, ?, ?, ?)",
                [
                    (batch, row.table, row.body, row.column, row.rule, row.reason, row.is_row)
                    for row in rejected
                ],
            )
            self._handle.executemany(
                "insert or ignore into alerts values (?, ?, ?, ?, ?)",
                [
                    (alert.transaction_id, alert.rule, alert.words, alert.score, batch)
                    for alert in alerts
                ],
            )
            self._handle.executemany(
                "insert into offsets values (?, ?)"
                " on conflict (place) do update set next_offset = excluded.next_offset",
                list(offsets.items()),
            )
        return int(batch)

    def stored(self, table: str, keys: Sequence[str]) -> list[str]:
        """Return the bodies of all stored rows of some keys, oldest first."""
        found: list[tuple[int, str]] = []
        for start in range(0, len(keys), 500):  # SQLite takes a bounded number of parameters
            part = keys[start : start + 500]
            found += self._handle.execute(
                "select event_number, body from events where table_name = ?"
                f" and event_key in ({', '.join('?' * len(part))})",
                (table, *part),
            ).fetchall()
        return [body for _, body in sorted(found)]

    def events_after(
        self, number: int, last: int | None = None, *, most: int = -1
    ) -> Iterator[tuple[int, str, str]]:
        """Yield number, table and body of the events after one, in order of arrival."""
        yield from self._handle.execute(
            "select event_number, table_name, body from events"
            " where event_number > ? and event_number <= ? order by event_number limit ?",
            (number, (1 << 62) if last is None else last, most),
        )

    def rejected_rows(self, first: int, last: int) -> list[tuple[str, str]]:
        """Return table and body of the rows set aside after `first` up to `last`, each once."""
        return self._handle.execute(
            "select table_name, body from rejected"
            " where rejected_number > ? and rejected_number <= ? and is_row"
            " order by rejected_number",
            (first, last),
        ).fetchall()

    def rejections(self) -> list[tuple[str, str | None, str, str]]:
        """Return table, column, rule and reason of everything set aside."""
        return self._handle.execute(
            "select table_name, column_name, rule, reason from rejected order by rejected_number"
        ).fetchall()

    def alerts(self) -> list[tuple[Alert, int]]:
        """Return the alerts and the micro-batch in which each was raised, in order."""
        rows = self._handle.execute(
            "select transaction_id, rule_name, rule_words, rule_score, batch_id from alerts"
            " order by batch_id, transaction_id, rule_name"
        )
        return [(Alert(*row[:4]), int(row[4])) for row in rows]

    def totals(self) -> MicroCounts:
        """Return what became of all events so far."""
        ((read, accepted, duplicates, quarantined),) = self._handle.execute(
            "select coalesce(sum(read_count), 0), coalesce(sum(accepted_count), 0),"
            " coalesce(sum(duplicate_count), 0), coalesce(sum(quarantined_count), 0) from batches"
        ).fetchall()
        return MicroCounts(int(read), int(accepted), int(duplicates), int(quarantined))

    def newest_event(self) -> int:
        """Return the number of the newest event; 0 without one."""
        row = self._handle.execute("select coalesce(max(event_number), 0) from events").fetchone()
        return int(row[0])

    def is_news(self, batch: int) -> bool:
        """Tell whether a micro-batch came after one; costs next to nothing."""
        row = self._handle.execute("select max(batch_id) from batches").fetchone()
        return bool(row[0] is not None and row[0] > batch)

    def batches_after(self, batch: int) -> list[tuple[int, str, int, int, int]]:
        """Return number, moment and what became of the events of the micro-batches after one."""
        return self._handle.execute(
            "select batch_id, committed_at, accepted_count, duplicate_count, quarantined_count"
            " from batches where batch_id > ? order by batch_id",
            (batch,),
        ).fetchall()

    def meta(self, name: str) -> str | None:
        """Return what was noted under a name."""
        row = self._handle.execute("select value from meta where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def note(self, name: str, value: str) -> None:
        """Note something once; what stands stays.

        Raises
        ------
        UserInputError
            If something else was noted before.
        """
        with self._transaction():
            self._handle.execute("insert or ignore into meta values (?, ?)", (name, value))
        if self.meta(name) != value:
            raise UserInputError(
                f"the hot store holds the stream of another {name}",
                hint="load it first (fa build), then move data/live away",
            )

    def taken(self) -> int:
        """Return the number of the newest event that bronze has; 0 without one."""
        row = self._handle.execute(
            "select coalesce(max(last_event), 0) from takes where is_done"
        ).fetchone()
        return int(row[0])

    def plan_take(self) -> Take | None:
        """Fix what bronze takes next and return it; one that was begun is planned as it was.

        A take that was killed is done again with the very same rows, which bronze then knows.
        """
        with self._transaction():
            open_take = self._handle.execute(
                "select take_number, last_event, last_rejected from takes where not is_done"
            ).fetchone()
            before = self._handle.execute(
                "select coalesce(max(last_event), 0), coalesce(max(last_rejected), 0)"
                " from takes where is_done"
            ).fetchone()
            if open_take is None:
                newest = self._handle.execute(
                    "select (select coalesce(max(event_number), 0) from events),"
                    " (select coalesce(max(rejected_number), 0) from rejected)"
                ).fetchone()
                if tuple(newest) == tuple(before):
                    return None
                cursor = self._handle.execute(
                    "insert into takes (last_event, last_rejected, is_done) values (?, ?, 0)",
                    newest,
                )
                open_take = (cursor.lastrowid, *newest)
        number, last_event, last_rejected = open_take
        return Take(int(number), before[0], last_event, before[1], last_rejected)

    def finish_take(self, take: Take) -> None:
        """Say that bronze holds the rows of a take."""
        with self._transaction():
            self._handle.execute(
                "update takes set is_done = 1 where take_number = ?", (take.number,)
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._handle.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._handle.execute("rollback")
            raise
        self._handle.execute("commit")


@contextmanager
def open_hot(path: Path) -> Iterator[HotStore]:
    """Open the hot store, making it where there is none; only its owner can read the file.

    Raises
    ------
    EngineError
        If it cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        handle = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise EngineError(f"the hot store {path} cannot be opened: {error}") from error
    try:
        handle.execute("pragma journal_mode = wal")
        handle.execute("pragma synchronous = full")  # committed is on disk
        handle.executescript(_SCHEMA)
        yield HotStore(handle, path)
    except sqlite3.DatabaseError as error:
        raise EngineError(
            f"the hot store {path} refuses: {error}", hint="is the disk full, or the file damaged?"
        ) from error
    finally:
        handle.close()


@contextmanager
def one_stream(path: Path) -> Iterator[None]:
    """Keep a second stream out of the same hot store while the block runs.

    Raises
    ------
    EngineError
        If another process streams into it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name("stream.lock").open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EngineError(
                f"another fa stream writes to {path}",
                hint="stop it first, or set FA_DATA_DIR to another folder",
            ) from error
        yield

"""Erased customers in the hot store: their events stay without whose they are, the bytes go."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from financial_analytics.engines.duckdb.ledgers import create_ledger
from financial_analytics.engines.duckdb.session import Connection, sql_name
from financial_analytics.engines.stores import BRONZE_SCHEMA, ERASURE_LEDGERS, NEEDED_ERASED
from financial_analytics.erasure.secret import id_hash
from financial_analytics.errors import EngineError
from financial_analytics.ingest.contract import UNKNOWN_ID, Contract
from financial_analytics.ingest.remains import OWNER, PERSONS

Ledgers = dict[str, list[tuple[str, ...]]]
"""Rows of `NEEDED_ERASED`, by name."""


def forget(path: Path, contract: Contract, ledgers: Ledgers, secret: bytes) -> int:
    """Take erased customers out of a hot store that nobody writes to; return of how many rows.

    The store keeps by which hashes they are known again, so that a stream leaves them out, too.

    Parameters
    ----------
    path : Path
        The hot store.
    contract : Contract
        Says what is personal.
    ledgers : dict of str to list of tuple
        What bronze keeps of erasures.
    secret : bytes
        The secret of the hashes.

    Raises
    ------
    EngineError
        If the store cannot be changed.
    """
    known = {digest for table, digest in ledgers["_erased"] if table == PERSONS}
    personal = {table.name: [c.name for c in table.columns if c.pii] for table in contract}
    hashes: dict[str, str] = {}

    def is_erased(value: object) -> bool:
        text = str(value)
        if text not in hashes:
            hashes[text] = id_hash(secret, PERSONS, text)
        return hashes[text] in known

    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as handle:
            handle.execute("pragma secure_delete = on")
            handle.execute("begin immediate")
            _keep(handle, ledgers)
            rows = 0
            events = handle.execute("select event_number, table_name, body from events")
            for number, table, body in events.fetchall():
                row = json.loads(body)
                if not is_erased(row.get(OWNER)):
                    continue
                rows += 1
                if table == PERSONS:
                    handle.execute("delete from events where event_number = ?", (number,))
                    continue
                for name in personal.get(table, ()):
                    row.pop(name, None)
                row[OWNER] = str(UNKNOWN_ID)
                changed = (json.dumps(row), number)
                handle.execute("update events set body = ? where event_number = ?", changed)
            for number, body in handle.execute(
                "select rejected_number, body from rejected where body <> ''"
            ).fetchall():
                if any(is_erased(word) for word in re.findall(r"\w+", body)):
                    rows += 1
                    handle.execute(
                        "update rejected set body = '', reason = 'of an erased customer',"
                        " is_row = 0 where rejected_number = ?",
                        (number,),
                    )
            handle.execute("commit")
            handle.execute("vacuum")
            handle.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.Error as error:
        raise EngineError(
            f"the hot store {path} refuses: {error}", hint="stop fa stream, then run it again"
        ) from error
    return rows


def bring(path: Path, loader: Connection) -> None:
    """Bring into a loader what a hot store keeps of erasures."""
    if not path.is_file():
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as handle:
        for name in NEEDED_ERASED:
            found = handle.execute(
                "select 1 from sqlite_master where type = 'table' and name = ?", (name,)
            ).fetchall()
            if not found:
                return
            create_ledger(loader, name)
            rows = handle.execute(f"select * from {name}").fetchall()
            _insert(loader, name, rows)


def _insert(loader: Connection, name: str, rows: Sequence[Iterable[object]]) -> None:
    marks = ", ".join("?" * len(ERASURE_LEDGERS[name]))
    for row in rows:
        loader.execute(f"insert into {BRONZE_SCHEMA}.{sql_name(name)} values ({marks})", list(row))


def _keep(handle: sqlite3.Connection, ledgers: Ledgers) -> None:
    for name in NEEDED_ERASED:
        columns = ", ".join(f"{column} text" for column in ERASURE_LEDGERS[name])
        handle.execute(f"create table if not exists {name} ({columns})")
        handle.execute(f"delete from {name}")
        marks = ", ".join("?" * len(ERASURE_LEDGERS[name]))
        handle.executemany(f"insert into {name} values ({marks})", ledgers[name])

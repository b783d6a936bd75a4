"""Statements of banks load the same on PostgreSQL: rows, corrections, removals and remarks."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.support.banks import FIRST_LOAD, drop_schemas, settings_in

from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.errors import FeedError
from financial_analytics.ingest import ingest

pytestmark = pytest.mark.usefixtures("server")
FILES = Path(__file__).parents[1] / "statements" / "files"
BRONZE = "ingestion_raw_data"
SEEN = {
    "accounts": "*",
    "transactions": "*",
    "products": "*",
    "merchants": "*",
    "_remarks": "kind, concerned_count, words",
}


def rows(target: str, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every cell of what statements fill, in the order of loading."""
    found = {}
    for table, columns in SEEN.items():
        order = "1, 2, 3" if table == "_remarks" else "_batch_id, _source_row"
        query = f"select {columns} from {BRONZE}.{table} order by {order}"
        if target == "duckdb":
            with duckdb.connect(str(settings_in(folder / "data").warehouse_path)) as connection:
                found[table] = connection.execute(query).fetchall()
        else:
            with postgres_session.open_session() as handle, handle.cursor() as cursor:
                cursor.execute(query)
                found[table] = [tuple(row) for row in cursor.fetchall()]
    return found


def load_all(target: str, folder: Path) -> None:
    answer = json.loads((FILES / "plaid_sync.json").read_text())
    moved = answer["added"][0] | {"amount": 13.0}
    moved["personal_finance_category"] = {"primary": "TRANSFER_OUT", "detailed": "OTHER"}
    later = folder / "later.json"
    changes = {"added": [], "modified": [moved], "removed": [{"transaction_id": "t2"}]}
    later.write_text(json.dumps(changes))
    steps = [
        ("camt", FILES / "camt053.xml"),
        ("mt940", FILES / "mt940.sta"),
        ("ofx", FILES / "checking.qfx"),
        ("ofx", FILES / "card.ofx"),
        ("bai2", FILES / "bai2.txt"),
        ("plaid", FILES / "plaid_sync.json"),
        ("plaid", later),
        ("camt", FILES / "camt053.xml"),  # again
    ]
    for hours, (connector, path) in enumerate(steps):
        report = ingest(
            [path], settings=settings_in(folder / "data"), connector=connector, target=target,
            loaded_at=FIRST_LOAD + timedelta(days=400, hours=hours),
        )  # fmt: skip
        assert report.exit_code == 0


def test_statements_are_the_same_on_both(tmp_path: Path) -> None:
    drop_schemas()
    found = {}
    for target in ("duckdb", "postgres"):
        folder = tmp_path / target
        folder.mkdir()
        load_all(target, folder)
        found[target] = rows(target, folder)
    assert found["postgres"] == found["duckdb"]
    assert len(found["duckdb"]["transactions"]) == 8 + 6 + 4 + 2 + 6 + 3 + 2


def test_two_numbers_of_one_id_are_refused(tmp_path: Path) -> None:
    drop_schemas()
    load_all("postgres", tmp_path)
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute(f"update {BRONZE}.accounts set account_number = 'another'")
        handle.commit()
    other = tmp_path / "other.xml"
    other.write_bytes((FILES / "camt053.xml").read_bytes())
    with pytest.raises(FeedError, match="stands for another account already"):
        ingest(
            [other], settings=settings_in(tmp_path / "data"), connector="camt", target="postgres",
            loaded_at=FIRST_LOAD + timedelta(days=500),
        )  # fmt: skip

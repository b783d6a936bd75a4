"""The same bytes: full builds, and feeds in another order with builds between (`make sequences`).

More incremental builds, after changes by hand too, are in tests/faults/test_skips.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.support.banks import FIRST_LOAD, OPENERS, Bank
from tests.support.lab import ARRIVAL_COLUMNS, write_feed
from tests.support.variables import settings_feeds

from financial_analytics.ingest import ingest

pytestmark = pytest.mark.sequences
OF_ARRIVAL = ARRIVAL_COLUMNS | {"_source_file", "_source_row"}


def load(bank: Bank, folder: Path, feeds: Mapping[str, list[dict[str, Any]]]) -> None:
    """Load one table after the other, in the order given, an hour apart."""
    for table, rows in feeds.items():
        bank.loads += 1
        path = write_feed(folder / f"{bank.loads:03d}", table, rows)
        report = ingest(
            [path], settings=bank.settings, loaded_at=FIRST_LOAD + timedelta(hours=bank.loads),
            extracted_at=FIRST_LOAD, target=bank.engine,
        )  # fmt: skip
        assert report.totals.accepted == len(rows)


def in_bits(table: pa.Table, but: frozenset[str]) -> pa.Table:
    """Return the columns to compare, floats as their bits: 0.0 is not -0.0."""
    columns = {}
    for name in table.column_names:
        if name not in but:
            column = table[name].combine_chunks()
            is_float = pa.types.is_float64(column.type)
            columns[name] = column.view(pa.int64()) if is_float else column
    return pa.table(columns)


def differing(
    left: Mapping[str, pa.Table], right: Mapping[str, pa.Table], but: frozenset[str] = frozenset()
) -> list[str]:
    """Return the relations whose rows are not the same, whatever the order they lie in."""
    assert set(left) == set(right)
    found = []
    with duckdb.connect() as connection:
        for name in left:
            connection.register("l", in_bits(left[name], but))
            connection.register("r", in_bits(right[name], but))
            ((count,),) = connection.execute(
                "select count(*) from ((from l except all from r) union all"
                " (from r except all from l))"
            ).fetchall()
            found += [f"{name}: {count} rows"] if count else []
    return found


def without_loads(stage: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Leave out the lists of loads, which differ with them."""
    return {
        name: rows for name, rows in stage.items() if not name.startswith("ingestion_raw_data._")
    }


@pytest.mark.parametrize("engine", sorted(OPENERS))
def test_builds_and_orders_of_loading(engine: str, tmp_path: Path) -> None:
    feeds = settings_feeds()
    with OPENERS[engine](tmp_path / "forwards") as bank:
        load(bank, tmp_path / "feeds", feeds)
        bank.build()
        forwards = bank.snapshot()
        bank.build(full_refresh=True)
        assert differing(forwards, bank.snapshot()) == []
    assert len(forwards) > 200
    with OPENERS[engine](tmp_path / "backwards") as bank:
        for part in (1, 0):  # every other row of each table, then the rest
            backwards = {table: rows[::-1][part::2] for table, rows in reversed(feeds.items())}
            load(bank, tmp_path / f"part{part}", backwards)
            bank.build()
        incremental = bank.snapshot()
        bank.build(full_refresh=True)
        assert differing(incremental, bank.snapshot()) == []
    assert differing(without_loads(forwards), without_loads(incremental), OF_ARRIVAL) == []

"""The id of the unknown member is refused from every feed; other ids stay what they are."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from financial_analytics.ingest.contract import UNKNOWN_ID, Column, Table
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

CONTRACT = load_contract(find_project_dir())
PLAIN = {
    "integer": "1", "bigint": "1", "double": "0.5", "decimal": "0.5", "boolean": "true",
    "date": "2024-05-09", "timestamp": "2024-05-09 10:00:00", "text": "x",
}  # fmt: skip


def value(column: Column, number: int) -> str:
    if column.values:
        return column.values[0]
    if column.code_list:
        return "USD"
    if column.family in ("integer", "bigint") and column.is_id:
        return str(1000 + number)
    return PLAIN[column.family]


def ids(table: Table) -> list[Column]:
    families = ("integer", "bigint", "text")
    return [c for c in table.columns if c.is_id and c.family in families and not c.has_list]


@pytest.mark.parametrize("table", [t for t in CONTRACT if ids(t)], ids=lambda table: table.name)
def test_the_unknown_id_is_quarantined(bank: Bank, table: Table) -> None:
    columns = ids(table)
    needed = [c for c in table.columns if c.required or c in columns]
    rows = []
    for number in range(len(columns) + 1):
        cells = {c.name: value(c, number) for c in needed}
        if number:
            cells[columns[number - 1].name] = str(UNKNOWN_ID)
        rows.append(cells)
    rows[0] |= {c.name: "-2" for c in columns if c.family != "text"}
    path = bank.folder / f"{table.name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [c.name for c in needed])
        writer.writeheader()
        writer.writerows(rows)
    counts = bank.ingest(path, loaded_at=datetime(2024, 7, 1)).totals  # noqa: DTZ001
    assert (counts.read, counts.accepted) == (len(rows), 1), bank.quarantine()
    found = [(column, rule) for _, column, rule, _ in bank.quarantine()]
    assert sorted(found) == sorted((c.name, "unknown_id") for c in columns)


def test_the_warehouse_keeps_the_same_id_for_the_unknown_member() -> None:
    text = (find_project_dir() / "macros/warehouse/members.sql").read_text(encoding="utf-8")
    found = re.findall(r"(-?\d+) as \{\{ name \}\}_natural_key", text)
    assert found == [str(UNKNOWN_ID)]

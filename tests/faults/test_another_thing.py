"""A correction is of the same thing: an id that comes back for another one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from financial_analytics.ingest import as_text
from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

EVENTS = [table for table in load_contract(find_project_dir()) if table.correction]
ALERTS = "alert_id,transaction_id,account_id,alert_date,investigation_status,updated_at\n"
PURCHASE = "1,10,100,2024-05-01 09:30:00,Purchase,-12.50,USD"


def outcome(report: Any) -> tuple[int, int, int, int]:
    """Accepted, duplicates, quarantined, corrections."""
    counts = report.totals
    return counts.accepted, counts.duplicates, counts.quarantined, counts.corrections


def test_ids_that_count_from_one_in_each_account(bank: Bank) -> None:
    """The case of the issue: nothing that was believed is replaced, and what is refused is told."""
    case = Path(find_project_dir()).parent / "shared/cases/ids-per-account/transactions"
    if not case.is_dir():
        pytest.skip("../shared/cases is not beside this checkout")
    shifted = [
        bank.write(
            f"{name}.csv", (case / name).with_suffix(".csv").read_text().replace("\n", "\n9")[:-1]
        )
        for name in ("acc10", "acc20")
    ]
    files = [bank.write(f"transactions_{path.name}", path.read_text()) for path in shifted]
    assert outcome(bank.ingest(files[0])) == (2, 0, 0, 0)
    report = bank.ingest(files[1])
    assert outcome(report) == (0, 0, 2, 0)
    assert report.exit_code == 6
    assert "hint: an id names one thing only" in as_text(report)
    assert bank.sql(
        "select transaction_id, account_id from ingestion_raw_data.transactions"
        " where transaction_id > 3 order by 1"
    ) == [(91, 10), (92, 10)]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        (PURCHASE.replace(",10,", ",11,"), "account_id"),
        (PURCHASE.replace("Purchase", "Fee"), "transaction_type"),
        (PURCHASE.replace("2024-05-01", "2024-01-21"), "transaction_date"),
        (PURCHASE.replace("2024-05-01", "2024-01-22").replace("-12.50", "12.50"), None),
        (PURCHASE.replace("Purchase", "purchase").replace(",100,", ",101,"), None),
        (PURCHASE.replace("USD", "EUR"), None),
    ],
)
def test_what_a_correction_may_change(bank: Bank, line: str, columns: str | None) -> None:
    report = bank.ingest(bank.transactions(line))
    if columns is None:
        assert outcome(report) == (1, 0, 0, 1)
        return
    assert outcome(report) == (0, 0, 1, 0)
    [(row, column, rule, reason)] = bank.quarantine()
    assert (row, column, rule) == (1, columns, "another_thing")
    assert "transaction_id 1 is another thing than in row 1 of transactions.csv" in reason


def test_a_row_of_another_thing_hides_no_repeat(bank: Bank) -> None:
    """The stored row after a foreign one is a duplicate still, today and tomorrow."""
    foreign = PURCHASE.replace(",10,", ",11,")
    for name in ("transactions_a.csv", "transactions_b.csv"):
        report = bank.ingest(bank.transactions(foreign, PURCHASE, name=name))
        assert outcome(report) == (0, 1, 1, 0)


def test_in_one_file_neither_is_believed_unless_one_is_known(bank: Bank) -> None:
    fee = PURCHASE.replace("Purchase", "Fee").replace("-12.50", "-0.50")
    fresh = [line.replace("1,", "7,", 1) for line in (PURCHASE, fee)]
    report = bank.ingest(bank.transactions(PURCHASE.replace("-12.50", "-12.75"), fee, *fresh))
    assert outcome(report) == (1, 0, 3, 1)
    assert [(row, rule) for row, _, rule, _ in bank.quarantine()] == [
        (2, "another_thing"), (3, "another_thing"), (4, "another_thing"),
    ]  # fmt: skip
    reason = bank.quarantine()[1][3]
    assert "stands for different things in this file" in reason
    assert "fee in row 4, purchase in row 3" in reason
    assert bank.ids() == [1, 2, 3, 1]


def test_an_empty_value_agrees_and_forgets_nothing(bank: Bank) -> None:
    """10, then nothing, then 11: the last is refused, though the newest row says nothing."""
    found = []
    for number, account in enumerate(("10", "", "11", "10")):
        row = f"1,9,{account},2024-05-0{number + 1},Open,2024-05-0{number + 1}\n"
        found.append(outcome(bank.ingest(bank.write(f"fraud_alerts_{number}.csv", ALERTS + row))))
    assert found == [(1, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0), (1, 0, 0, 0)]
    both = "".join(f"2,9,{account},2024-05-01,Open,2024-05-01\n" for account in ("", "10", "11"))
    assert outcome(bank.ingest(bank.write("fraud_alerts_x.csv", ALERTS + both))) == (0, 0, 3, 0)


def good_row(table: Table, names: list[str]) -> dict[str, Any]:
    plain = {"text": "USD", "date": "2024-03-02", "timestamp": "2024-03-02", "boolean": "true"}
    columns = [table.column(name) for name in names]
    return {c.name: c.values[0] if c.values else plain.get(c.family, "7") for c in columns}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("table", EVENTS, ids=lambda table: table.name)
def test_each_column_of_each_rule_tells_things_apart(bank: Bank, table: Table, suffix: str) -> None:
    """One column at a time, against what is stored, of text and of typed feeds."""
    rule = table.correction
    assert rule
    names = [c.name for c in table.columns if c.required]
    names = list(dict.fromkeys([*names, *rule.same, *rule.within_days]))
    row = good_row(table, names)
    others = [{**row, table.key[0]: "1"}, {**row, table.key[0]: "2"}]
    for name in rule.same:
        values = table.column(name).values
        other = values[1] if values else {"text": "EUR"}.get(table.column(name).family, "8")
        others.append({**row, name: other})
    for name, days in rule.within_days.items():
        assert days == 100
        others += [{**row, name: "2023-11-22"}, {**row, name: "2023-11-23"}]

    def load(number: int, rows: list[dict[str, Any]]) -> Any:
        path = bank.folder / "feeds" / f"{table.name}_{number}.{suffix}"
        data = pa.Table.from_pylist(rows)
        (pq.write_table if suffix == "parquet" else pyarrow.csv.write_csv)(data, path)
        return outcome(bank.ingest(path))

    assert load(0, [row])[0] == 1
    refused = 0
    for number, other in enumerate(others[2:], start=1):
        _, _, quarantined, _ = load(number, [other])
        refused += quarantined
        assert quarantined == (other not in others[-len(rule.within_days) :]), bank.quarantine()
    assert refused == len(rule.same) + len(rule.within_days)
    assert {fault[2] for fault in bank.quarantine()} == {"another_thing"}

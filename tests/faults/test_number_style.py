"""One decimal mark per column and file: 1.000 is one or a thousand, and the column says which."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from conftest import Bank

CAMPAIGNS = "campaign_id;start_date;budget;impressions;roi\n"


def load(bank: Bank, amounts: list[str], form: str = "csv", **options: Any) -> list[str | None]:
    """Load one transaction per amount; return what is stored of each, None if quarantined."""
    path = bank.folder / "feeds" / f"transactions_style.{form}"
    rows = {
        "transaction_id": [str(1000 + n) for n in range(len(amounts))],
        "account_id": ["10"] * len(amounts),
        "customer_id": ["100"] * len(amounts),
        "transaction_date": ["2024-05-09"] * len(amounts),
        "transaction_type": ["Payment"] * len(amounts),
        "amount": amounts,
        "currency": ["EUR"] * len(amounts),
    }
    if form == "parquet":
        pq.write_table(pa.table(rows), path)
    else:
        lines = [";".join(rows), *(";".join(row) for row in zip(*rows.values(), strict=True))]
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    bank.ingest(path, **options)
    found = dict(
        bank.sql(
            "select transaction_id, amount from ingestion_raw_data.transactions "
            "where transaction_id >= 1000"
        )
    )
    return [str(found[1000 + n]) if 1000 + n in found else None for n in range(len(amounts))]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("amounts", "stored"),
    [
        # the case: German and Austrian exports
        (["-236,48", "1.488,69", "-1.000", "-12.500"],
         ["-236.48", "1488.69", "-1000.00", "-12500.00"]),
        (["-1.000", "12,5"], ["-1000.00", "12.50"]),
        (["1.234.567", "1.000", "7"], ["1234567.00", "1000.00", "7.00"]),
        (["1,488.69", "1,000", "-20"], ["1488.69", "1000.00", "-20.00"]),
        (["12.50", "1,000"], ["12.50", "1000.00"]),
        (["0.500", "1.000", "12.340"], ["0.50", "1.00", "12.34"]),
        (["1234.000", "1.000"], ["1234.00", "1.00"]),
        (["1'488.69", "1 000", "2\u00a0000.5"], ["1488.69", "1000.00", "2000.50"]),
        (["1 488,69", "1\u202f000"], ["1488.69", "1000.00"]),
        # nothing proves a mark: set aside, not guessed
        (["1.000", "12.500", "500"], [None, None, "500.00"]),
        (["1,000", "500"], [None, "500.00"]),
        (["1.000", "1,000"], [None, None]),
        (["12.345"], [None]),
        # contradictions: the neighbours that may be either go, the others stay
        (["12,5", "12.50", "13.50", "1.000", "1,000", "7"],
         [None, "12.50", "13.50", None, None, "7.00"]),
        (["12,5", "13,5", "12.50", "1.000", "7"], ["12.50", "13.50", None, None, "7.00"]),
        (["12,5", "12,345", "1,5e3", "1.23.456", "1.00,5"], ["12.50", None, None, None, None]),
    ],
)  # fmt: skip
def test_the_column_says_what_a_mark_is(
    bank: Bank, form: str, amounts: list[str], stored: list[str | None]
) -> None:
    assert load(bank, amounts, form) == stored
    undecided = [rule for _, _, rule, _ in bank.quarantine() if rule == "number_style"]
    assert bool(undecided) == (None in stored and "1,5e3" not in amounts)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_proof_may_stand_anywhere_in_a_large_file(bank: Bank, form: str) -> None:
    """Whatever block of the file it is read in, and however many threads read."""
    amounts = ["-1.000"] * 150_000
    assert set(load(bank, [*amounts, "12,5"], form)) == {"-1000.00", "12.50"}


def test_a_declared_mark_is_believed(bank: Bank) -> None:
    amounts = ["1.000", "12.500"]
    assert load(bank, amounts) == [None, None]
    assert load(bank, amounts, decimal="comma") == ["1000.00", "12500.00"]
    form = {"transactions": {"amount": {"decimal": "point"}}}
    amounts = ["1.000", "12.500", "12,5"]
    assert load(bank, amounts, mapping=form)[2] is None
    newest = bank.sql(
        "select amount from ingestion_raw_data.transactions "
        "where _batch_id = (select max(_batch_id) from ingestion_raw_data.transactions) order by 1"
    )
    assert newest == [(Decimal("1.00"),), (Decimal("12.50"),)]


def test_each_column_has_its_own_mark_and_the_file_decides_for_the_silent(bank: Bank) -> None:
    rows = "1;2024-01-01;1.500;1.000;0,5\n2;2024-01-01;2.000;20;1,25\n"
    bank.ingest(bank.write("marketing_campaigns_a.csv", CAMPAIGNS + rows))
    assert bank.sql("select budget, impressions, roi from ingestion_raw_data.marketing_campaigns") \
        == [(1500, 1000, 0.5), (2000, 20, 1.25)]  # fmt: skip
    rows = "3;2024-01-01;12,50;1.000;0.5\n4;2024-01-01;1.000;2.0;1.125\n"
    bank.ingest(bank.write("marketing_campaigns_b.csv", CAMPAIGNS + rows))
    found = bank.sql(
        "select budget, impressions, roi from ingestion_raw_data.marketing_campaigns "
        "where campaign_id > 2"
    )
    assert found == [(Decimal("12.50"), 1, 0.5), (1000, 2, 1.125)]


def test_three_decimals_are_ordinary_in_a_rate(bank: Bank) -> None:
    """A column of more decimals than money is read with a point unless a comma is proven."""
    head = "rate_date;currency;rate_to_usd\n"
    bank.ingest(bank.write("exchange_rates_a.csv", f"{head}2024-05-01;EUR;1.071\n"))
    rows = "2024-05-02;EUR;1,071\n2024-05-03;EUR;1.071\n"
    bank.ingest(bank.write("exchange_rates_b.csv", head + rows))
    assert bank.sql("select rate_to_usd from ingestion_raw_data.exchange_rates") == [
        (Decimal("1.071"),)
    ]
    assert [fault[2] for fault in bank.quarantine()] == ["number_style"] * 2

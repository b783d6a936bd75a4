"""A rate column is in one unit: judged once per file, refused as a whole or scaled as declared."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

PERCENT = {"products": {"interest_rate": {"unit": "percent"}}}
FRACTION = {"products": {"interest_rate": {"unit": "fraction"}}}
RATES = {"approved_rate", "debt_to_income_ratio", "interest_rate"}
SCORES = {"approval_probability_score", "churn_risk_score", "fraud_score", "risk_score"}


def load(
    bank: Bank, rates: list[Any], form: str = "csv", first: int = 100, **options: Any
) -> list[Any]:
    """Load one product per rate; return what is stored of each, None if quarantined."""
    path = bank.folder / "feeds" / f"products_r.{form}"
    size = len(rates)
    data = {
        "product_id": [first + n for n in range(size)], "product_name": ["x"] * size,
        "category": ["Loan"] * size, "interest_rate": rates,
    }  # fmt: skip
    if form == "parquet":
        pq.write_table(pa.table(data), path)
    else:
        lines = [
            ";".join(data),
            *(";".join(map(str, row)) for row in zip(*data.values(), strict=True)),
        ]
        path.write_text("\n".join([*lines, ""]))
    bank.ingest(path, **options)
    query = (
        "select product_id, interest_rate from ingestion_raw_data.products where product_id > 99"
    )
    found = dict(bank.sql(query))
    return [found.get(first + n) for n in range(size)]


FORMS = [("csv", str), ("parquet", str), ("parquet", float), ("parquet", Decimal)]


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_a_price_list_in_per_cent(bank: Bank, form: str, kind: type) -> None:
    """The case of public reports: all refused, then all understood."""
    rates = [kind(text) for text in ("5.5", "12.99", "0.5")]
    assert load(bank, rates, form) == [None] * 3
    assert [rule for _, _, rule, _ in bank.quarantine()] == ["unit", "maximum", "unit"]
    assert load(bank, rates, form, mapping=PERCENT) == [
        Decimal("0.055"), Decimal("0.1299"), Decimal("0.005"),
    ]  # fmt: skip


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_no_value_is_judged_alone(bank: Bank, form: str, kind: type) -> None:
    """Nothing is above the contract's maximum, and the doubt may stand in the last row."""
    assert load(bank, [kind("0.5")] * 3 + [kind("5.5")], form) == [None] * 4
    assert {rule for _, _, rule, _ in bank.quarantine()} == {"unit"}


def test_fractions_stay_fractions(bank: Bank) -> None:
    rates = ["0.05", "-0.005", "0.3599", "0.99", "0", "0.1299"]
    assert load(bank, rates) == [Decimal(rate) for rate in rates]
    assert not bank.quarantine()


def test_half_of_all_rates_above_40_per_cent_are_in_doubt(bank: Bank) -> None:
    assert load(bank, ["0.5", "0.75", "0.25", "0"]) == [None] * 4
    assert {rule for _, _, rule, _ in bank.quarantine()} == {"unit"}


def test_a_declared_fraction_is_believed(bank: Bank) -> None:
    rates = ["3.9", "0.05"]
    assert load(bank, rates, mapping=FRACTION) == [Decimal("3.9"), Decimal("0.05")]


def test_per_cent_with_signs_commas_and_blanks(bank: Bank) -> None:
    assert load(bank, ["5,5 %", "12,99%", "0,5"]) == [None] * 3
    assert load(bank, ["5,5 %", "12,99%", "0,5", "1001"], mapping=PERCENT) == [
        Decimal("0.055"), Decimal("0.1299"), Decimal("0.005"), None,
    ]  # fmt: skip
    assert load(bank, ["0.05", "5%"], first=200) == [None] * 2


def test_one_stray_score_is_one_fault_and_scores_of_hundred_are_all(bank: Bank) -> None:
    head = (
        "transaction_id,account_id,customer_id,transaction_date,transaction_type,amount,currency,"
        "fraud_score\n"
    )

    def scores(name: str, values: list[str]) -> int:
        start = 1000 if name == "a" else 5000
        rows = "".join(f"{start + n},10,100,2024-05-09,Fee,-1.00,USD,{value}\n"
                       for n, value in enumerate(values))  # fmt: skip
        return bank.ingest(bank.write(f"transactions_{name}.csv", head + rows)).totals.accepted

    assert scores("a", ["0.5"] * 199 + ["1.5"]) == 199
    assert scores("b", ["0.5", "73", "12.5", ""]) == 1


def test_every_fraction_of_the_contract_has_a_usual_maximum() -> None:
    fractions = {
        column.name: column
        for table in load_contract(find_project_dir())
        for column in table.columns
        if (column.unit or "").startswith("fraction")
    }
    usual = {name for name, column in fractions.items() if column.usual_maximum is not None}
    assert usual == RATES | SCORES
    assert set(fractions) - usual == {"roi"}  # thirty times a small budget is a return like another
    shares = [  # nothing between 0 and 1 that is no fraction
        f"{table.name}.{column.name}"
        for table in load_contract(find_project_dir())
        for column in table.columns
        if (column.minimum, column.maximum) == (0, 1) and column.usual_maximum is None
    ]
    assert not shares

"""The finance macros that category 01 rests on, evaluated on values worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.inline import first_row

pytestmark = pytest.mark.slow

# 10 of 100 at 95 %: the example of docs/style.md, rounded there to four decimals of a fraction.
WILSON_LOWER, WILSON_UPPER = 5.52, 17.44


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return one row of everything."""
    return first_row(
        tmp_path_factory.mktemp("macros"),
        """
        with rates as (
            select 10 as events, 100 as trials, 0 as none, 7 as seven
        ),
        flags as (
            select
                1 as row_id,
                true as labelled,
                cast(null as boolean) as unlabelled,
                10.00 as amount
            union all
            select 2, false, null, 20.01
            union all
            select 3, null, null, null
        ),
        counted as (
            select
                {{ count_flagged('labelled', 'row_id') }} as labelled_count,
                {{ count_flagged('unlabelled', 'row_id') }} as unlabelled_count,
                {{ count_if('labelled') }} as true_count,
                {{ money_if('labelled', 'amount') }} as true_amount,
                {{ average_money('amount') }} as average_amount,
                {{ average('row_id') }} as average_id,
                {{ quantile(0.25, 'row_id') }} as quarter
            from flags
        ),
        nobody as (
            select
                {{ count_flagged('labelled', 'row_id') }} as nobody_count,
                {{ average_money('amount') }} as nobody_amount
            from flags
            where row_id > 3
        )
        select
            {{ wilson_lower('events', 'trials') }} as lower_pct,
            {{ wilson_upper('events', 'trials') }} as upper_pct,
            {{ wilson_lower('none', 'seven') }} as none_lower_pct,
            {{ wilson_upper('seven', 'seven') }} as all_upper_pct,
            {{ wilson_lower('none', 'none') }} as untried_lower_pct,
            {{ wilson_upper('none', 'none') }} as untried_upper_pct,
            {{ change_pct('150', '-100') }} as from_debt_pct,
            {{ change_pct('5', '0') }} as from_nothing_pct,
            {{ change_pct('5', 'cast(null as integer)') }} as from_unknown_pct,
            {{ converted('cast(150000000.01 as decimal(18, 2))', 'cast(1.5 as decimal(18, 8))') }}
                as large_amount,
            {{ reporting_rate("'USD'", 'cast(null as decimal(18, 8))') }} as own_rate,
            {{ reporting_rate("'EUR'", 'cast(1.25 as decimal(18, 8))') }} as other_rate,
            counted.*,
            nobody.*
        from rates
        cross join counted
        cross join nobody
        """,
        reporting_currency="USD",
    )


def test_wilson_interval_as_published(row: dict[str, Any]) -> None:
    assert float(row["lower_pct"]) == pytest.approx(WILSON_LOWER, abs=0.005)
    assert float(row["upper_pct"]) == pytest.approx(WILSON_UPPER, abs=0.005)


def test_wilson_ends_exactly_at_nothing_and_at_all(row: dict[str, Any]) -> None:
    assert row["none_lower_pct"] == 0
    assert row["all_upper_pct"] == 100
    assert row["untried_lower_pct"] is None
    assert row["untried_upper_pct"] is None


def test_change_is_of_the_size_and_unknown_on_nothing(row: dict[str, Any]) -> None:
    assert row["from_debt_pct"] == 250
    assert row["from_nothing_pct"] is None
    assert row["from_unknown_pct"] is None


def test_unknown_is_never_zero(row: dict[str, Any]) -> None:
    assert row["labelled_count"] == 1
    assert row["unlabelled_count"] is None
    assert row["nobody_count"] == 0
    assert row["nobody_amount"] is None


def test_sums_means_and_quantiles(row: dict[str, Any]) -> None:
    assert row["true_count"] == 1
    assert float(row["true_amount"]) == 10
    assert float(row["average_amount"]) == pytest.approx(15.01)  # half a cent rounds up
    assert row["average_id"] == 2
    assert float(row["quarter"]) == 1.5


def test_large_money_converts_without_overflow(row: dict[str, Any]) -> None:
    assert float(row["large_amount"]) == pytest.approx(225_000_000.02)
    assert float(row["own_rate"]) == 1
    assert float(row["other_rate"]) == 1.25


def test_another_confidence_and_one_that_nobody_knows(tmp_path: Path) -> None:
    query = "select {{ wilson_lower('10', '100') }} as lower_pct"
    wider = first_row(tmp_path, query, confidence=0.99)
    bound, z = float(wider["lower_pct"]) / 100, 2.5758293035489004
    assert (0.1 - bound) ** 2 == pytest.approx(z**2 * bound * (1 - bound) / 100)  # its definition
    with pytest.raises(Exception, match=r"var confidence is 0\.97; valid are .*0\.95"):
        first_row(tmp_path, query, confidence=0.97)

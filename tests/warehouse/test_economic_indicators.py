"""Macroeconomic values are joined as they were known, and only where they are of their unit."""

from __future__ import annotations

from datetime import date

import pytest
from tests.support.lab import Lab

MODELS = ["+dim_economic_indicators"]
NEWEST = (
    "select observed_value from gold.dim_economic_indicators"
    " where indicator_name = '{name}' and timestamp '{day}' >= valid_from"
    " and timestamp '{day}' < valid_to"
)


def months(count: int, first: date = date(2022, 1, 1)) -> list[date]:
    """Return the first days of so many months."""
    ordinals = [first.year * 12 + first.month - 1 + place for place in range(count)]
    return [date(month // 12, month % 12 + 1, 1) for month in ordinals]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a warehouse with two years of values, then a revision and a month more."""
    lab = Lab(tmp_path_factory.mktemp("indicators"))
    history = [
        {
            "date": day,
            # trillions of the product itself, growing by 0.6 % a month
            "gdp_growth_rate": round(21.5 * 1.006**place, 3),
            # prices' growth, as it is
            "inflation_rate": 3.0 + (place * 7 % 5 - 2) * 0.3,
            "unemployment_rate": 3.5 + place % 3 / 10,
            "10yr_treasury_yield": 4.0,
        }
        for place, day in enumerate(months(24))
    ]
    lab.load({"economic_indicators": history})
    later = [
        {
            "date": "2023-12-01",
            **{name: history[-1][name] for name in ("gdp_growth_rate", "inflation_rate")},
            "unemployment_rate": 3.9,  # revised; the rest is not
            "10yr_treasury_yield": 4.0,
            "created_at": "2024-02-02 08:30:00",
        },
        {"date": "2024-01-01", "unemployment_rate": 4.1, "created_at": "2024-02-02 08:30:00"},
        {"date": "2024-02-01", "unemployment_rate": 0.042, "created_at": "2024-03-08 08:30:00"},
    ]
    lab.load({"economic_indicators": later})
    lab.build(*MODELS)
    return lab


def test_a_day_sees_what_was_published_by_then(lab: Lab) -> None:
    def known(day: str) -> list[tuple[float]]:
        return lab.rows(NEWEST.format(name="unemployment_rate", day=day))

    assert known("2022-02-09") == []  # January is published after some 40 days
    assert known("2022-02-10") == [(3.5,)]
    assert known("2024-02-01") == [(3.7,)]  # December as first published
    assert known("2024-02-02") == [(4.1,)]  # January
    assert known("2026-01-01") == [(4.1,)]  # February came as a share, not in per cent


def test_a_revision_is_a_row_of_its_own(lab: Lab) -> None:
    rows = lab.rows(
        "select known_date, is_known_date_estimated, observed_value, is_current"
        " from gold.dim_economic_indicators where indicator_name = 'unemployment_rate'"
        " and indicator_date = '2023-12-01' order by known_date"
    )
    assert rows == [
        (date(2024, 1, 10), True, 3.7, False),
        (date(2024, 2, 2), False, 3.9, False),
    ]
    unchanged = "select count(*) from gold.dim_economic_indicators where indicator_name = '{}'"
    assert lab.value(unchanged.format("inflation_rate")) == 24
    assert lab.value(unchanged.format("treasury_yield_10yr")) == 24


def test_each_moment_has_at_most_one_value(lab: Lab) -> None:
    overlapping = lab.value(
        "select count(*) from gold.dim_economic_indicators as a"
        " join gold.dim_economic_indicators as b on a.indicator_name = b.indicator_name"
        " and a.economic_indicators_key <> b.economic_indicators_key"
        " and a.valid_from < b.valid_to and b.valid_from < a.valid_to"
        " where a.valid_from < a.valid_to and b.valid_from < b.valid_to"
    )
    assert overlapping == 0
    assert lab.rows(
        "select indicator_name, count(*) from gold.dim_economic_indicators where is_current"
        " group by all order by all"
    ) == [
        (name, 1)
        for name in (
            *("gdp_growth_rate", "inflation_rate", "treasury_yield_10yr", "unemployment_rate"),
            "unknown",
        )
    ]


def test_a_level_is_no_growth_rate_and_a_share_no_per_cent(lab: Lab) -> None:
    assert lab.rows(
        "select indicator_name, unit_status, count(*) from gold.dim_economic_indicators"
        " where unit_status <> 'ok' group by all order by all"
    ) == [
        ("gdp_growth_rate", "looks_like_level", 13),  # told from the twelfth value on
        ("unemployment_rate", "not_of_unit", 1),
        ("unknown", "unknown", 1),
    ]


def test_a_build_warns_of_values_that_are_not_of_their_unit(lab: Lab) -> None:
    result = lab.build("dim_economic_indicators", command="test")
    (warned,) = result.warned
    assert warned.name.startswith("holds_dim_economic_indicators_unit_status")
    assert result.failed == ()

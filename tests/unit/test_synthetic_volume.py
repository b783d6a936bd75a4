"""Expected daily volume: what comes is a draw from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.synthetic_lab import Bank, bank

CHANNELS = ("Online", "Mobile", "ATM", "Branch", "POS")


def dense() -> Bank:
    return bank(customers=3000, transactions=300_000)


def volume(made: Bank) -> pd.DataFrame:
    """Return expected and actual attempts and posted transactions by day and channel."""
    moved = made.columns("transactions", "transaction_date", "channel", "decline_reason")
    moved["day"] = moved.transaction_date.dt.normalize()
    moved["channel"] = moved.channel.astype(object).fillna("none")
    actual = moved.groupby(["day", "channel"]).agg(
        attempts=("channel", "size"), posted=("decline_reason", lambda x: x.isna().sum())
    )
    table = made.truth("expected_volume").copy()
    table["day"] = pd.to_datetime(table.transaction_date)
    table["channel"] = table.channel.fillna("none")
    table = table.set_index(["day", "channel"])
    assert table.index.is_unique
    assert actual.index.isin(table.index).all()
    return table.join(actual).fillna({"attempts": 0, "posted": 0}).reset_index()


def dispersion(actual: pd.Series, expected: pd.Series) -> float:
    """Return the Pearson statistic per day: 1 where counts are Poisson with these means."""
    return float(((actual - expected) ** 2).sum() / expected.sum())


@pytest.mark.parametrize("channel", CHANNELS)
def test_volume__days_are_draws_from_what_is_expected(channel: str) -> None:
    table = volume(dense()).query("channel == @channel")
    # the statistic of 1,096 days has a standard deviation of 0.043
    assert 0.83 < dispersion(table.attempts, table.expected_attempts) < 1.20
    assert 0.80 < dispersion(table.posted, table.expected_posted) < 1.20
    for unit in (table.day.dt.dayofweek, table.day.dt.month, table.day.dt.year):
        sums = table.groupby(unit)[["attempts", "expected_attempts"]].sum()
        gap = (sums.attempts - sums.expected_attempts) / np.sqrt(sums.expected_attempts)
        assert gap.abs().max() < 4.5


def test_volume__a_flat_month_would_not_do() -> None:
    """The same measure refuses an expectation that knows of months but not of days."""
    table = volume(dense()).query("channel == 'POS'")
    month = table.day.dt.to_period("M")
    flat = table.expected_attempts.groupby(month).transform("mean")
    assert dispersion(table.attempts, flat) > 1.25


def test_volume__holds_without_the_calendar_dropout_declines_or_refunds() -> None:
    made = bank(
        "purchase.weekday_effect=0", "purchase.season_effect=0", "purchase.payday_effect=0",
        "purchase.holiday_effect=0", "purchase.trend_effect=0", "purchase.dropout_a=0",
        "purchase.decline_share=0", "purchase.refund_share=0", "mobile.transaction_effect=0",
        "archetypes.separation=0", customers=1000, transactions=100_000,
    )  # fmt: skip
    table = volume(made)
    for channel in CHANNELS:
        part = table[table.channel == channel]
        assert 0.8 < dispersion(part.attempts, part.expected_attempts) < 1.25

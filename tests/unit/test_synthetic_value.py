"""What customers are worth: the expectations of the ledger hold what happens, and its future."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.synthetic.margin import (
    CARD_SPREAD,
    DEPOSIT_SPREAD,
    INTERCHANGE_SHARE,
    LOAN_SPREAD,
)

WIDTH = 3.29
SIZES = {"customers": 3000, "transactions": 240_000}
BASE = ("fraud.share=0", "campaigns.count=0", "credit.spend_effect=0")
FAST = (*BASE, "purchase.dropout_b=20")
NEVER = (*BASE, "purchase.dropout_a=0")


def gap(found: pd.Series, expected: pd.Series) -> float:
    """Return how far the sum of `found` lies from that of `expected`, in standard errors."""
    off = (found - expected).to_numpy(dtype=float)
    return float(off.sum() / (off.std() * np.sqrt(len(off))))


def bought(made: Bank) -> pd.Series:
    moved = made.columns("transactions", "customer_id", "description", "decline_reason", "amount")
    tried = moved[moved.description.isin(["Card purchase", "Online purchase"])]
    people = made.truth("customers").customer_id
    return tried.groupby("customer_id").size().reindex(people, fill_value=0)


def retried(made: Bank) -> float:
    """Return attempts per purchase: some fail and are repeated."""
    config = made.parameters["config"]["purchase"]
    return 1 + config["decline_share"] * config["retry_share"]


def test_expected_purchases__net_of_dropout_are_what_is_bought() -> None:
    made = bank(*FAST, **SIZES)
    frame = made.truth("customer_months").groupby("customer_id")[
        ["expected_purchases", "expected_purchases_net"]
    ].sum()  # fmt: skip
    # who signed up in the window bought before the first row of the ledger
    old = pd.to_datetime(made.first_versions.signup_date) < pd.Timestamp("2023-01-01")
    ids = frame.index[frame.index.isin(old.index[old])]
    found = bought(made).reindex(ids) / 1.0
    share = retried(made)
    assert abs(gap(found / share, frame.expected_purchases_net[ids])) < WIDTH
    assert gap(found / share, frame.expected_purchases[ids]) < -3 * WIDTH


@pytest.mark.parametrize("settings", [FAST, NEVER], ids=["dropout", "none"])
@pytest.mark.parametrize("months", [12, 36])
@pytest.mark.parametrize("kind", ["", "_filtered"])
@pytest.mark.parametrize("what", ["purchases", "margin"])
def test_future__is_a_draw_from_what_was_expected(
    what: str, kind: str, months: int, settings: tuple[str, ...]
) -> None:
    made = bank(*settings, **SIZES)
    values = made.truth("customer_values")
    future, expected = (
        values[f"future_{what}_{months}m"], values[f"expected_{what}_{months}m{kind}"]
    )  # fmt: skip
    assert abs(gap(future, expected)) < WIDTH
    place = pd.qcut(expected, 5, labels=False, duplicates="drop")
    cells = pd.DataFrame({"off": future - expected, "mean": expected}).groupby(place)
    # few of those of whom little is expected still buy, and these buy often: where none is seen
    # the error is that of a count of customers, not of their purchases
    often = future[future > 0].mean() if what == "purchases" else 1.0
    error = np.sqrt(np.maximum(cells.off.var(), cells["mean"].mean() * often) / cells.size())
    assert (cells.off.mean().abs() / error).max() < WIDTH
    # without a look at dropout everyone would go on
    assert spearmanr(future, expected).statistic > 0.5


def test_dropout__dates_are_those_of_the_last_purchase() -> None:
    made = bank(*FAST, **SIZES)
    people = made.truth("customers").set_index("customer_id")
    stopped = people.dropout_date.dropna()
    moved = made.columns("transactions", "customer_id", "description", "transaction_date")
    last = moved[moved.description.isin(["Card purchase", "Online purchase"])]
    last = last.groupby("customer_id").transaction_date.max().dt.date
    assert len(stopped) > 300
    assert (last.reindex(stopped.index) == stopped).mean() > 0.99
    assert bank(*NEVER, **SIZES).truth("customers").dropout_date.isna().all()
    alive = made.truth("customer_values").set_index("customer_id").buying_probability
    gone = alive.index.isin(stopped.index)
    assert abs(gap(pd.Series(~gone, alive.index).astype(float), alive)) < WIDTH


def test_future__is_in_no_feed_and_after_the_window() -> None:
    made = bank(*FAST, **SIZES)
    values = made.truth("customer_values").set_index("customer_id")
    leave = pd.to_datetime(values.future_leave_date).dropna()
    assert leave.min() >= pd.Timestamp("2026-01-01")
    assert leave.max() < pd.Timestamp("2029-01-01")
    assert len(leave) > 100
    people = made.truth("customers").set_index("customer_id")
    assert people.leave_date.reindex(values.index).isna().all()
    told = made.feed("customers").groupby("customer_id").updated_at.max()
    assert told.max() < pd.Timestamp("2026-01-01")


def test_margin__is_that_of_the_feeds() -> None:
    """Spread on balances, interchange and fees, computed again from movements alone."""
    made = bank(*FAST, **SIZES)
    moved = made.columns(
        "transactions", "account_id", "customer_id", "transaction_date", "transaction_type",
        "amount", "decline_reason",
    )  # fmt: skip
    moved = moved[moved.decline_reason.isna()]
    month = moved.transaction_date.dt.to_period("M")
    sums = moved.amount.astype(float).groupby([moved.customer_id, month])
    frame = made.truth("customer_months")
    frame["month"] = pd.to_datetime(frame.month).dt.to_period("M")
    frame = frame.set_index(["customer_id", "month"])
    is_shop = moved.transaction_type.isin(["Purchase", "Refund"])
    is_fee = moved.transaction_type == "Fee"
    key = [moved.customer_id, month]
    spend = -(moved.amount.astype(float) * is_shop).groupby(key).sum()
    fees = -(moved.amount.astype(float) * is_fee).groupby(key).sum()
    whole = INTERCHANGE_SHARE * spend + fees
    found = frame.margin - whole.reindex(frame.index, fill_value=0.0)
    assert len(sums) > 10_000
    # what is left is interest: never negative, at most the largest spread on what is held
    assert found.min() > -0.005
    assert 0.5 < found.mean() < 60
    assert CARD_SPREAD > LOAN_SPREAD > DEPOSIT_SPREAD

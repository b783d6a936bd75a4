"""What could be known of churn: the filter and the chances of leaving hold what happens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.stats.roc import placements

WIDTH = 3.29
SIZES = {"customers": 4000, "transactions": 200_000}
VISIBLE = ("churn.base_rate=0.012", "churn.disengage_rate=0.02", "churn.falling_effect=1.8")
HIDDEN = (*VISIBLE, "churn.login_thinning=1", "churn.falling_activity=1")
HORIZONS = (1, 3, 6, 12)


def months(made: Bank) -> pd.DataFrame:
    """Return the ledger of customer-months, with who leaves how many months later."""
    lives = made.truth("customers").set_index("customer_id")
    frame = made.truth("customer_months")
    left = pd.to_datetime(lives.leave_date).reindex(frame.customer_id)
    left = left.to_numpy().astype("datetime64[M]")
    month = pd.to_datetime(frame.month).to_numpy().astype("datetime64[M]")
    frame["ahead"] = np.where(np.isnat(left), 999, (left - month).astype(int))
    end = np.datetime64(made.parameters["config"]["end"], "M")
    frame["seen"] = (end - month).astype(int)
    return frame


def cells(frame: pd.DataFrame, chance: str, happens: pd.Series) -> pd.Series:
    """Return how far what happens lies from its chance by tenths, in standard errors.

    The errors allow for the months of a customer being alike, and for rare events not seen.
    """
    place = pd.qcut(frame[chance], 10, duplicates="drop", labels=False)
    spread = (frame[chance] * (1 - frame[chance])).astype(float).groupby(place).sum()
    gap = (happens - frame[chance].astype(float)).groupby([place, frame.customer_id]).sum()
    alike = (gap**2).groupby(level=0).sum()
    return gap.groupby(level=0).sum() / np.sqrt(np.maximum(alike, spread))


@pytest.mark.parametrize("kind", ["", "_filtered"])
@pytest.mark.parametrize("ahead", HORIZONS)
def test_chances__are_those_with_which_customers_leave(ahead: int, kind: str) -> None:
    frame = months(bank(*VISIBLE, **SIZES))
    chance = f"leave_probability_{ahead}m{kind}"
    frame = frame[(frame.seen >= ahead) & frame[chance].notna()]
    happens = (frame.ahead <= ahead).astype(float)
    assert np.abs(cells(frame, chance, happens)).max() < WIDTH
    # and not those of half the hazard
    assert np.abs(cells(frame.assign(half=frame[chance] / 2), "half", happens)).max() > 2 * WIDTH


def test_filter__knows_how_sure_it_can_be() -> None:
    frame = months(bank(*VISIBLE, **SIZES))
    frame = frame[frame.leave_probability_1m.notna()]
    assert np.abs(cells(frame, "disengaged_probability", frame.is_disengaged)).max() < WIDTH
    assert placements(frame.is_disengaged, frame.disengaged_probability).auc > 0.9


def test_filter__sees_nothing_where_nothing_shows() -> None:
    """Logins and purchases as ever: only time since sign-up tells who may be disengaged."""
    frame = months(bank(*HIDDEN, **SIZES))
    frame = frame[frame.leave_probability_1m.notna()]
    spread = frame.groupby(["month", frame.groupby("customer_id").cumcount()])
    assert frame.is_disengaged.mean() > 0.05
    assert frame.disengaged_probability.max() < 0.3
    between = spread.disengaged_probability.transform("mean")
    assert np.abs(frame.disengaged_probability - between).max() < 0.1


def test_logins__are_told_each_month_and_never_go_back() -> None:
    versions = bank(*VISIBLE, **SIZES).feed("customers").sort_values(["customer_id", "updated_at"])
    login = pd.to_datetime(versions.last_login_date)
    step = login.groupby(versions.customer_id).diff()
    assert (step.dropna() >= pd.Timedelta(0)).all()
    assert (login <= versions.updated_at).all()
    month = versions.updated_at.dt.to_period("M")
    told = versions.assign(month=month).groupby("customer_id").month.agg(["nunique", "min", "max"])
    lasted = (told["max"] - told["min"]).map(lambda gap: gap.n) + 1
    inside = told["min"] >= pd.Period("2023-01")
    assert (told["nunique"][inside] == lasted[inside]).mean() > 0.99

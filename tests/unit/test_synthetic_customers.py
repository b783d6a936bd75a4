"""Mechanisms 4, 15 and 16: what the studies of single parameters do not show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.studies_lives import LIVES
from tests.support.synthetic_lab import bank

from financial_analytics.synthetic.config import BLOCK_CUSTOMERS
from financial_analytics.synthetic.geography import build_geography, distance_km
from financial_analytics.synthetic.load import load_config
from financial_analytics.synthetic.simulate import build_world, simulate_block


def test_churn__logins_thin_out_before_people_leave() -> None:
    study = next(study for study in LIVES if "churn.falling_effect" in study.finds)
    # more customers than the study has: some leave before they had time to fall quiet
    made = bank(*study.planted, **study.sizes | {"customers": 6000, "transactions": 60_000})
    last = made.last_versions
    quiet = (last.updated_at.dt.floor("D") - pd.to_datetime(last.last_login_date)).dt.days
    gone = ~last.is_active.astype(bool)
    gap = quiet[gone].mean() - quiet[~gone].mean()
    assert gap > 4 * np.hypot(quiet[gone].sem(), quiet[~gone].sem())


def morans_i(values: np.ndarray, weights: np.ndarray) -> float:
    centred = values - values.mean()
    return float(len(values) / weights.sum() * (centred @ weights @ centred) / (centred @ centred))


@pytest.mark.parametrize("spread", [0.4, 0.0])
def test_spatial__county_incomes_are_as_alike_as_planted(spread: float) -> None:
    made = bank(
        "archetypes.separation=0", f"spatial.income_sd={spread}",
        customers=5000, transactions=10_000,
    )  # fmt: skip
    zips = made.feed("zip_codes").set_index("zip_code")
    zips["area"] = zips.state + "/" + zips.county
    area = made.first_versions.zip_code.map(zips.area)
    income = np.log(made.first_versions.annual_income.astype(float)).groupby(area)
    found = income.mean()[income.size() >= 8]
    centre = zips.groupby("area")[["latitude", "longitude"]].mean().loc[found.index].to_numpy()
    gap = distance_km(centre[:, :1], centre[:, 1:], centre[:, 0], centre[:, 1])
    weights = ((gap < 150) & (gap > 0)).astype(float)
    index = morans_i(found.to_numpy(), weights)
    rng = np.random.default_rng(1)
    shuffled = [morans_i(rng.permutation(found.to_numpy()), weights) for _ in range(200)]
    if spread == 0:
        assert index < np.quantile(shuffled, 0.995)
        return
    assert index > max(shuffled)
    geography = build_geography(load_config(overrides=[f"spatial.income_sd={spread}"]))
    planted = pd.Series(geography.field, pd.unique(zips.area.to_numpy()))[found.index]
    slope = np.polyfit(planted, found, 1)[0]
    assert abs(slope - 1) < 0.15


def test_history__at_least_fifteen_percent_of_customers_change() -> None:
    made = bank(customers=4000, transactions=40_000)
    tracked = ["city", "state", "zip_code", "credit_score", "annual_income", "marital_status",
               "customer_segment", "risk_segment", "loyalty_tier", "is_active"]  # fmt: skip
    versions = made.feed("customers")[["customer_id", *tracked]].drop_duplicates()
    assert (versions.groupby("customer_id").size() > 1).mean() >= 0.15


def test_history__segment_rows_agree_with_the_customer_versions() -> None:
    made = bank(customers=4000, transactions=40_000)
    rows = made.feed("customer_segments_history").sort_values("effective_date")
    versions = made.feed("customers").sort_values("updated_at")
    last = versions.groupby("customer_id").last()
    current = rows[rows.is_current.astype(bool)].set_index("customer_id")
    assert current.index.is_unique
    for name in ("customer_segment", "loyalty_tier", "risk_segment"):
        assert (current[name] == last[name].reindex(current.index)).all()
    ended = rows[~rows.is_current.astype(bool)]
    following = rows.groupby("customer_id").effective_date.shift(-1)
    assert (ended.end_date == following[ended.index]).all()
    assert set(current.index) == set(last.index)


def test_churn__only_complaints_that_the_feed_tells_raise_the_hazard() -> None:
    world = build_world(load_config(customers=2 * BLOCK_CUSTOMERS, transactions=80_000))
    told = 0
    for number in range(world.config.blocks):
        block = simulate_block(world, number, BLOCK_CUSTOMERS)
        made, kept = block.contacts, block.contacts_kept
        kept = kept[made.is_complaint[kept] & ~made.resolved[kept]]
        visible = np.zeros_like(block.life.complained)
        visible[made.customer[kept], made.month[kept]] = True
        recent = np.zeros_like(visible)
        for lag in (1, 2, 3):
            recent[:, lag:] |= visible[:, :-lag]
        at_risk = ~np.isnan(block.life.hazard)
        at_risk &= block.life.until[:, None] > world.calendar.month_start
        np.testing.assert_array_equal(block.life.complained[at_risk], recent[at_risk])
        told += int(recent[at_risk].sum())
    assert told > 100

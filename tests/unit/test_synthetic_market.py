"""Mechanisms 8, 13 and 14: what the studies of single parameters do not show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.support.synthetic_lab import Bank, bank, covers

from financial_analytics.synthetic.catalog import SEGMENTS
from financial_analytics.synthetic.fraud_cells import SIZES
from financial_analytics.synthetic.legs import TYPOLOGIES


def reached() -> Bank:
    return bank(
        "campaigns.audience_share=0.5", "churn.base_rate=0.001", customers=5000, transactions=50_000
    )


def touches(made: Bank, randomised: bool = True) -> pd.DataFrame:
    plan = pd.DataFrame(made.parameters["campaigns"]).set_index("campaign_id")
    table = made.feed("campaign_touches")
    table = table[table.campaign_id.map(plan.is_randomised) == randomised]
    # the bank still waits for conversions of the last two weeks
    table = table[table.touch_date < "2025-12-15"].copy()
    versions = made.feed("customers").sort_values("updated_at")[
        ["customer_id", "updated_at", "customer_segment"]
    ]
    table = pd.merge_asof(table.sort_values("touch_date"), versions, left_on="touch_date",
                          right_on="updated_at", by="customer_id")  # fmt: skip
    table["spend"] = table.campaign_id.map(plan.spend_per_contact)
    table["lift"] = [
        plan.lift[c][s] for c, s in zip(table.campaign_id, table.customer_segment, strict=True)
    ]
    return table


def difference(table: pd.DataFrame) -> tuple[float, float]:
    treated = table[~table.is_holdout.astype(bool)].converted.astype(float)
    spared = table[table.is_holdout.astype(bool)].converted.astype(float)
    return treated.mean() - spared.mean(), float(np.hypot(treated.sem(), spared.sem()))


@pytest.mark.parametrize("segment", SEGMENTS)
def test_campaigns__lift_of_each_segment_comes_back_from_the_holdout(segment: str) -> None:
    table = touches(reached()).query("customer_segment == @segment")
    effect, error = difference(table)
    planted = table[~table.is_holdout.astype(bool)].lift.mean()
    assert covers(effect, error, planted, 3.0)
    assert (planted == 0) == (segment == "Premium")


def test_campaigns__retention_campaigns_sell_nothing() -> None:
    made = reached()
    plan = pd.DataFrame(made.parameters["campaigns"]).set_index("campaign_id")
    table = touches(made)
    effect, error = difference(table[table.campaign_id.map(plan.is_retention)])
    assert covers(effect, error, 0.0, 3.0)


def test_campaigns__targeted_ones_have_no_holdout_and_prefer_the_active() -> None:
    made = reached()
    table = touches(made, randomised=False)
    assert not table.is_holdout.any()
    rate = made.truth("customers").set_index("customer_id").purchase_rate
    assert np.log(rate[table.customer_id]).mean() > np.log(rate).mean() + 0.3


def test_campaigns__return_to_spend_saturates_as_planted() -> None:
    made = reached()
    table = touches(made)
    mass = table[table.customer_segment == "Mass Market"]
    rows = []
    for campaign, group in mass.groupby("campaign_id"):
        effect, error = difference(group)
        # a campaign at another segment holds the few who changed theirs on the way
        if group.lift.iloc[0] > 0 and len(group) > 100:
            curve = made.parameters["channel_response"][group.touch_channel.iloc[0]]
            share = group.spend.iloc[0] / (group.spend.iloc[0] + curve["half_spend"])
            rows.append((campaign, effect, max(error, 1e-6), curve["top_lift"] * share))
    found = pd.DataFrame(rows, columns=["campaign", "effect", "error", "planted"])
    fit = sm.WLS(found.effect, found.planted, weights=found.error**-2).fit()
    assert covers(float(fit.params.iloc[0]), float(fit.bse.iloc[0]), 1.0, 3.0)


def frauds() -> Bank:
    return bank("fraud.share=0.01", customers=4000, transactions=100_000)


def test_fraud__each_typology_leaves_its_trace() -> None:
    made = frauds()
    table = made.feed("transactions").merge(made.truth("fraud"), on="transaction_id", how="left")
    kind = table.typology.fillna("none")
    honest = table[kind == "none"]
    assert table[kind == "card_testing"].velocity_24h.median() >= 4 > honest.velocity_24h.median()
    travel = table[kind == "impossible_travel"]
    assert travel.distance_from_home_km.min() > 80  # Buffalo to Toronto, within the hour
    assert travel.distance_from_home_km.median() > 2000
    ring = table[kind == "ring"]
    assert ring.groupby("device_id").customer_id.nunique().max() >= 3
    own = honest[honest.device_id.notna()].groupby("device_id").customer_id.nunique()
    assert own.max() == 1
    changed = made.feed("account_events").query("event_type == 'Contact Details Changed'")
    assert set(table[kind == "account_takeover"].customer_id) <= set(changed.customer_id)
    merchants = {row["merchant_id"] for row in made.parameters["compromised_merchants"]}
    incidents = made.truth("fraud")
    theft = incidents[incidents.typology == "compromised_merchant"].incident
    exposed = incidents[
        (incidents.typology == "none") & incidents.incident.isin(theft)
    ].transaction_id
    seen = set(table[table.transaction_id.isin(exposed)].merchant_id.astype(int))
    assert seen
    assert seen <= merchants


def test_fraud__labels_arrive_late_and_alerts_follow() -> None:
    made = frauds()
    table = made.feed("transactions")
    truth = made.truth("fraud").query("typology != 'none'").merge(table, on="transaction_id")
    known = pd.to_datetime(truth.label_date) <= pd.Timestamp("2025-12-31")
    assert (truth.is_fraud.astype(bool) == known).all()
    assert (~known).any()
    alerts = made.feed("fraud_alerts").merge(table, on="transaction_id", suffixes=("", "_of"))
    assert (alerts.alert_date > alerts.transaction_date).all()
    stages = alerts.groupby("alert_id").investigation_status.nunique()
    assert stages.max() == 4


def test_fraud__one_alert_in_five_to_twenty_is_a_fraud() -> None:
    made = bank(customers=3000, transactions=300_000)
    alerts = made.feed("fraud_alerts").drop_duplicates("alert_id")
    stolen = made.truth("fraud").query("typology != 'none'").transaction_id
    assert len(alerts) > 1000
    assert 0.05 < alerts.transaction_id.isin(stolen).mean() < 0.20


def test_fraud__incidents_are_draws_from_what_is_expected() -> None:
    """By typology, year and day of the week; incidents, for a thief's payments go together."""
    made = frauds()
    expected = made.truth("expected_frauds").copy()
    size = pd.Series(dict(zip(TYPOLOGIES[1:], SIZES, strict=True)))
    expected["incidents"] = expected.expected_frauds / expected.typology.map(size)
    stolen = made.truth("fraud").query("typology != 'none'").merge(
        made.columns("transactions", "transaction_id", "transaction_date", "channel",
                     "merchant_category"), on="transaction_id",
    ).sort_values("transaction_date")  # fmt: skip
    first = stolen.drop_duplicates("incident")
    due, came = pd.to_datetime(expected.transaction_date), first.transaction_date

    def far(expected_by: pd.Series, came_by: pd.Series) -> float:
        due = expected.incidents.groupby(expected_by).sum()
        gap = (came_by.value_counts().reindex(due.index, fill_value=0) - due) / np.sqrt(due)
        return float(gap.abs().max())

    assert far(expected.typology, first.typology) < 4
    assert far(due.dt.year, came.dt.year) < 4
    assert far(due.dt.dayofweek, came.dt.dayofweek) < 4
    cells = ["typology", "merchant_category", "channel"]
    both = [
        table[cells].astype(object).fillna("-").agg("|".join, axis=1)
        for table in (expected, stolen)
    ]
    due = expected.expected_frauds.groupby(both[0]).sum()
    counts = both[1].value_counts()
    assert set(counts.index) == set(due.index)
    by_kind = due.index.str.split("|").str[0]
    share = due / due.groupby(by_kind).transform("sum")
    total = counts.groupby(counts.index.str.split("|").str[0]).sum()
    number = share.index.str.split("|").str[0].map(total).to_numpy()
    gap = (counts.reindex(share.index) - share * number) / np.sqrt(share * number)
    assert gap.abs().max() < 4


def test_regulatory__structurers_pile_up_below_the_limit() -> None:
    planted = ("regulatory.structuring_share=0.05", "regulatory.large_cash_rate=0.3")
    made = bank(*planted, customers=3000, transactions=30_000)
    cash = made.feed("transactions").query("description == 'Cash deposit'")
    amount = cash.amount.astype(float)
    guilty = made.truth("customers").query("is_structurer").customer_id
    honest = ~cash.customer_id.isin(guilty)
    below, above = amount.between(9000, 9999.99), amount.between(10_000, 10_999.99)
    low, high = (honest & below).sum(), (honest & above).sum()
    assert abs(low - high) < 4 * np.sqrt(low + high)
    assert (below.sum() - above.sum()) > 5 * np.sqrt(below.sum() + above.sum())
    reports = made.feed("regulatory_reports")
    filed = set(reports.query("report_type_code == 'CTR'").transaction_id.astype("int64"))
    # a report appears on the day after
    due = (amount > 10_000) & (cash.transaction_date < "2025-12-31")
    assert filed == set(cash[due].transaction_id)
    suspects = set(reports.query("report_type_code == 'SAR'").customer_id)
    assert suspects
    assert suspects <= set(guilty)


def test_regulatory__without_structuring_nothing_piles_up() -> None:
    made = bank("regulatory.structuring_share=0", "regulatory.large_cash_rate=0.3", customers=3000,
                transactions=30_000)  # fmt: skip
    amount = made.feed("transactions").query("description == 'Cash deposit'").amount.astype(float)
    low, high = amount.between(9000, 9999.99).sum(), amount.between(10_000, 10_999.99).sum()
    assert abs(low - high) < 4 * np.sqrt(low + high)

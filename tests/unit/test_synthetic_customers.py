"""Mechanisms 3, 4, 10, 15 and 16, estimated again from the generated feeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.miscmodels import ordinal_model as ordinal
from tests.support.synthetic_lab import Bank, bank, covers, month_of

from financial_analytics.synthetic.geography import build_geography, distance_km
from financial_analytics.synthetic.load import load_config

MONTHS = 36
GRID = np.arange(MONTHS)
STARTS = pd.date_range("2023-01-01", periods=MONTHS, freq="MS")


def test_satisfaction__ordered_logit_gives_the_effects_back() -> None:
    made = bank(customers=4000, transactions=40_000)
    rated = made.feed("customer_interactions").dropna(subset=["satisfaction_rating"])
    design = np.column_stack([
        ~rated.resolved.astype(bool), np.log2(rated.duration_minutes / 10), rated.escalated
    ]).astype(float)  # fmt: skip
    rating = rated.satisfaction_rating.astype(int).to_numpy()
    fit = ordinal.OrderedModel(rating, design, distr="logit").fit(method="bfgs", disp=0)
    planted = made.parameters["config"]["satisfaction"]
    names = ("unresolved_effect", "slow_effect", "escalated_effect")
    for place, name in enumerate(names):
        assert covers(fit.params[place], fit.bse[place], planted[name]), name


def test_satisfaction__without_effects_ratings_do_not_depend_on_the_contact() -> None:
    made = bank("satisfaction.unresolved_effect=0", "satisfaction.slow_effect=0",
                "satisfaction.escalated_effect=0", customers=2000, transactions=10_000)  # fmt: skip
    rated = made.feed("customer_interactions").dropna(subset=["satisfaction_rating"])
    groups = rated.satisfaction_rating.astype(float).groupby(rated.resolved.astype(bool))
    mean, error = groups.mean(), groups.sem()
    assert abs(mean[True] - mean[False]) < 3 * np.hypot(error[True], error[False])


class History:
    """Customer-months, built from the feeds as an analyst would."""

    def __init__(self, made: Bank) -> None:
        self.made = made
        self.first, self.last = made.first_versions, made.last_versions
        self.rows = pd.Series(np.arange(len(self.first)), self.first.index)
        self.joined = np.maximum(month_of(self.first.signup_date), 0)
        gone = self.last.updated_at.where(~self.last.is_active.astype(bool))
        self.left = np.where(gone.isna(), 999, month_of(gone.fillna(pd.Timestamp("2099-01-01"))))
        self.at_risk = (self.joined[:, None] < GRID) & (self.left[:, None] >= GRID)
        self.leaves = self.left[:, None] == GRID

    def recent(self, customer: pd.Series, when: pd.Series) -> np.ndarray:
        """Whether something happened in the three months before each month."""
        flag = np.zeros((len(self.first), MONTHS), dtype=bool)
        month = month_of(when)
        flag[self.rows[customer].to_numpy()[month >= 0], month[month >= 0]] = True
        out = np.zeros_like(flag)
        for lag in (1, 2, 3):
            out[:, lag:] |= flag[:, :-lag]
        return out

    def band(self) -> np.ndarray:
        """Distance band of the customer's ZIP to the nearest branch open at a month's start."""
        zips = self.made.feed("zip_codes").set_index("zip_code")
        branch = (
            self.made.feed("branch_locations").sort_values("updated_at").groupby("branch_id").last()
        )
        gap = distance_km(
            zips.latitude.to_numpy()[:, None], zips.longitude.to_numpy()[:, None],
            branch.latitude.to_numpy(), branch.longitude.to_numpy(),
        )  # fmt: skip
        opened = pd.to_datetime(branch.open_date).to_numpy()
        closed = pd.to_datetime(branch.close_date).to_numpy()
        near = np.stack([
            np.where((opened <= day) & (np.isnat(closed) | (closed > day)), gap, np.inf).min(axis=1)
            for day in STARTS.to_numpy()
        ], axis=1)  # fmt: skip
        place = pd.Series(np.arange(len(zips)), zips.index)
        home = np.zeros((len(self.first), MONTHS), dtype=int)
        versions = self.made.feed("customers").sort_values("updated_at")
        month = np.maximum(month_of(versions.updated_at) + 1, 0)
        spot = place[versions.zip_code].to_numpy()
        for row, start, code in zip(self.rows[versions.customer_id], month, spot, strict=True):
            home[row, start:] = code
        # before the month after sign-up nobody is at risk
        first = place[self.first.zip_code].to_numpy()
        home = np.where(self.joined[:, None] >= GRID, first[:, None], home)
        config = self.made.parameters["config"]["branches"]
        distance = near[home, GRID]
        return (distance >= config["near_km"]).astype(int) + (distance >= config["far_km"])

    def rate_gap(self) -> np.ndarray:
        """Market rate above the rate of the customer's savings, while there are any."""
        accounts = (
            self.made.feed("accounts").query("product_id in [5, 6, 7]").sort_values("updated_at")
        )
        held = accounts.groupby("customer_id").last()
        products = self.made.feed("products").sort_values("updated_at")
        macro = self.made.feed("economic_indicators")
        market = (
            macro.set_index(pd.to_datetime(macro.date))
            .federal_funds_rate.reindex(STARTS)
            .to_numpy()
        )
        gap = np.zeros((len(self.first), MONTHS))
        for product, group in products.groupby("product_id"):
            at = np.searchsorted(group.updated_at.to_numpy(), STARTS.to_numpy(), side="right") - 1
            rate = group.interest_rate.astype(float).to_numpy()[at] * 100
            mine = held[held.product_id == product]
            rows = self.rows[mine.index].to_numpy()
            opened = pd.to_datetime(mine.open_date).to_numpy()[:, None]
            closed = pd.to_datetime(mine.close_date).to_numpy()[:, None]
            saves = (opened < STARTS.to_numpy()) & (
                np.isnat(closed) | (closed >= STARTS.to_numpy())
            )
            gap[rows] = np.where(saves, market - rate, 0.0)
        return gap

    def tenure(self) -> np.ndarray:
        """Log of one plus years since sign-up, against five years."""
        signup = pd.to_datetime(self.first.signup_date).to_numpy()[:, None]
        days = np.maximum((STARTS.to_numpy() - signup) / np.timedelta64(1, "D"), 0)
        return np.log1p(days / 365.25) - np.log(6)


def test_churn__hazard_comes_back_from_customer_months() -> None:
    made = bank("churn.base_rate=0.012", "campaigns.audience_share=0.3", "branches.count=150",
                customers=6000, transactions=60_000)  # fmt: skip
    months = History(made)
    contacts = made.feed("customer_interactions")
    bad = contacts[
        contacts.reason.isin(["Complaint", "Fee Dispute"]) & ~contacts.resolved.astype(bool)
    ]
    moved = made.feed("transactions")
    fees = moved[moved.transaction_type == "Fee"]
    truth = made.truth("customers").set_index("customer_id").loc[months.first.index]
    enrolled = pd.to_datetime(truth.autopay_date)
    enrolled = np.where(enrolled.isna(), 999, month_of(enrolled.fillna(pd.Timestamp("2099-01-01"))))
    latent = made.truth("customer_months")
    falling = np.zeros((len(months.first), MONTHS), dtype=bool)
    falling[months.rows[latent.customer_id], month_of(latent.month)] = latent.is_disengaged
    campaigns = made.feed("marketing_campaigns")
    keep = campaigns[campaigns.campaign_name.str.contains("Retention")].campaign_id
    touches = made.feed("campaign_touches")
    touches = touches[touches.campaign_id.isin(keep) & ~touches.is_holdout.astype(bool)]
    drivers = {
        "complaint": months.recent(bad.customer_id, bad.interaction_date),
        "fee": months.recent(fees.customer_id, fees.transaction_date),
        "falling": falling,
        "rate_gap": months.rate_gap(),
        "tenure": months.tenure(),
        "autopay": enrolled[:, None] <= GRID,
        "far": months.band() == 2,
        "retained": months.recent(touches.customer_id, touches.touch_date),
    }
    design = pd.DataFrame({name: value[months.at_risk] for name, value in drivers.items()}).astype(
        float
    )
    outcome = months.leaves[months.at_risk].astype(float)
    family = sm.families.Binomial(sm.families.links.CLogLog())
    fit = sm.GLM(outcome, sm.add_constant(design), family=family).fit()
    config = made.parameters["config"]
    effects = ("complaint", "fee", "falling", "rate_gap", "tenure", "autopay")
    planted = {name: config["churn"][f"{name}_effect"] for name in effects}
    planted |= {"far": config["branches"]["far_churn_effect"],
                "retained": config["campaigns"]["retention_effect"],
                "const": np.log(config["churn"]["base_rate"])}  # fmt: skip
    found = {name: (fit.params[name], fit.bse[name], truth) for name, truth in planted.items()}
    missed = {name: three for name, three in found.items() if not covers(*three, 3.0)}
    assert missed == {}
    assert outcome.sum() > 1000


def test_churn__logins_thin_out_before_people_leave() -> None:
    made = bank("churn.base_rate=0.012", "campaigns.audience_share=0.3", "branches.count=150",
                customers=6000, transactions=60_000)  # fmt: skip
    last = made.last_versions
    quiet = (last.updated_at.dt.floor("D") - pd.to_datetime(last.last_login_date)).dt.days
    gone = ~last.is_active.astype(bool)
    gap = quiet[gone].mean() - quiet[~gone].mean()
    assert gap > 4 * np.hypot(quiet[gone].sem(), quiet[~gone].sem())


@pytest.mark.parametrize("removed", [(), ("branches.middle_effect=0", "branches.far_effect=0")])
def test_branches__visits_fall_with_distance_as_planted(removed: tuple[str, ...]) -> None:
    made = bank(
        "mobile.contact_effect=0", "branches.count=200", *removed,
        customers=4000, transactions=20_000,
    )  # fmt: skip
    months = History(made)
    contacts = made.feed("customer_interactions").query("interaction_type == 'Branch Visit'")
    visits = np.zeros((len(months.first), MONTHS))
    np.add.at(
        visits,
        (months.rows[contacts.customer_id].to_numpy(), month_of(contacts.interaction_date)),
        1,
    )
    whole = (months.joined[:, None] < GRID) & (months.left[:, None] > GRID)
    band = months.band()
    archetype = made.truth("customers").set_index("customer_id").archetype[months.first.index]
    frame = pd.DataFrame({
        "visits": visits[whole], "band": band[whole],
        "archetype": np.repeat(archetype.to_numpy()[:, None], MONTHS, 1)[whole],
        "month": np.tile(GRID, (len(months.first), 1))[whole],
    })  # fmt: skip
    cells = frame.groupby(["band", "archetype", "month"]).visits.agg(["sum", "size"]).reset_index()
    design = pd.get_dummies(
        cells[["band", "archetype", "month"]].astype(str), drop_first=True
    ).astype(float)
    fit = sm.GLM(cells["sum"], sm.add_constant(design), family=sm.families.Poisson(),
                 offset=np.log(cells["size"])).fit()  # fmt: skip
    planted = made.parameters["config"]["branches"]
    assert covers(fit.params["band_1"], fit.bse["band_1"], planted["middle_effect"])
    assert covers(fit.params["band_2"], fit.bse["band_2"], planted["far_effect"])


def morans_i(values: np.ndarray, weights: np.ndarray) -> float:
    centred = values - values.mean()
    return float(len(values) / weights.sum() * (centred @ weights @ centred) / (centred @ centred))


@pytest.mark.parametrize("spread", [0.4, 0.0])
def test_spatial__county_incomes_are_as_alike_as_planted(spread: float) -> None:
    made = bank(
        f"spatial.income_sd={spread}",
        "archetypes.separation=0",
        customers=5000,
        transactions=10_000,
    )
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

"""Category 03: what the synthetic bank plants is found again; on little data the status tells."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from scipy import stats
from sklearn.metrics import adjusted_rand_score
from tests.support.lab import Lab
from tests.support.small_bank import account, transaction
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.models.exploratory import customer_clusters, geographic_clusters
from financial_analytics.stats.multiple import benjamini_hochberg
from financial_analytics.synthetic.catalog import WEEKDAY_LOG

pytestmark = pytest.mark.slow

FOLDER = "gold.analytics.03_exploratory_analytics"
MODELS = (
    *("customer_behavior_clusters", "transaction_time_patterns", "product_cross_sell_patterns"),
    *("merchant_spending_patterns", "credit_score_behavior_correlation"),
    *("geographic_clustering", "seasonal_patterns", "account_lifecycle_patterns"),
)
KNOWN = {
    *("ok", "insufficient_data", "no_variation"),
    *("no_time_of_day", "weekly_only"),
}


def frame(lab: Lab, query: str) -> pd.DataFrame:
    """Return a query's rows; a bare name is a gold model."""
    if " " not in query:
        query = f"select * from gold.analytics_{query}"
    with duckdb.connect(str(lab.settings.warehouse_path), read_only=True) as connection:
        return connection.sql(query).df()


@pytest.fixture(scope="module")
def made() -> Bank:
    """Return a synthetic bank with every mechanism at its default."""
    return bank(customers=1000, transactions=75_000, seed=11)


@pytest.fixture(scope="module")
def lab(made: Bank, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab with the exploratory models built on it."""
    lab = Lab(tmp_path_factory.mktemp("exploratory"))
    lab.load(made.folder / "full")
    lab.build(f"+{FOLDER}", permutation_count=199)
    return lab


def test_archetypes_are_recovered(lab: Lab, made: Bank) -> None:
    clusters = frame(lab, "customer_behavior_clusters")
    assert len(clusters) == clusters["customer_natural_key"].nunique()
    known = clusters[clusters["status"] == "ok"]
    assert len(known) > 600
    truth = made.truth("customers").set_index("customer_id")["archetype"]
    planted = truth.loc[known["customer_natural_key"]]
    assert adjusted_rand_score(planted, known["cluster_number"]) >= 0.6
    assert known["cluster_count"].iloc[0] == known["cluster_number"].nunique()
    assert known["cluster_name"].nunique() == known["cluster_number"].nunique()
    assert (known["purchase_count"] >= 10).all()
    left = clusters[clusters["status"] == "insufficient_data"]
    assert (left["purchase_count"] < 10).all()
    assert left["cluster_number"].isna().all() and left["profile_cash_score"].isna().all()
    assert known["stability_lower"].iloc[0] <= known["stability_score"].iloc[0]


def test_clusters_do_not_depend_on_the_order_of_rows(lab: Lab) -> None:
    behavior = frame(lab, "select * from gold_intermediate.int_customer_behavior")
    clock = frame(lab, "select * from silver.data_clock")
    one = customer_clusters(behavior.sample(frac=1, random_state=4), clock).to_pandas()
    published = frame(lab, "customer_behavior_clusters").sort_values("customer_natural_key")
    for name in ("cluster_number", "membership_rate", "silhouette_score"):
        np.testing.assert_allclose(
            one[name].astype(float), published[name].astype(float), equal_nan=True
        )
    np.testing.assert_allclose(one["pc1_score"], published["pc1_score"], equal_nan=True)


def test_week_year_and_holidays_are_found(lab: Lab, made: Bank) -> None:
    seasons = frame(lab, "seasonal_patterns")
    purchases = seasons[seasons["series_name"] == "purchases"].sort_values("observation_date")
    assert set(seasons["status"]) == {"ok"}
    row = purchases.iloc[0]
    assert row["weekly_strength_p_value"] < 1e-6
    assert row["yearly_strength_p_value"] < 0.001
    assert row["weekly_strength_rate_lower"] > 0.05
    assert 0 < row["yearly_strength_rate"] < 1
    weekday = pd.to_datetime(purchases["observation_date"]).dt.dayofweek
    week = np.log(purchases["weekly_index"] / 100).groupby(weekday.to_numpy()).mean()
    assert np.corrcoef(week, WEEKDAY_LOG)[0, 1] > 0.9
    month = pd.to_datetime(purchases["observation_date"]).dt.month
    year = purchases.groupby(month.to_numpy())["yearly_index"].mean()
    assert year[[11, 12, 1]].mean() > 102  # the peak is in December
    assert year[[5, 6, 7]].mean() < 98
    planted = 100 * np.expm1(made.parameters["config"]["purchase"]["holiday_effect"])
    assert row["holiday_effect_pct_upper"] < 0
    # purchases on new credit know no holidays: the effect on all of them is a little weaker
    assert row["holiday_effect_pct_lower"] <= planted + 3
    assert row["holiday_effect_pct"] == pytest.approx(planted, abs=10)
    with_name = purchases[purchases["holiday_name"].notna()]
    assert with_name["own_holiday_effect_pct"].median() == pytest.approx(planted, abs=10)


def test_components_multiply_to_what_was_observed(lab: Lab) -> None:
    seasons = frame(lab, "seasonal_patterns")
    product = seasons["trend_value"] * seasons["remainder_index"] / 100
    for name in ("weekly", "yearly", "holiday"):
        product *= seasons[f"{name}_index"] / 100
    some = seasons["observed_value"] > 0
    np.testing.assert_allclose(product[some], seasons["observed_value"][some], rtol=1e-9)


def _counties(made: Bank) -> pd.DataFrame:
    """Return customers as `int_customer_behavior` gives them, from the feeds."""
    zips = made.feed("zip_codes").drop_duplicates("zip_code").set_index("zip_code")
    people = made.last_versions.reset_index()
    home = zips.reindex(people["zip_code"]).reset_index(drop=True)
    return pd.DataFrame(
        {
            "customer_natural_key": people["customer_id"],
            "county": home["county"].fillna("Unknown"),
            "state": home["state"].fillna("Unknown"),
            "latitude": home["latitude"],
            "longitude": home["longitude"],
            "annual_income_amount": people["annual_income"].astype(float),
            "deposit_balance": np.nan,
            "monthly_purchase_count": np.nan,
            "average_purchase_amount": np.nan,
            "digital_rate": np.nan,
        }
    )


def test_areas_are_counties_and_labels_need_customers(lab: Lab) -> None:
    areas = frame(lab, "geographic_clustering")
    assert set(areas["area_level"]) == {"county"}
    assert areas["metric_name"].nunique() == 4
    tested = areas["status"] == "ok"
    assert (areas["customer_count"][tested] >= 3).all() and tested.sum() > 200
    assert areas["cluster_label"][tested].notna().all()
    assert areas["cluster_label"][~tested].isna().all()
    sure = areas[tested & (areas["cluster_label"] != "Not significant")]
    assert (sure["local_moran_p_value"] < 0.05).all() and len(sure) > 0


def test_moran_finds_planted_correlation_and_nothing_else() -> None:
    """With a thousand customers a county has seven, and their own spread hides the field."""
    clock = pd.DataFrame({"as_of_date": [pd.Timestamp("2025-12-31")]})
    found: dict[float, list[float]] = {0.25: [], 0.0: []}
    for planted, seed in ((0.25, 1), (0.25, 2), (0.0, 1), (0.0, 2), (0.0, 3)):
        made = bank(f"spatial.income_sd={planted}", customers=4000, transactions=0, seed=seed)
        table = geographic_clusters(_counties(made), clock, permutations=199).to_pandas()
        income = table[table["metric_name"] == "income"].iloc[0]
        assert income["area_count"] > 120
        found[planted].append(income["moran_p_value"])
        others = table[table["metric_name"] != "income"]
        assert set(others["status"]) == {"insufficient_data"}
        assert others["moran_statistic"].isna().all()
        labels = set(table["cluster_label"].dropna())
        assert planted == 0 or {"High-High", "Low-Low"} <= labels
    assert max(found[0.25]) <= 0.01
    # two of three below 0.05 by chance: 0.007
    assert sum(p < 0.05 for p in found[0.0]) <= 1, found


def test_correlations_by_scipy(lab: Lab) -> None:
    pairs = frame(lab, "credit_score_behavior_correlation")
    behavior = frame(lab, "select * from gold_intermediate.int_customer_behavior")
    assert len(pairs) == 45 * pairs["customer_segment"].nunique()
    row = pairs.set_index(["customer_segment", "x_metric", "y_metric"]).loc[
        ("All", "credit_score", "income")
    ]
    scores, incomes = (
        behavior[name].astype(float) for name in ("credit_score", "annual_income_amount")
    )
    assert row["sample_count"] == len(behavior)
    assert row["pearson_correlation"] == pytest.approx(stats.pearsonr(scores, incomes)[0])
    assert row["spearman_correlation"] == pytest.approx(stats.spearmanr(scores, incomes)[0])
    assert row["kendall_correlation"] == pytest.approx(stats.kendalltau(scores, incomes)[0])
    # planted: score = 705 + 22 z + 75 e at the start; revisions of both since then weaken it
    planted = 6 / np.pi * np.arcsin(22 / np.hypot(22, 75) / 2)
    assert 0.1 < row["spearman_correlation_lower"] < planted
    assert row["spearman_correlation"] == pytest.approx(planted, abs=0.1)
    assert row["spearman_adjusted_p_value"] < 1e-4
    np.testing.assert_allclose(
        pairs["pearson_adjusted_p_value"],
        benjamini_hochberg(pairs["pearson_p_value"]),
        equal_nan=True,
    )


def test_pairs_of_products_by_pandas_and_scipy(lab: Lab) -> None:
    pairs = frame(lab, "product_cross_sell_patterns").set_index(
        ["antecedent_product_name", "consequent_product_name"]
    )
    held = frame(
        lab,
        "select distinct customer_natural_key as customer, product_name as product"
        " from gold_intermediate.int_accounts_at_dates where position_name = 'current' and is_open",
    )
    matrix = pd.crosstab(held["customer"], held["product"]) > 0
    tested = pairs[pairs["status"] == "ok"]
    assert len(tested) > 20 and (pairs["status"] == "insufficient_data").any()
    for (first, second), row in pairs.iterrows():
        table = pd.crosstab(matrix[first], matrix[second])
        assert row["both_holder_count"] == (matrix[first] & matrix[second]).sum()
        if row["status"] != "ok":
            assert np.isnan(row["lift"])
            continue
        chi2, p, _, expected = stats.chi2_contingency(table, correction=False)
        assert expected.min() >= 5
        assert row["chi_square_statistic"] == pytest.approx(chi2)
        assert row["chi_square_p_value"] == pytest.approx(p, abs=1.5e-7)
        assert row["confidence"] == pytest.approx(matrix[second][matrix[first]].mean())
        assert row["lift"] == pytest.approx(row["confidence"] / matrix[second].mean())
    np.testing.assert_allclose(
        tested["adjusted_p_value"], benjamini_hochberg(tested["chi_square_p_value"]), rtol=1e-9
    )


def test_lift_interval_covers_on_simulated_tables(lab: Lab) -> None:
    """The formula of the model, on tables drawn from known shares; fewer than 363: p 0.001."""
    rng = np.random.default_rng(8)
    shares = np.array([0.2, 0.1, 0.25, 0.45])  # both, first, second, neither
    truth = 0.2 / (0.3 * 0.45)
    both, first, second, _ = rng.multinomial(500, shares, size=400).T
    n_if, n_then = both + first, both + second
    lift = both * 500 / (n_if * n_then)
    margin = 1.959964 * np.sqrt(1 / both - 1 / n_if - 1 / n_then - 1 / 500 + 2 * lift / 500)
    assert (np.abs(np.log(lift / truth)) <= margin).sum() >= 363
    pairs = frame(lab, "product_cross_sell_patterns")
    some = pairs[pairs["lift"] > 0]
    n, count = some["customer_count"], some["both_holder_count"]
    variance = 1 / count - 1 / some["antecedent_holder_count"] - 1 / some["consequent_holder_count"]
    variance = (variance - 1 / n + 2 * some["lift"] / n).clip(lower=0)
    upper = some["lift"] * np.exp(1.959963984540054 * np.sqrt(variance))
    np.testing.assert_allclose(some["lift_upper"], upper, rtol=1e-9)


def test_hours_follow_the_planted_profile(lab: Lab) -> None:
    cells = frame(lab, "transaction_time_patterns")
    assert len(cells) == 7 * 24 * cells["channel"].nunique()
    mobile = cells[cells["channel"] == "Mobile"].groupby("hour_number")["transaction_count"].sum()
    shop = cells[cells["channel"] == "POS"].groupby("hour_number")["transaction_count"].sum()
    assert mobile.loc[20:22].sum() / mobile.sum() > 1.5 * shop.loc[20:22].sum() / shop.sum()
    per_channel = cells.groupby("channel")[["expected_count", "transaction_count"]].sum()
    np.testing.assert_allclose(per_channel["expected_count"], per_channel["transaction_count"])
    friday = cells[(cells["day_of_week_number"] == 5) & (cells["channel"] == "POS")]
    monday = cells[(cells["day_of_week_number"] == 1) & (cells["channel"] == "POS")]
    assert friday["transaction_count"].sum() > monday["transaction_count"].sum()


def test_concentration_and_repeaters_by_pandas(lab: Lab) -> None:
    cells = frame(lab, "merchant_spending_patterns")
    purchases = frame(lab, "select * from gold_intermediate.int_customer_purchases")
    purchases["spend_amount"] = purchases["spend_amount"].astype(float)
    keys = ["merchant_category", "region", "customer_segment"]
    busiest = cells.sort_values("purchase_count").iloc[-1]
    own = purchases[(purchases[keys] == busiest[keys]).all(axis=1)]
    shares = own.groupby("merchant_key")["spend_amount"].sum() / own["spend_amount"].sum()
    assert busiest["herfindahl_index"] == pytest.approx((shares**2).sum())
    assert busiest["top_10_pct"] == pytest.approx(100 * shares.nlargest(10).sum(), abs=1e-3)
    repeats = own.groupby("customer_natural_key").size() > 1
    assert busiest["repeat_rate_pct"] == pytest.approx(100 * repeats.mean())
    assert cells["pct_of_total"].sum() == pytest.approx(100)
    assert "Unknown" not in set(cells[cells["region"] != "Unknown"]["region"])
    assert (cells["region"] != "Unknown").mean() > 0.8


def test_survival_by_lifelines(lab: Lab) -> None:
    """The whole bank's curve, with the log-log interval, as lifelines estimates it."""
    curve = frame(
        lab,
        "select * from gold.analytics_account_lifecycle_patterns"
        " where cohort_name = 'All' and product_name = 'All' order by age_month",
    )
    spans = frame(
        lab, "select * from gold_intermediate.int_account_lifespans where observed_month >= 0"
    )
    left = spans["exit_month"].notna() & (spans["exit_month"] <= spans["observed_month"])
    months = np.where(left, spans["exit_month"], spans["observed_month"]).astype(float)
    fitted = KaplanMeierFitter().fit(months, left)
    known = curve[curve["survival_rate"].notna()].set_index("age_month")
    assert len(known) > 30 and left.sum() > 50
    expected = fitted.survival_function_["KM_estimate"]
    np.testing.assert_allclose(
        known["survival_rate"], [expected.asof(age) for age in known.index], rtol=1e-9
    )
    bounds = fitted.confidence_interval_.iloc[:, [0, 1]]
    moved = known[known["survival_rate"] < 1]
    for name, column in (("survival_rate_lower", 0), ("survival_rate_upper", 1)):
        expected = [bounds.iloc[:, column].asof(age) for age in moved.index]
        np.testing.assert_allclose(moved[name], expected, rtol=1e-9)


# Freireich et al. (1963), *Blood* 21, the 6-MP arm: weeks of remission, here months of accounts.
RELAPSED = (6, 6, 6, 7, 10, 13, 16, 22, 23)
CENSORED = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
GREENWOOD = {6: (0.620, 0.952), 10: (0.503, 0.889), 23: (0.188, 0.680)}


def _months_before(end: date, months: int) -> date:
    number = end.year * 12 + end.month - 1 - months
    return date(number // 12, number % 12 + 1, 10)


def _patients(end: date) -> list[dict[str, Any]]:
    """Return one account per patient: opened 35 months before the end, or censored at it."""
    spans = [(35, weeks) for weeks in RELAPSED] + [(weeks, None) for weeks in CENSORED]
    rows = []
    for number, (opened, closed) in enumerate(spans):
        start = _months_before(end, opened)
        changes: dict[str, Any] = {"product_id": 999, "open_date": str(start)}
        if closed is not None:
            changes |= {
                "account_status": "Closed",
                "close_date": str(_months_before(end, opened - closed) + timedelta(days=3)),
            }
        rows.append(account(900_000 + number, 1, **changes))
    return rows


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab with ten customers, and Freireich's patients: accounts seen from day one on."""
    lab = Lab(tmp_path_factory.mktemp("empty"))
    lab.load(bank(customers=10, transactions=200, seed=3).folder / "full")
    first = transaction(990_000_000, "2023-01-01 12:00:00", "1.00", account_id=1)
    lab.load({"accounts": _patients(date(2025, 12, 31)), "transactions": [first]})
    lab.build(f"+{FOLDER}", minimum_sample_count=5, as_of="2025-12-31")
    return lab


def test_on_ten_customers_the_status_tells(empty: Lab) -> None:
    found = {}
    for name in MODELS:
        rows = frame(empty, name)
        assert len(rows) > 0, name
        assert set(rows["status"]) <= KNOWN, name
        assert rows["as_of_date"].notna().all(), name
        found[name] = set(rows["status"])
    assert found["customer_behavior_clusters"] == {"insufficient_data"}
    assert found["geographic_clustering"] == {"insufficient_data"}
    assert found["seasonal_patterns"] == {"insufficient_data"}
    seasons = frame(empty, "seasonal_patterns")
    assert seasons["trend_value"].isna().all() and seasons["weekly_strength_rate"].isna().all()
    pairs = frame(empty, "product_cross_sell_patterns")
    assert pairs["lift"].isna().all() and pairs["chi_square_p_value"].isna().all()


def test_survival_as_published(empty: Lab) -> None:
    """Klein and Moeschberger (2003), tables 4.1B and 4.3; R's survfit gives the intervals."""
    curve = frame(
        empty,
        "select * from gold.analytics_account_lifecycle_patterns"
        " where cohort_name = 'All' and product_natural_key = 999 order by age_month",
    ).set_index("age_month")
    assert curve.loc[0, "observed_count"] == 21
    assert curve.loc[[6, 7, 10, 13], "at_risk_count"].tolist() == [21, 17, 15, 12]
    for month, survival in PUBLISHED.items():
        assert curve.loc[month, "survival_rate"] == pytest.approx(survival, abs=5e-4)
    for month, (lower, upper) in GREENWOOD.items():
        assert curve.loc[month, "survival_rate_lower"] == pytest.approx(lower, abs=5e-4)
        assert curve.loc[month, "survival_rate_upper"] == pytest.approx(upper, abs=5e-4)
    assert curve.loc[33, "status"] == "insufficient_data"  # two at risk

"""Category 01 on a synthetic bank, against the same numbers worked out another way in pandas."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from tests.support.lab import Lab
from tests.support.synthetic_lab import bank

from financial_analytics.settings import find_project_dir

pytestmark = pytest.mark.slow

MODELS = ["+gold.analytics.01_descriptive_analytics"]
CENT = 0.005
"""Half a cent: published money is rounded once."""
BUCKETS = ("current", "1_29", "30_59", "60_89", "90_plus")


class Warehouse:
    """Relations of a built warehouse as frames."""

    def __init__(self, path: Path) -> None:
        self.path = path
        clock = self.frame("select as_of_date from silver.data_clock")
        self.as_of = clock["as_of_date"].iloc[0].date()

    def frame(self, query: str) -> pd.DataFrame:
        """Return a query's rows."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            found = connection.execute(query).df()
        for name in found.columns:
            if found[name].dtype == object and found[name].map(type).eq(date).any():
                found[name] = pd.to_datetime(found[name])
        return found

    def model(self, name: str) -> pd.DataFrame:
        """Return a gold relation whole."""
        return self.frame(f"select * from gold.{name}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab with the descriptive models built on a small synthetic bank."""
    made = bank(customers=300, transactions=20_000, seed=11)
    lab = Lab(tmp_path_factory.mktemp("descriptive"))
    lab.load(made.folder / "full")
    lab.build(*MODELS)
    return lab


@pytest.fixture(scope="module")
def warehouse(lab: Lab) -> Warehouse:
    """Return its warehouse."""
    return Warehouse(lab.settings.warehouse_path)


@pytest.fixture(scope="module")
def transactions(warehouse: Warehouse) -> pd.DataFrame:
    """Return the transactions up to the clock."""
    facts = warehouse.frame(
        "select transaction_date, transaction_type, customer_natural_key, is_declined, is_fraud,"
        " channel, posted_amount from gold.fact_transactions"
    )
    assert facts["is_declined"].any(), "nothing declined: the tests below would prove little"
    return facts[facts["transaction_date"] <= pd.Timestamp(warehouse.as_of)]


def test_all_models_have_rows(warehouse: Warehouse) -> None:
    counts = warehouse.frame(
        "select table_name, estimated_size from duckdb_tables()"
        " where schema_name = 'gold' and table_name like 'analytics_%'"
    )
    described = find_project_dir().glob("models/gold/analytics/01_*/analytics_*.yml")
    assert set(counts["table_name"]) == {path.stem for path in described}
    assert (counts["estimated_size"] > 0).all(), counts


def test_windows_of_thirty_days(warehouse: Warehouse, transactions: pd.DataFrame) -> None:
    summary = warehouse.model("analytics_transaction_summary").iloc[0]
    last = pd.Timestamp(warehouse.as_of)
    for prefix, first, final in (
        ("current_30d", last - timedelta(days=29), last),
        ("previous_30d", last - timedelta(days=59), last - timedelta(days=30)),
    ):
        part = transactions[transactions["transaction_date"].between(first, final)]
        posted = part[~part["is_declined"]]
        assert summary[f"{prefix}_transaction_count"] == len(part)
        assert summary[f"{prefix}_volume_amount"] == pytest.approx(
            posted["posted_amount"].abs().sum(), abs=CENT
        )
        assert summary[f"{prefix}_declined_rate_pct"] == pytest.approx(
            100 * part["is_declined"].mean()
        )
        assert summary[f"{prefix}_unique_customers"] == part["customer_natural_key"].nunique()
    assert summary["volume_amount_change_pct"] == pytest.approx(
        100 * (summary["current_30d_volume_amount"] / summary["previous_30d_volume_amount"] - 1)
    )


def test_wilson_interval_solves_its_equation(warehouse: Warehouse) -> None:
    """Each bound p0 satisfies (p - p0)^2 = z^2 p0 (1 - p0) / n, which defines the interval."""
    channels = warehouse.model("analytics_transaction_by_channel")
    z = 1.959963984540054
    for bound in ("lower", "upper"):
        p0 = channels[f"decline_rate_pct_{bound}"] / 100
        p = channels["decline_rate_pct"] / 100
        variance = z**2 * p0 * (1 - p0) / channels["transaction_count"]
        np.testing.assert_allclose((p - p0) ** 2, variance, rtol=1e-9, atol=1e-15)
    assert (channels["decline_rate_pct_lower"] <= channels["decline_rate_pct"]).all()
    assert (channels["decline_rate_pct_upper"] >= channels["decline_rate_pct"]).all()


def test_days_are_dense_and_averages_are_rolling(
    warehouse: Warehouse, transactions: pd.DataFrame
) -> None:
    days = warehouse.model("analytics_daily_transaction_trend").set_index("transaction_date")
    days = days.sort_index()
    span = pd.date_range(transactions["transaction_date"].min(), warehouse.as_of)
    assert list(days.index) == list(span)
    counts = transactions.groupby("transaction_date").size().reindex(span, fill_value=0)
    assert (days["transaction_count"] == counts.to_numpy()).all()
    for window in (7, 28):
        expected = counts.rolling(window).mean()
        np.testing.assert_allclose(days[f"ma{window}_transaction_count"], expected, equal_nan=True)
    posted = transactions[~transactions["is_declined"]]
    active = posted.groupby("transaction_date")["customer_natural_key"].nunique()
    assert (days["active_customers"] == active.reindex(span, fill_value=0).to_numpy()).all()


def test_months_are_dense_and_compare_with_the_year_before(
    warehouse: Warehouse, transactions: pd.DataFrame
) -> None:
    months = warehouse.model("analytics_monthly_transaction_trend").sort_values("month_start_date")
    starts = transactions["transaction_date"].dt.to_period("M").dt.to_timestamp()
    volume = transactions["posted_amount"].abs().groupby(starts).sum()
    span = pd.date_range(volume.index.min(), volume.index.max(), freq="MS")
    assert list(months["month_start_date"]) == list(span)
    volume = volume.reindex(span, fill_value=0.0)
    np.testing.assert_allclose(months["volume"], volume, atol=CENT)
    whole = ~months["is_partial_month"].to_numpy()
    for lag, column in ((1, "mom_change_pct"), (12, "yoy_change_pct")):
        expected = 100 * (volume / volume.shift(lag) - 1)
        np.testing.assert_allclose(
            months[column].to_numpy()[whole], expected.to_numpy()[whole], equal_nan=True, atol=1e-6
        )
        assert (
            months[column].to_numpy()[~whole].size == 0
            or np.isnan(months[column].to_numpy()[~whole].astype(float)).all()
        )


def test_the_base_twelve_months_ago_comes_from_the_versions_of_that_day(
    warehouse: Warehouse,
) -> None:
    overview = warehouse.model("analytics_customer_overview").iloc[0]
    versions = warehouse.frame("select * from silver.stg_customers")
    day = pd.Timestamp(warehouse.as_of) - pd.DateOffset(months=12)
    assert overview["comparison_date"] == day
    signed = versions[versions["signup_date"] <= day]
    known = signed[signed["updated_at"] < day + timedelta(days=1)]
    then = pd.concat([known.sort_values("updated_at").groupby("customer_id").tail(1)])
    never = signed[~signed["customer_id"].isin(then["customer_id"])]
    then = pd.concat([then, never.sort_values("updated_at").groupby("customer_id").head(1)])
    assert overview["previous_total_customers"] == len(then) < overview["total_customers"]
    assert overview["previous_active_customers"] == then["is_active"].sum()
    assert overview["previous_avg_income"] == pytest.approx(
        then["annual_income_amount"].astype(float).mean(), abs=CENT
    )
    assert overview["previous_avg_credit_score"] == pytest.approx(then["credit_score"].mean())
    segments = Counter(then["customer_segment"])
    assert overview["previous_affluent_customer_count"] == segments["Affluent"] > 0


def test_delinquency_by_brute_force(warehouse: Warehouse) -> None:
    """Walk through every loan and month end, and count the moves between buckets."""
    summary = warehouse.model("analytics_loan_payment_summary")
    payments = warehouse.frame(
        "select account_natural_key as loan, scheduled_date, paid_date from gold.fact_loan_payments"
    )
    closed = dict(
        warehouse.frame(
            "select account_natural_key as loan, close_date from gold.current_account"
            " where close_date is not null"
        ).itertuples(index=False)
    )
    as_of = pd.Timestamp(warehouse.as_of)
    ends = pd.date_range(payments["scheduled_date"].min(), as_of, freq="ME")
    moves: Counter[tuple[pd.Timestamp, str, str]] = Counter()
    for loan, own in payments.groupby("loan"):
        settled = own["paid_date"].notna() & (own["paid_date"] <= as_of)
        relevant = own[(own["scheduled_date"] <= as_of) | own["paid_date"].isna()]
        if settled[relevant.index].all():
            last = max(relevant["scheduled_date"].max(), relevant["paid_date"].max())
        else:
            last = closed.get(loan, as_of)
        before: str | None = None
        for end in ends:
            start = end.replace(day=1)
            if relevant["scheduled_date"].min() > end or last < start:
                continue
            unpaid = own[
                (own["scheduled_date"] <= end)
                & (own["paid_date"].isna() | (own["paid_date"] > end))
            ]
            days = 0 if unpaid.empty else (end - unpaid["scheduled_date"].min()).days
            bucket = BUCKETS[np.searchsorted([1, 30, 60, 90], days, side="right")]
            if before is not None:
                moves[(start, before, bucket)] += 1
            before = bucket
    totals = summary.groupby("month_start_date").sum(numeric_only=True)
    published = Counter(
        {
            (month, left, entered): int(totals.loc[month, f"roll_{left}_to_{entered}_count"])
            for month in totals.index
            for left in BUCKETS
            for entered in BUCKETS
        }
    )
    assert +published == +moves
    assert sum(moves[key] for key in moves if key[1] != key[2]) > 5, "no loan ever moved"


def test_weekly_active_customers_by_sets_of_days(warehouse: Warehouse) -> None:
    metrics = warehouse.model("analytics_customer_engagement_metrics")
    actions = warehouse.frame(
        "select customer_natural_key as customer, transaction_date as day"
        " from gold.fact_transactions where not is_declined"
        " union select customer_natural_key, cast(interaction_at as date)"
        " from gold.fact_customer_interactions"
    )
    actions = actions[actions["day"] <= pd.Timestamp(warehouse.as_of)]
    active = {day: set(own["customer"]) for day, own in actions.groupby("day")}
    totals = metrics.groupby("month_start_date")[["dau_count", "wau_count", "mau_count"]].sum()
    assert (totals["mau_count"] > 0).all()
    for month in totals.index[[0, 5, -1]]:
        end = min(month + pd.offsets.MonthEnd(0), pd.Timestamp(warehouse.as_of))
        days = pd.date_range(month, end)
        daily = [len(active.get(day, set())) for day in days]
        weekly = [
            len(set().union(*(active.get(day - timedelta(days=back), set()) for back in range(7))))
            for day in days
        ]
        monthly = set().union(*(active.get(day, set()) for day in days))
        assert totals.loc[month, "dau_count"] == pytest.approx(np.mean(daily))
        assert totals.loc[month, "wau_count"] == pytest.approx(np.mean(weekly))
        assert totals.loc[month, "mau_count"] == len(monthly)


def test_bins_and_quantiles_of_balances(warehouse: Warehouse) -> None:
    bins = warehouse.model("analytics_account_balance_distribution")
    balances = warehouse.frame(
        "select product_category, account_balance from gold_intermediate.int_accounts_at_dates"
        " where position_name = 'current' and account_balance is not null"
    )
    assert set(bins["product_category"]) == set(balances["product_category"])
    for category, own in balances.groupby("product_category"):
        values = own["account_balance"].astype(float).to_numpy()
        part = bins[bins["product_category"] == category].sort_values("bin_number")
        first = part.iloc[0]
        for percent in (1, 5, 10, 25, 50, 75, 90, 95, 99):
            assert first[f"p{percent}_balance"] == pytest.approx(
                np.percentile(values, percent), abs=2 * CENT
            )
        assert len(part) == 24
        assert (part["bin_lower"].to_numpy()[1:] == part["bin_upper"].to_numpy()[:-1]).all()
        edges = np.append(part["bin_lower"].to_numpy(), np.inf)
        edges[0] = -np.inf
        assert part["account_count"].tolist() == np.histogram(values, edges)[0].tolist()


def test_interest_and_fees_of_twelve_months(warehouse: Warehouse) -> None:
    products = warehouse.model("analytics_product_summary").set_index("product_natural_key")
    after = pd.Timestamp(warehouse.as_of) - pd.DateOffset(months=12)
    months = warehouse.frame(
        "select products.product_natural_key as product, snapshots.snapshot_date as day,"
        " snapshots.closing_balance as balance, snapshots.currency,"
        " coalesce(accounts.interest_rate, listed.interest_rate) as rate"
        " from gold.fact_account_daily_snapshot as snapshots"
        " join gold.dim_product as products using (product_key)"
        " join gold.dim_account as accounts using (account_key)"
        " join gold.history_product_rates as listed on listed.product_key = products.product_key"
        " and snapshot_date + interval 1 day > listed.valid_from"
        " and snapshot_date + interval 1 day <= listed.valid_to"
        " where snapshots.is_month_end and product_category in ('Credit', 'Loan')"
    )
    months = months[(months["day"] > after) & (months["day"] <= pd.Timestamp(warehouse.as_of))]
    assert months["day"].nunique() == 12
    assert set(months["currency"]) == {"USD"}
    owed = months[months["balance"] < 0].copy()
    owed["interest"] = (-owed["balance"].astype(float) * owed["rate"].astype(float) / 12).round(2)
    for product, interest in owed.groupby("product")["interest"].sum().items():
        assert products.loc[product, "interest_revenue_amount"] == pytest.approx(interest, abs=0.05)
    assert (owed.groupby("product").size() > 0).sum() >= 3


def test_alerts_end_to_end(warehouse: Warehouse) -> None:
    months = warehouse.model("analytics_fraud_summary")
    sent = warehouse.frame("select * from silver.stg_fraud_alerts")
    states = sent.groupby("alert_id")["investigation_status"].agg(set)
    assert months["raised_count"].sum() == len(states)
    confirmed = [alert for alert, seen in states.items() if "confirmed" in seen]
    assert months["confirmed_count"].sum() == len(confirmed) > 0
    recovered = sent[sent["alert_id"].isin(confirmed)].groupby("alert_id")["recovered_amount"].max()
    assert (recovered.dropna() >= 0).all()
    assert months["recovered_count"].sum() == (recovered > 0).sum()


def test_a_pinned_clock_ignores_what_came_later(lab: Lab, warehouse: Warehouse) -> None:
    """Pinned a year back, today's overview is what today's build calls twelve months ago."""
    today = warehouse.model("analytics_customer_overview").iloc[0]
    day = warehouse.as_of.replace(year=warehouse.as_of.year - 1)
    kept = lab.keep("today")
    try:
        models = ("+analytics_customer_overview", "+analytics_daily_transaction_trend")
        lab.build(*models, as_of=str(day))
        past = Warehouse(lab.settings.warehouse_path)
        overview = past.model("analytics_customer_overview").iloc[0]
        for metric in ("total_customers", "active_customers", "avg_income", "avg_credit_score"):
            assert overview[metric] == pytest.approx(today[f"previous_{metric}"])
        days = past.model("analytics_daily_transaction_trend")
        assert days["transaction_date"].max() == pd.Timestamp(day)
    finally:
        lab.settings.warehouse_path.write_bytes(kept.read_bytes())

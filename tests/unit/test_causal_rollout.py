"""Staggered roll-outs: made-up panels of many and few clusters, and the bank's own waves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal import channel_migration, rollout_effect
from financial_analytics.stats.causal.staggered import NEVER, StaggeredEffects, group_time_effects


def ramp(start: np.ndarray, periods: int) -> np.ndarray:
    since = np.arange(periods) - np.where(start < NEVER, start, periods)[:, None]
    return np.where(since >= 0, 1 - np.exp(-(np.maximum(since, 0) + 1) / 3), 0.0)


def panel(
    effect: float, seed: int, layout: tuple[int, ...], periods: int = 20, memory: float = 0.6
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return outcomes with shocks that last, starts, and the mean effect on who is treated."""
    rng = np.random.default_rng(seed)
    start = rng.permutation(np.repeat([6, 9, 13, NEVER], layout))
    noise = rng.normal(0, 0.03, (len(start), periods))
    for t in range(1, periods):
        noise[:, t] = memory * noise[:, t - 1] + np.sqrt(1 - memory**2) * noise[:, t]
    grown = effect * ramp(start, periods)
    y = rng.normal(0, 0.3, len(start))[:, None] + rng.normal(0, 0.1, periods) + noise + grown
    return y, start, float(grown[ramp(start, periods) > 0].mean())


def truth_of(found: StaggeredEffects, effect: float) -> np.ndarray:
    since = np.maximum(found.event, 0)
    return np.where(found.event >= 0, effect * (1 - np.exp(-(since + 1) / 3)), 0.0)


@pytest.mark.parametrize("layout", [(2, 2, 1, 1), (10, 8, 7, 15)], ids=["few", "many"])
@pytest.mark.parametrize("planted", [0.0, 0.25])
def test_covers_what_is_planted(planted: float, layout: tuple[int, ...]) -> None:
    covered = banded = moved = 0
    for seed in range(40):
        y, start, truth = panel(planted, seed, layout)
        found = group_time_effects(y, start, rng=np.random.default_rng(seed))
        assert found.is_few == (sum(layout) < 20)
        covered += found.overall.lower <= truth <= found.overall.upper
        path = truth_of(found, planted)
        inside = (found.event_lower <= path + 1e-9) & (path - 1e-9 <= found.event_upper)
        banded += bool(inside.all())
        moved += found.pretrend_p_value < 0.01
    assert covered >= 34  # an honest 95 % interval has fewer with probability 0.003
    assert banded >= 34
    assert moved <= 3


def test_a_trend_of_the_treated_before_their_start_refutes() -> None:
    y, start, _ = panel(0.25, 1, (10, 8, 7, 15))
    y += np.where(start < NEVER, 0.02, 0.0)[:, None] * np.arange(20)
    frame = as_rows(y, start)
    found = run(frame)
    head = found.iloc[0]
    assert head["verdict"] == "refuted_by_diagnostic"
    assert head["failed_diagnostic"] == "units moved before their treatment"
    assert np.isnan(head["estimate"])
    assert found.loc[found["effect_level"] == "event", "point_number"].max() == -1


def as_rows(y: np.ndarray, start: np.ndarray) -> pd.DataFrame:
    """Return a panel of shops by year, refitted at different times."""
    units, periods = y.shape
    refit = np.where(start < NEVER, 2000.0 + np.minimum(start, 99), np.nan)
    return pd.DataFrame({
        "shop": np.repeat([f"s{i:02d}" for i in range(units)], periods),
        "year": np.tile(2000 + np.arange(periods), units),
        "refit": np.repeat(refit, periods),
        "sales": y.ravel(),
    })  # fmt: skip


def run(frame: pd.DataFrame, **options: object) -> pd.DataFrame:
    return rollout_effect(
        frame, unit="shop", period="year", outcome="sales", first_treated="refit", **options
    )  # type: ignore[arg-type]


def test_two_way_fixed_effects_are_biased_where_effects_grow() -> None:
    y, start, truth = panel(0.6, 2, (10, 8, 7, 3))
    found = group_time_effects(y, start, rng=np.random.default_rng(1))
    assert found.overall.lower < truth < found.overall.upper
    assert found.two_way < found.overall.lower


def test_missing_values_the_order_of_rows_and_dates() -> None:
    y, start, _ = panel(0.25, 3, (2, 2, 1, 1))
    frame = as_rows(y, start)
    whole = run(frame)
    lacking = frame[frame["shop"] == "s00"].assign(shop="s99")
    lacking.iloc[4, lacking.columns.get_loc("sales")] = np.nan
    mixed = run(pd.concat([frame, lacking]).sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(mixed, whole)
    dated = frame.assign(
        year=pd.to_datetime(frame["year"].astype(str)),
        refit=pd.to_datetime(frame["refit"].map(lambda year: f"{year:.0f}-01-01", "ignore")),
    )
    same = run(dated)
    assert same["estimate"].tolist() == pytest.approx(whole["estimate"].tolist(), nan_ok=True)
    assert "2006-01-01" in set(same["group_name"])


def test_clusters_move_together() -> None:
    y, start, _ = panel(0.25, 4, (8, 6, 6, 10))
    frame = as_rows(y, start)
    single = run(frame).iloc[0]
    twice = pd.concat([frame.assign(town=frame["shop"]),
                       frame.assign(town=frame["shop"], shop=frame["shop"] + "b")])  # fmt: skip
    paired = run(twice, cluster="town").iloc[0]
    assert paired["cluster_count"] == 30
    assert paired["standard_error"] == pytest.approx(single["standard_error"], rel=1e-9)
    mixed = twice.assign(town=np.where(twice["shop"] < "s15", "a", "b"))
    with pytest.raises(InvalidInputError, match="start at more than one time"):
        run(mixed, cluster="town")


@pytest.mark.parametrize(
    "start", [[NEVER] * 6, [6] * 6, [6, 6, 6, 6, 6, NEVER], [0, 0, 0, 0, NEVER, NEVER]],
    ids=["nobody", "all at once", "six ways only", "from the first"],
)  # fmt: skip
def test_too_little_is_not_identified(start: list[int]) -> None:
    y = panel(0.25, 5, (2, 2, 1, 1))[0]
    row = run(as_rows(y, np.array(start))).iloc[0]
    assert (row["verdict"], row["status"]) == ("not_identified", "insufficient_data")
    assert np.isnan(row["estimate"])


def test_mistakes_are_told() -> None:
    y, start, _ = panel(0.25, 6, (2, 2, 1, 1))
    frame = as_rows(y, start)
    with pytest.raises(InvalidInputError, match="no column sales"):
        run(frame.drop(columns="sales"))
    with pytest.raises(InvalidInputError, match="more than one row in year"):
        run(pd.concat([frame, frame.head(1)]))
    frame.loc[0, "refit"] = 2019
    with pytest.raises(InvalidInputError, match="more than one value of refit"):
        run(frame)
    with pytest.raises(InvalidInputError, match="shapes are"):
        group_time_effects(y, start[:2], rng=np.random.default_rng(1))
    with pytest.raises(InvalidInputError, match="NaN or infinite"):
        group_time_effects(y * np.nan, start, rng=np.random.default_rng(1))


def region_months(made: Bank) -> pd.DataFrame:
    """Return what `int_region_months` has, from the feeds."""
    region = made.truth("customers").set_index("customer_id").region
    bought = made.columns("transactions", "customer_id", "transaction_date", "description")
    bought = bought[bought["description"].isin(["Card purchase", "Online purchase"])]
    called = made.columns("customer_interactions", "customer_id", "interaction_date")
    counts = {}
    for name, feed, day in (("purchase_count", bought, "transaction_date"),
                            ("contact_count", called, "interaction_date")):  # fmt: skip
        month = pd.to_datetime(feed[day]).dt.to_period("M").dt.to_timestamp()
        counts[name] = feed.groupby([feed["customer_id"].map(region), month]).size()
    frame = pd.DataFrame(counts).fillna(0)
    frame.index.names = ["region", "month_start_date"]
    frame = frame.reset_index()
    signed = made.first_versions["signup_date"].astype("datetime64[ns]").to_frame("day")
    signed["region"] = region
    frame["customer_count"] = [
        int(((signed["region"] == row.region) & (signed["day"] <= row.month_start_date)).sum())
        for row in frame.itertuples()
    ]
    began = made.parameters["mobile_rollout"]
    return frame.assign(rollout_date=pd.to_datetime(frame["region"].map(began)))


@pytest.mark.parametrize("planted", [(0.25, -0.4), (0.0, 0.0)])
def test_the_waves_of_a_bank_come_back(planted: tuple[float, float]) -> None:
    made = bank(
        f"mobile.transaction_effect={planted[0]}", f"mobile.contact_effect={planted[1]}",
        customers=4000, transactions=200_000,
    )  # fmt: skip
    frame = region_months(made)
    clock = pd.DataFrame({"as_of_date": [pd.Timestamp("2025-12-31").date()]})
    found = channel_migration(frame, clock, relevant=0.1, random_seed=1).to_pandas()
    rows = found[found["effect_level"] == "effect"].set_index("outcome_name")
    since = (frame["month_start_date"].dt.to_period("M").astype("int64")
             - frame["rollout_date"].dt.to_period("M").astype("int64"))  # fmt: skip
    since = since[frame["rollout_date"].notna() & (since >= 0)]
    share = float((1 - np.exp(-(since + 1) / 3)).mean())
    for name, effect in zip(("purchase_count", "contact_count"), planted, strict=True):
        row = rows.loc[name]
        assert row["verdict"] == "supported"
        assert row["estimate_lower"] <= effect * share <= row["estimate_upper"]
    assert rows.loc["purchase_count", "power_rate"] > 0.3

"""Interrupted time series: made-up savers, series without an answer, and the synthetic bank."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.synthetic_lab import Bank, bank, month_of

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal import rate_response
from financial_analytics.models.causal.rates import rate_effects
from financial_analytics.stats.causal.hac import hac_fit
from financial_analytics.stats.causal.interrupted import event_path, partial_adjustment

SPEED = 0.25
WITHIN_A_YEAR = 1 - (1 - SPEED) ** 12
STEPS = ((7, 1.0), (15, 0.75), (23, -1.0), (30, -0.5))


def savers(
    effect: float, seed: int, months: int = 36, people: int = 500, early: int = 0
) -> pd.DataFrame:
    """Return the mean level of savers, a quarter of whom turn to their target in a month.

    They know of a change `early` months before it.
    """
    rng = np.random.default_rng(seed)
    price, known = np.full(months, 3.0), np.full(months, 3.0)
    for at, step in STEPS:
        price[at:] += step
        known[at - early :] += step
    level, mean = np.zeros(people), np.empty(months)
    for month in range(months):
        aim = effect * (known[month] - 3) + 0.004 * month + 0.08 * rng.normal(size=people)
        level = np.where(rng.random(people) < SPEED, aim, level)
        mean[month] = level.mean()
    return pd.DataFrame({"step": np.arange(months) + 100, "held": mean, "paid": price})


def run(frame: pd.DataFrame, **options: object) -> pd.Series:
    found = rate_response(
        frame, period="step", outcome="held", rate="paid", relevant=0.05, **options
    )
    return found[found["effect_level"] == "effect"].iloc[0]


@pytest.mark.parametrize("planted", [0.0, 0.1, 0.3])
def test_covers_what_is_planted(planted: float) -> None:
    rows = [run(savers(planted, seed)) for seed in range(40)]
    held = [row for row in rows if row["verdict"] == "supported"]
    assert len(held) >= 37  # four tests at 0.01
    truth = planted * WITHIN_A_YEAR
    covered = sum(row["estimate_lower"] <= truth <= row["estimate_upper"] for row in held)
    assert covered >= 34  # of 40: an honest interval has less in 3 of 1,000 banks
    assert np.median([row["power_rate"] for row in held]) > 0.95


def test_intervals_hold_where_nothing_answers() -> None:
    """Nothing then tells how fast the level returns. Of 400 such
    series 378 hold 0, with stretched errors 354; of these 100, 98 and 91."""
    found = [
        partial_adjustment(*savers(0.0, seed, people=400)[["held", "paid"]].T.to_numpy(), seed=seed)
        for seed in range(400, 500)
    ]
    assert sum(one.lower <= 0 <= one.upper for one in found) >= 94
    for one in found[:10]:  # the p-value and the interval tell the same
        assert (one.p_value < 0.05) == (not one.lower <= 0 <= one.upper)


def test_the_error_is_neither_too_small_nor_far_too_large() -> None:
    found = [partial_adjustment(*savers(0.2, seed)[["held", "paid"]].T.to_numpy())
             for seed in range(60)]  # fmt: skip
    spread = np.std([item.estimate for item in found])
    error = np.median([item.standard_error for item in found])
    assert 0.8 * spread < error < 1.7 * spread


def test_who_moves_before_the_rate_refutes_the_design() -> None:
    row = run(savers(0.3, 1, people=3000, early=2))
    assert row["verdict"] == "refuted_by_diagnostic"
    assert "before the rate does" in row["failed_diagnostic"]
    assert np.isnan(row[["estimate", "estimate_lower", "long_run_value"]].astype(float)).all()


def test_a_market_that_moves_balances_refutes_the_design() -> None:
    frame = savers(0.1, 2, people=3000)
    rng = np.random.default_rng(3)
    frame["elsewhere"] = np.cumsum(rng.normal(size=len(frame)))
    frame["held"] += 0.05 * frame["elsewhere"]
    row = run(frame, market="elsewhere")
    assert row["verdict"] == "refuted_by_diagnostic"
    assert "market" in row["failed_diagnostic"]


def test_the_event_study_is_flat_before_and_ramps_up_after() -> None:
    path = event_path(*savers(0.3, 4, people=5000)[["held", "paid"]].T.to_numpy())
    at = dict(zip(path.horizon.tolist(), path.value.tolist(), strict=True))
    truth = {month: 0.3 * (1 - (1 - SPEED) ** (month + 1)) for month in range(7)}
    assert at[-1] == 0
    assert max(abs(at[month]) for month in (-5, -4, -3, -2)) < 0.015
    for month, value in truth.items():
        assert at[month] == pytest.approx(value, abs=0.03), month


def test_dates_gaps_unknown_values_and_the_order_of_rows() -> None:
    frame = savers(0.2, 5)
    whole = run(frame)
    days = frame.assign(step=pd.date_range("2020-03-15", periods=36, freq="MS"))
    assert run(days)["estimate"] == pytest.approx(whole["estimate"], rel=1e-9)
    lacking = frame.assign(held=frame["held"].where(frame["step"] != 112))
    dropped = frame[frame["step"] != 112].sample(frac=1, random_state=1)
    assert run(lacking)["sample_count"] == whole["sample_count"] - 2
    assert run(dropped)["estimate"] == pytest.approx(run(lacking)["estimate"], rel=1e-9)
    nowhere = pd.DataFrame({"step": [np.nan], "held": [9.0], "paid": [9.0]})
    mixed = pd.concat([frame.astype(float), nowhere])
    assert run(mixed)["estimate"] == pytest.approx(whole["estimate"], rel=1e-9)


def test_groups_are_looked_at_each_for_itself() -> None:
    parts = [savers(effect, 6).assign(kind=kind) for kind, effect in (("b", 0.3), ("a", 0.1))]
    found = rate_response(
        pd.concat(parts), period="step", outcome="held", rate="paid", group="kind"
    )
    rows = found[found["effect_level"] == "effect"].set_index("group_name")
    assert list(rows.index) == ["a", "b"]
    for (_, part), name in zip(enumerate(parts), ("b", "a"), strict=True):
        assert rows.loc[name, "estimate"] == pytest.approx(run(part)["estimate"])
    assert (rows["adjusted_p_value"] >= rows["p_value"]).all()
    key = ["effect_level", "group_name", "point_number"]
    assert not found.duplicated(key).any()


@pytest.mark.parametrize(
    "frame",
    [
        savers(0.2, 7).head(0),
        savers(0.2, 7).head(12),
        savers(0.2, 7).head(14),
        savers(0.2, 7).assign(paid=3.0),
        savers(0.2, 7).assign(held=1.0),
        savers(0.2, 7).assign(held=np.nan),
    ],
)
def test_too_little_is_not_identified(frame: pd.DataFrame) -> None:
    row = run(frame)
    assert (row["verdict"], row["status"]) == ("not_identified", "insufficient_data")


def test_mistakes_are_told() -> None:
    frame = savers(0.2, 8)
    with pytest.raises(InvalidInputError, match="no column height"):
        rate_response(frame, period="step", outcome="height", rate="paid")
    with pytest.raises(InvalidInputError, match="two rows of step"):
        run(pd.concat([frame, frame.tail(1)]))
    with pytest.raises(InvalidInputError, match="no periods"):
        run(frame.assign(step=True))
    with pytest.raises(InvalidInputError, match="no periods"):
        run(frame.assign(step=frame["step"] + 0.5))
    with pytest.raises(InvalidInputError, match="shapes are"):
        partial_adjustment([1.0, 2.0], [1.0])
    with pytest.raises(InvalidInputError, match="horizon"):
        partial_adjustment([1.0, 2.0], [1.0, 2.0], horizon=0)


def test_least_squares_by_hand_with_white_errors() -> None:
    """Without lags these are White's errors of leave-one-out residuals (HC3)."""
    x = np.column_stack([np.ones(8), [0, 0, 0, 0, 1, 1, 1, 1]])
    y = np.array([1.0, 2, 3, 2, 5, 7, 6, 6])
    found = hac_fit(y, x, lags=0)
    assert found is not None
    assert found.coefficient.tolist() == pytest.approx([2, 4])
    # residuals -1 0 1 0 and -1 1 0 0, each over 1 - 1/4: both means have variance 2 (4/3)^2 / 16
    assert found.error([0, 1]) == pytest.approx(np.sqrt(2 * 2 * (4 / 3) ** 2 / 16))


def panel(made: Bank) -> pd.DataFrame:
    """Return what `int_rate_balances` holds, from the feeds."""
    reported = made.feed("accounts").sort_values("updated_at")
    kind = reported.groupby("account_id").product_id.first()
    known = reported[reported.updated_at >= "2023-01-01"]
    brought = known.groupby("account_id").current_balance.first().astype(float)
    # what is there from the first month on, and never closed
    last = reported.groupby("account_id").last()
    opened = pd.to_datetime(reported.groupby("account_id").open_date.first())
    kept = last.index[(opened < "2023-01-01") & last.close_date.isna() & kind.isin([5, 6, 7])]
    moved = made.columns(
        "transactions", "account_id", "transaction_date", "amount", "decline_reason"
    )
    moved = moved[moved.account_id.isin(kept) & moved.decline_reason.isna()]
    sums = moved.assign(month=month_of(moved.transaction_date)).pivot_table(
        index="account_id",
        columns="month",
        values="amount",
        aggfunc=lambda v: v.astype(float).sum(),
    )
    balance = sums.reindex(kept).reindex(columns=range(36)).fillna(0).cumsum(axis=1)
    balance = balance.add(brought.reindex(kept), axis=0)
    balance = balance[(balance > 0).all(axis=1)]
    rates = made.feed("products").sort_values("updated_at")
    days = pd.date_range("2023-01-15", periods=36, freq="MS") + pd.Timedelta(days=14)
    parts = []
    for product in (5, 6, 7):
        versions = rates[rates.product_id == product]
        at = np.searchsorted(versions.updated_at.to_numpy(), days.to_numpy(), side="right") - 1
        mine = balance[kind.reindex(balance.index) == product]
        parts.append(pd.DataFrame({
            "product": product, "month": days, "accounts": len(mine),
            "log_balance": np.log(mine).mean().to_numpy(),
            "rate": 100 * versions.interest_rate.astype(float).to_numpy()[at],
        }))  # fmt: skip
    return pd.concat(parts)


PLANTED = {"5": 0.1, "6": 0.3, "7": 0.2}
NOTHING = (
    "rates.savings_elasticity=0",
    "rates.high_yield_elasticity=0",
    "rates.money_market_elasticity=0",
)


@pytest.mark.parametrize("is_planted", [True, False])
def test_the_bank_s_elasticities_come_back(is_planted: bool) -> None:
    made = bank(*(() if is_planted else NOTHING), customers=6000, transactions=18_000)
    found = rate_response(
        panel(made), period="month", outcome="log_balance", rate="rate", group="product",
        units="accounts", relevant=0.1,
    )  # fmt: skip
    rows = found[found["effect_level"] == "effect"].set_index("group_name")
    assert (rows["verdict"] == "supported").all()
    for name, effect in PLANTED.items():
        row, truth = rows.loc[name], is_planted * effect * WITHIN_A_YEAR
        assert row["estimate_lower"] <= truth <= row["estimate_upper"]
        assert row["power_rate"] > 0.8
        assert row["account_count"] > 80


def test_the_last_bits_of_an_engine_move_nothing() -> None:
    rng = np.random.default_rng(3)
    months = pd.date_range("2023-01-01", periods=36, freq="MS")
    rate = np.repeat([1.0, 2.0, 1.5, 3.0], 9)
    level = [8.0]
    for now in rate[1:]:
        level.append(level[-1] + 0.25 * (8 + 0.1 * now - level[-1]) + 0.003 * rng.normal())
    frame = pd.DataFrame({
        "product_key": 1, "product_name": "Savings", "month_start_date": months,
        "month_end_date": months + pd.offsets.MonthEnd(0), "paid_rate_pct": rate,
        "market_rate_pct": 1 + np.cumsum(rng.normal(0, 0.1, 36)), "account_count": 500,
        "month_end_balance": 1e6, "mean_log_balance": level,
    })  # fmt: skip
    clock = pd.DataFrame({"as_of_date": [months[-1].date()]})
    apart = frame.assign(mean_log_balance=frame["mean_log_balance"] * (1 + 4e-16))
    assert not apart["mean_log_balance"].equals(frame["mean_log_balance"])
    first, second = (
        rate_effects(each, clock, relevant=0.05, random_seed=1) for each in (frame, apart)
    )
    assert first.equals(second)

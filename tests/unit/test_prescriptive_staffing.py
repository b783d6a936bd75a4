"""Staff of branches: shifts by hand, planted arrivals, a simulated desk, what-if, headlines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.branch_desk import (
    places,
    planted_minutes,
    planted_rates,
    run_day,
    visit_hours,
)
from tests.support.frames import frame_of
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.charts.registry import get_chart
from financial_analytics.models.prescriptive.arrivals import Arrivals, forecast_arrivals, open_hours
from financial_analytics.models.prescriptive.shifts import (
    PARTS,
    Rules,
    plan_branch,
    plan_staff,
    required_staff,
)
from financial_analytics.models.prescriptive.staffing import (
    branch_staffing,
    current_staff,
    staffing_scenarios,
)
from financial_analytics.stats.queueing import queue
from financial_analytics.synthetic.presets import preset

RULES = Rules(5.0, 20.0, 0.9, 2, 0.5, 40.0, 28.0, 50.0, None)
AS_OF, NEXT_MONTH = "2025-11-30", "2025-12-01"
CLOCK = pd.DataFrame({"as_of_date": [pd.Timestamp(AS_OF)]})
KEYS = ["location_natural_key", "day_of_week_number", "hour_number"]


def day_of(need: list[int], first: int = 9) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "location_natural_key": 1, "day_of_week_number": 1,
            "hour_number": np.arange(first, first + len(need)), "day_count": 20,
            "visit_count": 100,
        }
    )  # fmt: skip


def test_shifts_worked_by_hand() -> None:
    """Two all day, four in three hours at noon: one full pair and one short pair, 24 hours."""
    need = np.array([2, 2, 2, 4, 4, 4, 2, 2])
    staff, prices, plan = plan_branch(day_of(need.tolist()), np.ones(8), need, RULES)
    assert (staff >= need).all()
    assert staff.sum() == 2 * 8 + 2 * 4
    assert plan.value == pytest.approx(-24 * 28.0)
    assert plan.gap == 0
    # one less in the busy hours and half a short shift is saved, in one of them or shared
    assert prices.sum() >= 4 * 28.0
    none = RULES.__class__(**{**RULES.__dict__, "part": 0.0})
    staff, _, plan = plan_branch(day_of(need.tolist()), np.ones(8), need, none)
    assert staff.tolist() == [4] * 8
    assert plan.binding == (PARTS,)


def test_the_least_shifts_are_those_of_brute_force() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        need = rng.integers(1, 4, 5)  # five hours: a shift of five, and of four from 9 and 10
        _, _, plan = plan_branch(day_of(need.tolist()), np.ones(5), need, RULES)
        best = min(
            5 * full + 4 * (early + late)
            for full in range(7)
            for early in range(7)
            for late in range(7)
            if 4 * (early + late) <= 0.5 * (5 * full + 4 * (early + late))
            and full + early >= need[0]
            and full + late >= need[4]
            and full + early + late >= need[1:4].max()
        )
        assert plan.value == pytest.approx(-28.0 * best)


def test_what_is_asked_for_serves_enough_and_one_less_does_not() -> None:
    rate, minutes = np.array([[4.0, 30.0, 90.0]]), np.full(3, 14.0)
    need = required_staff(rate, minutes, RULES)
    enough = queue(rate[0] / 60, minutes, need, within=5.0).served_in_time
    fewer = queue(rate[0] / 60, minutes, need - 1, within=5.0).served_in_time
    assert (enough >= 0.9).all()
    assert (fewer[need > 2] < 0.9).all()


def test_open_hours_leave_out_a_lonely_day_and_count_days_without_visits() -> None:
    days = pd.date_range("2025-06-02", periods=70)  # ten weeks from a Monday
    rows = [
        {"location_natural_key": key, "visit_date": day, "hour_number": hour,
         "day_of_week_number": day.dayofweek + 1, "visit_count": 3}
        for day in days for key in (1, 2) for hour in (9, 10, 12)
        if day.dayofweek < 5 and not (key == 2 and day == days[0])
    ]  # fmt: skip
    rows.append({**rows[0], "visit_date": days[6], "day_of_week_number": 7})
    made = open_hours(pd.DataFrame(rows))
    assert sorted(made["day_of_week_number"].unique()) == [1, 2, 3, 4, 5]
    assert sorted(made["hour_number"].unique()) == [9, 10, 11, 12]  # nobody came at eleven
    monday = made[(made["day_of_week_number"] == 1) & (made["hour_number"] == 9)]
    assert monday["day_count"].tolist() == [10, 9]  # the second opened a day later
    assert monday["visit_count"].tolist() == [30, 27]


@pytest.fixture(scope="module")
def lab() -> Bank:
    """Return the bank of the preset `branches`, whole."""
    settings = preset("branches").settings
    sizes = {name: value for name, value in settings.items() if "." not in name}
    return bank(*(f"{name}={value}" for name, value in settings.items() if "." in name), **sizes)


@pytest.fixture(scope="module")
def frames(lab: Bank) -> tuple[pd.DataFrame, pd.DataFrame]:
    return visit_hours(lab, AS_OF), places(lab)


@pytest.fixture(scope="module")
def plan(frames: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    return branch_staffing(*frames, CLOCK).to_pandas()


def test_visits_come_as_the_ledger_says(lab: Bank) -> None:
    """Counts of a branch and month are Poisson about what is to be expected."""
    table = lab.truth("expected_visits")
    table = table[pd.to_datetime(table["month_start"]) < "2026-01-01"]
    rows = lab.feed("customer_interactions")
    rows = rows[rows["interaction_type"] == "Branch Visit"]
    month = pd.to_datetime(rows["interaction_date"]).dt.to_period("M").dt.start_time
    came = rows.groupby([rows["branch_id"].astype(int), month]).size()
    expected = table.set_index(["branch_id", pd.to_datetime(table["month_start"])])
    seen = came.reindex(expected.index).to_numpy()
    apart = (seen - expected["expected_visits"]) / np.sqrt(expected["expected_visits"])
    assert abs(apart.mean()) < 0.3  # 144 of them: 3.6 standard errors
    assert 0.75 < (apart**2).mean() < 1.35


def test_the_forecast_finds_the_planted_rates_of_the_next_month(
    lab: Bank, plan: pd.DataFrame
) -> None:
    planted = planted_rates(lab, NEXT_MONTH)
    true = planted.reindex(pd.MultiIndex.from_frame(plan[KEYS])).to_numpy()
    assert plan["hourly_visit_count"].sum() == pytest.approx(true.sum(), rel=0.04)
    busy = true > 5
    assert np.abs(plan["hourly_visit_count"] / true - 1)[busy].mean() < 0.08
    missed = planted[planted > 0].drop(pd.MultiIndex.from_frame(plan[KEYS]), errors="ignore")
    assert missed.sum() < 0.002 * planted.sum()


def test_a_simulated_desk_meets_the_service_level_near_the_oracles_cost(
    lab: Bank, plan: pd.DataFrame
) -> None:
    """Forty weeks of planted arrivals: nine in ten wait five minutes at most, in each branch."""
    planted = planted_rates(lab, NEXT_MONTH)
    rng = np.random.default_rng(5)
    served = {}
    for branch, rows in plan.groupby("location_natural_key"):
        waits = []
        for weekday, day in rows.groupby("day_of_week_number"):
            staff = np.zeros(24, dtype=int)
            staff[day["hour_number"]] = day["recommended_staff_count"].astype(int)
            rates = planted.loc[branch, weekday].to_numpy()
            waits += [run_day(rates, staff, rng) for _ in range(40)]
        served[branch] = float((np.concatenate(waits) <= 5).mean())
    assert min(served.values()) >= 0.90, served
    cells = plan[KEYS].assign(day_count=1, visit_count=1)
    true = planted.reindex(pd.MultiIndex.from_frame(plan[KEYS])).to_numpy(dtype=float)
    minutes = np.full(len(cells), planted_minutes(rng, 400_000).mean())
    oracle = plan_staff(Arrivals(cells, true, true[None], true[None], minutes), RULES)
    ours = float(plan["recommended_cost_amount"].astype(float).sum())
    assert ours <= 1.05 * -oracle.solution.value
    assert plan["optimality_gap_rate"].max() < 0.01
    # and today's people, spread evenly, do not
    now = plan.groupby("location_natural_key")["current_served_rate"].min()
    assert (now < 0.9).any()


def test_a_plan_says_what_it_is_worth_and_keeps_its_rules(plan: pd.DataFrame) -> None:
    assert (plan["recommended_staff_count"] >= plan["required_staff_count"]).all()
    assert (plan["required_staff_count"] >= 2).all()
    assert plan["status"].unique().tolist() == ["ok"]
    cost = plan["recommended_cost_amount"].astype(float).sum()
    assert float(plan["plan_cost_amount"].iloc[0]) == pytest.approx(cost)
    assert plan["plan_gain_amount_lower"].iloc[0] < plan["plan_gain_amount_upper"].iloc[0]
    assert "Staff hours asked for" in plan["binding_limits"].iloc[0]
    assert (plan["hourly_visit_count_lower"] < plan["hourly_visit_count_upper"]).all()
    assert plan["held_out_error_pct"].abs().max() < 15


def test_other_rules_cost_more_or_less(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table = staffing_scenarios(*frames, CLOCK).to_pandas()
    cost = table.groupby("scenario_name")["plan_cost_amount"].first().astype(float)
    plain = cost["As recommended"]
    assert cost["Served in time 5 points less"] < plain < cost["Served in time 5 points more"]
    assert cost["A tenth fewer visits"] < plain < cost["A tenth more visits"]
    assert cost["As many short shifts as wanted"] <= plain < cost["Full shifts only"]
    full = table[(table["scenario_name"] == "Full shifts only") & (table["limit_name"] == PARTS)]
    assert full["shadow_price_value"].iloc[0] > 0
    assert full["is_binding"].iloc[0]


def test_a_budget_that_is_too_small_says_by_how_much(
    frames: tuple[pd.DataFrame, pd.DataFrame], plan: pd.DataFrame
) -> None:
    cost = float(plan["plan_cost_amount"].iloc[0])
    short = branch_staffing(*frames, CLOCK, budget=cost - 1000).to_pandas()
    assert short["status"].unique().tolist() == ["infeasible"]
    assert "Weekly budget by 1,000.00" in short["relax_advice"].iloc[0]
    assert short["recommended_staff_count"].isna().all()
    enough = branch_staffing(*frames, CLOCK, budget=cost).to_pandas()
    assert enough["status"].unique().tolist() == ["ok"]


def test_too_few_visits_are_one_row(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    visits, locations = frames
    closed = locations.assign(is_active=False)
    short = visits[visits["visit_date"] > "2025-11-01"]
    few = visits[visits.index % 60 == 0].assign(visit_count=1)
    for rows, where in ((visits, closed), (short, locations), (few, locations),
                        (visits.head(0), locations)):  # fmt: skip
        for model in (branch_staffing, staffing_scenarios):
            assert model(rows, where, CLOCK)["status"].to_pylist() == ["insufficient_data"]


def test_a_branch_without_employees_known_has_no_now(
    frames: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    visits, locations = frames
    part = locations.assign(employee_count=locations["employee_count"].where(
        locations["location_natural_key"] > 1))  # fmt: skip
    made = branch_staffing(visits, part, CLOCK).to_pandas().set_index("location_natural_key")
    assert made.loc[1, "current_staff_count"].isna().all()
    assert made.loc[1, "current_served_rate"].isna().all()
    assert made.loc[2, "current_staff_count"].notna().all()
    assert made["plan_gain_amount"].notna().all()
    none = branch_staffing(visits, part.assign(employee_count=np.nan), CLOCK).to_pandas()
    assert none["plan_gain_amount"].isna().all()
    assert none["plan_value_amount"].notna().all()


def test_employees_are_spread_over_the_open_hours() -> None:
    cells = pd.DataFrame({"location_natural_key": np.repeat([1, 2], [50, 30])})
    found = Arrivals(cells, *(np.zeros(1) for _ in range(4)))
    now = current_staff(
        found, pd.DataFrame({"location_natural_key": [1, 2], "employee_count": [10, 10]}), RULES
    )
    assert now[0] == 8  # 10 people of 40 hours in 50
    assert now[-1] == 10  # open for fewer hours than each works


def test_a_small_branch_follows_the_bank(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    visits, locations = frames
    thin = visits.copy()
    rng = np.random.default_rng(1)
    small = thin["location_natural_key"] == 5
    thin.loc[small, "visit_count"] = rng.binomial(thin.loc[small, "visit_count"], 0.5)
    found = forecast_arrivals(
        thin[thin["visit_count"] > 0], locations["location_natural_key"], draws=50, rng=rng
    )
    assert found is not None
    cells = found.cells.assign(rate=found.rate)
    shape = cells.pivot_table(index=KEYS[1:], columns=KEYS[0], values="rate")
    shape = shape / shape.sum()
    assert (shape[5] - shape.drop(columns=5).mean(axis=1)).abs().sum() < 0.1


@pytest.mark.parametrize("name", ["heatmap", "bars"])
def test_headlines_say_week_worth_and_what_now_is(name: str) -> None:
    frame = frame_of("analytics_branch_staffing_optimization")
    said = get_chart(f"prescriptive.staffing_{name}").draw(frame).layout.meta
    assert "In a usual week" in said["finding"]
    assert "A week of it is worth" in said["finding"]
    assert "more than today" in said["finding"]
    assert "spread evenly over the open hours" in said["note"]
    doubt = frame.assign(plan_gain_amount_lower=-1.0)
    said = get_chart(f"prescriptive.staffing_{name}").draw(doubt).layout.meta
    assert "cannot be told from none" in said["finding"]

"""Hazard contrasts on made-up spells: states that change, clusters, what refutes the design."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal import hazard_contrast
from financial_analytics.stats.causal.hazards import cox, nelson_aalen


def shifts(ratio: float, seed: int, *, people: int = 200, weeks: int = 20) -> pd.DataFrame:
    """Return weeks at work; who is trained, from some week on, has fewer accidents."""
    rng = np.random.default_rng(seed)
    trained_in = rng.integers(2, 2 * weeks, people)
    week = np.tile(np.arange(weeks), people)
    person = np.repeat(np.arange(people), weeks)
    trained = week >= trained_in[person]
    skill = rng.normal(size=people)[person]
    frail = rng.gamma(4, 0.25, people)[person]
    hazard = 0.08 * np.where(trained, ratio, 1.0) * np.exp(-0.4 * skill) * frail
    return pd.DataFrame({
        "person": person, "from_week": week, "to_week": week + 1, "trained": trained,
        "soon": ~trained & (week >= trained_in[person] - 6), "skill": skill,
        "accident": rng.random(len(week)) < -np.expm1(-hazard),
    })  # fmt: skip


def run(frame: pd.DataFrame) -> pd.Series:
    found = hazard_contrast(
        frame, start="from_week", stop="to_week", event="accident", exposure="trained",
        cluster="person", adjust=["skill"], soon="soon", relevant=0.7,
    )  # fmt: skip
    return found[found["effect_level"] == "effect"].iloc[0]


@pytest.mark.parametrize("planted", [1.0, 0.5])
def test_covers_what_is_planted_with_units_that_differ(planted: float) -> None:
    rows = [run(shifts(planted, seed)) for seed in range(1000, 1040)]
    held = [row for row in rows if row["verdict"] == "supported"]
    assert len(held) >= 36  # two tests at 0.01
    covered = sum(row["hazard_ratio_lower"] <= planted <= row["hazard_ratio_upper"] for row in held)
    # an honest interval of 95 in 100 covers fewer than 34 of 40 with probability 0.003
    assert covered >= 0.85 * len(held)


def test_who_is_to_come_and_differs_already_refutes_the_design() -> None:
    frame = shifts(1.0, 2)
    rng = np.random.default_rng(3)
    frame.loc[frame["soon"], "accident"] = rng.random(int(frame["soon"].sum())) < 0.3
    row = run(frame)
    assert row["verdict"] == "refuted_by_diagnostic"
    assert "before it" in row["failed_diagnostic"]
    assert np.isnan([row["estimate"], row["hazard_ratio"], row["e_value_index"]]).all()


def test_a_ratio_that_changes_over_time_refutes_the_design() -> None:
    frame = shifts(1.0, 4, people=600)
    rng = np.random.default_rng(5)
    late = frame["trained"] & (frame["from_week"] > 14)
    frame.loc[late, "accident"] = rng.random(int(late.sum())) < 0.3
    assert "over time" in run(frame)["failed_diagnostic"]


def test_missing_values_and_the_order_of_rows_do_not_matter() -> None:
    frame = shifts(0.5, 6)
    frame["accident"] = frame["accident"].astype(float)
    lacking = frame.head(40).assign(accident=float("nan"))
    mixed = run(pd.concat([frame, lacking]).sample(frac=1, random_state=1))
    assert mixed["estimate"] == pytest.approx(run(frame)["estimate"], rel=1e-9)


@pytest.mark.parametrize(
    "frame",
    [shifts(0.5, 7).head(0), shifts(0.5, 7).head(60), shifts(0.5, 7).assign(trained=True)],
)
def test_too_little_is_not_identified(frame: pd.DataFrame) -> None:
    row = run(frame)
    assert (row["verdict"], row["status"]) == ("not_identified", "insufficient_data")


def test_mistakes_are_told() -> None:
    with pytest.raises(InvalidInputError, match="ends before it begins"):
        cox([1.0], [1.0], [1], [[0.0]])
    with pytest.raises(InvalidInputError, match="NaN or infinite"):
        cox([0.0], [1.0], [1], [[np.nan]])
    with pytest.raises(InvalidInputError, match="shapes are"):
        cox([0.0], [1.0, 2.0], [1], [[0.0]])


def test_the_cumulative_hazard_of_a_hand_worked_example() -> None:
    """Three units from 0, one of them entering at 1: 1 of 3 at 1, 2 of 3 at 2."""
    curve = nelson_aalen([0, 0, 0, 1], [1, 2, 1, 2], [1, 1, 0, 1])
    assert curve.value.tolist() == pytest.approx([1 / 3, 1 / 3 + 2 / 2])
    assert curve.at_risk.tolist() == [3, 2]

"""Regression discontinuity on made-up units: finds what is there, refuses what is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal import regression_discontinuity
from financial_analytics.stats.causal.discontinuity import density_jump, discontinuity


def pupils(effect: float, seed: int, n: int = 3000) -> pd.DataFrame:
    """Return pupils of whom a mark of 50 decides on a bursary, with exceptions both ways."""
    rng = np.random.default_rng(seed)
    mark = rng.integers(0, 101, n)
    chance = np.where(mark >= 50, 0.95, 0.05)
    bursary = rng.random(n) < chance
    ability = rng.normal(size=n)
    before = mark / 25 + ability
    later = before + 0.5 * rng.normal(size=n) + effect * bursary
    return pd.DataFrame(
        {"mark": mark, "bursary": bursary, "grade": later, "first_grade": before, "age": ability}
    )


def run(frame: pd.DataFrame, **options: object) -> pd.Series:
    found = regression_discontinuity(
        frame, running="mark", outcome="grade", cutoff=50, treatment="bursary",
        before="first_grade", balance=["age"], **options,  # type: ignore[arg-type]
    )  # fmt: skip
    return found[found["effect_level"] == "effect"].iloc[0]


@pytest.mark.parametrize("planted", [0.0, 0.6])
def test_covers_what_is_planted_in_the_share_of_samples_that_it_states(planted: float) -> None:
    rows = [run(pupils(planted, seed)) for seed in range(60)]
    assert {row["verdict"] for row in rows} <= {"supported", "refuted_by_diagnostic"}
    held = [row for row in rows if row["verdict"] == "supported"]
    assert len(held) >= 54  # each of four kinds of tests refutes one right design in 100
    covered = sum(row["estimate_lower"] <= planted <= row["estimate_upper"] for row in held)
    # 95 of 100: fewer than 88 in 100 of 54 or more happen once in 100 runs
    assert covered >= 0.88 * len(held)
    if planted:
        assert sum(row["p_value"] < 0.05 for row in held) > 0.8 * len(held)


def test_who_aims_at_the_cutoff_refutes_the_design() -> None:
    frame = pupils(0.6, 1)
    lifted = frame["mark"].between(44, 49) & (np.arange(len(frame)) % 3 > 0)
    frame.loc[lifted, "mark"] = 50 + frame.loc[lifted, "mark"] % 4
    row = run(frame)
    assert row["verdict"] == "refuted_by_diagnostic"
    assert "density" in row["failed_diagnostic"]
    assert np.isnan([row["estimate"], row["estimate_lower"], row["p_value"]]).all()


def test_what_jumps_besides_refutes_the_design() -> None:
    frame = pupils(0.6, 2)
    frame["age"] += 2.0 * (frame["mark"] >= 50)
    assert "known before" in run(frame)["failed_diagnostic"]


def test_a_rule_that_nobody_follows_refutes_the_design() -> None:
    frame = pupils(0.6, 3)
    frame["bursary"] = np.arange(len(frame)) % 2 == 0
    assert "hardly moves" in run(frame)["failed_diagnostic"]


def test_missing_values_ties_and_the_order_of_rows_do_not_matter() -> None:
    frame = pupils(0.6, 4)
    whole = run(frame)
    nothing = float("nan")
    lacking = [frame.head(50).assign(grade=nothing), frame.head(9).assign(mark=nothing)]
    holes = pd.concat([frame, *lacking])
    mixed = run(holes.sample(frac=1, random_state=1))
    assert mixed["estimate"] == pytest.approx(whole["estimate"], rel=1e-9)
    assert mixed["sample_count"] == whole["sample_count"]


@pytest.mark.parametrize(
    "frame", [pupils(0.6, 5).head(0), pupils(0.6, 5).head(30), pupils(0.6, 5).assign(grade=1.0)]
)
def test_too_little_is_not_identified(frame: pd.DataFrame) -> None:
    row = run(frame)
    assert (row["verdict"], row["status"]) == ("not_identified", "insufficient_data")
    assert np.isnan(row["estimate"])


def test_mistakes_are_told() -> None:
    with pytest.raises(InvalidInputError, match="no column score"):
        regression_discontinuity(pupils(0, 1), running="score", outcome="grade", cutoff=50)
    with pytest.raises(InvalidInputError, match="lengths differ: 2, 3"):
        discontinuity([1, 2], [1, 2, 3], cutoff=0)
    with pytest.raises(InvalidInputError, match="bandwidth is -1"):
        discontinuity([1, 2], [1, 2], cutoff=0, bandwidth=-1)


def test_the_density_test_rejects_as_often_as_it_says_and_sees_bunching() -> None:
    rejected = sum(
        density_jump(np.random.default_rng(seed).normal(size=2000), cutoff=0.3).p_value < 0.05
        for seed in range(200)
    )
    # 10 of 200 expected; the rule of thumb for its bandwidth leaves some bias
    assert rejected <= 24
    x = np.random.default_rng(1).normal(size=2000)
    bunched = np.where((x > 0.1) & (x < 0.3) & (np.arange(2000) % 2 == 0), 0.35, x)
    assert density_jump(bunched, cutoff=0.3).p_value < 0.01

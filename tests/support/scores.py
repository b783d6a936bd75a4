"""A scorecard, rows that fall into each of its bins, and what Python scores them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from financial_analytics.models.predictive.features import Feature
from financial_analytics.models.predictive.risk import RiskModel, fit_candidates

FEATURES = (
    Feature("age", "number", "Age", "years"),
    Feature("smokes", "flag", "Smokes"),
    Feature("ward", "category", "Ward"),
)


def _rows(count: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = np.round(rng.normal(60, 15, count), 1)
    smokes = rng.random(count) < 0.3
    ward = rng.choice(["north", "o'south", "east", "intensive"], count, p=[0.5, 0.3, 0.1, 0.1])
    eta = -2.4 + 0.05 * (age - 60) + 0.8 * smokes + 1.2 * (ward == "intensive")
    frame = pd.DataFrame({"id": np.arange(count), "age": age, "smokes": smokes, "ward": ward})
    frame["back"] = rng.random(count) < 1 / (1 + np.exp(-eta))
    unknown = rng.random((3, count)) < 0.1
    for name, gone in zip(("age", "smokes", "ward"), unknown, strict=True):
        frame[name] = frame[name].astype(object).where(~gone, None)
    return frame


@cache
def scorecard() -> RiskModel:
    """Return a scorecard of three features, all of them scored."""
    made = fit_candidates(_rows(8_000, 1), _rows(4_000, 2), target="back", features=FEATURES)
    assert made is not None
    assert [feature.name for feature in made[0].features] == ["age", "smokes", "ward"]
    return made[0]


@cache
def rows() -> pd.DataFrame:
    """Return 300 rows with unknown values, an unseen level, and numbers that are bounds."""
    frame = _rows(300, 3).drop(columns="back")
    edges = scorecard().machine.bins[0].edges  # type: ignore[union-attr]
    frame.loc[: len(edges) - 1, "age"] = edges
    frame.loc[20:25, "ward"] = "annex"
    return frame


def records() -> list[tuple[object, ...]]:
    """Return the rows as plain values."""
    return [
        (int(r.id), None if pd.isna(r.age) else float(r.age),
         None if pd.isna(r.smokes) else bool(r.smokes), r.ward)
        for r in rows().itertuples()
    ]  # fmt: skip


def assert_same(scored: list[tuple[int, float]]) -> None:
    """Compare probabilities by id with those of Python."""
    expected = scorecard().score(rows())
    found = dict(scored)
    assert len(found) == len(expected)
    gaps = [abs(found[at] - value) for at, value in enumerate(expected)]
    assert max(gaps) < 1e-14  # exp differs by the last bit between libraries

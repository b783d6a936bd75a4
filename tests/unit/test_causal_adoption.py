"""Doubly robust weighting: made-up adopters, and the training programme of Dehejia and Wahba."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal import adoption_effect
from financial_analytics.stats.causal.doubly_robust import aipw

HOMES = [home / "shared" / "data" / "published" for home in Path(__file__).resolve().parents]
PUBLISHED = next((home for home in HOMES if home.is_dir()), HOMES[3])
FIXED = ["age", "educ", "black", "hisp", "marr", "nodeg", "re74", "re75"]


def gardens(effect: float, seed: int, n: int = 1500) -> pd.DataFrame:
    """Return gardens whose owners fertilise where the soil is good, in two towns."""
    rng = np.random.default_rng(seed)
    soil, town = rng.normal(size=n), rng.choice(["north", "south"], n)
    level = np.exp(0.5 * soil + 0.3 * (town == "north"))
    fed = rng.random(n) < 1 / (1 + np.exp(1.0 - 0.8 * soil - 0.5 * (town == "north")))
    return pd.DataFrame({
        "garden": np.arange(n), "soil": soil, "town": town, "fed": fed,
        "crop": rng.poisson(10 * level * np.exp(effect * fed)),
        "last_crop": rng.poisson(10 * level),
    })  # fmt: skip


def run(frame: pd.DataFrame, adjust: tuple[str, ...] = ("soil", "town")) -> pd.Series:
    found = adoption_effect(
        frame, treated="fed", outcome="crop", adjust=adjust, unit="garden", placebo="last_crop",
        is_ratio=True, relevant=0.1,
    )  # fmt: skip
    return found[found["effect_level"] == "effect"].iloc[0]


@pytest.mark.parametrize("planted", [0.0, 0.2])
def test_covers_what_is_planted_where_raw_means_do_not(planted: float) -> None:
    rows = [run(gardens(planted, seed)) for seed in range(20)]
    held = [row for row in rows if row["verdict"] == "supported"]
    assert len(held) >= 16  # imbalance by chance, and a test at 0.01
    covered = sum(row["estimate_lower"] <= planted <= row["estimate_upper"] for row in held)
    assert covered >= 0.8 * len(held)  # 16 of 20: an honest interval misses it once in 300
    assert all(row["benchmark_value"] > planted + 0.2 for row in rows)


def test_what_was_left_out_shows_in_the_placebo() -> None:
    row = run(gardens(0.2, 1), adjust=("town",))
    assert row["verdict"] == "refuted_by_diagnostic"
    assert "from before moves" in row["failed_diagnostic"]
    assert np.isnan(row["estimate"])


def test_groups_without_anybody_alike_are_refuted() -> None:
    frame = gardens(0.2, 2)
    frame["soil"] += 6 * frame["fed"]
    row = run(frame)
    assert row["verdict"] in ("refuted_by_diagnostic", "not_identified")
    assert np.isnan(row["estimate"])


def test_clusters_ties_missing_values_and_the_order_of_rows() -> None:
    frame = gardens(0.2, 3).astype({"crop": float})
    whole = run(frame)
    lacking = frame.head(50).assign(crop=float("nan"), garden=9_999)
    mixed = run(pd.concat([frame, lacking]).sample(frac=1, random_state=1))
    assert mixed["estimate"] == pytest.approx(whole["estimate"], rel=1e-9)
    twice = pd.concat([frame, frame])
    # every row twice is no more to know: as units they say so, as rows they do not
    assert run(twice)["standard_error"] == pytest.approx(whole["standard_error"], rel=0.1)


@pytest.mark.parametrize(
    "frame", [gardens(0, 1).head(0), gardens(0, 1).head(40), gardens(0, 1).assign(crop=3)]
)
def test_too_little_is_not_identified(frame: pd.DataFrame) -> None:
    row = run(frame)
    assert (row["verdict"], row["status"]) == ("not_identified", "insufficient_data")


def test_mistakes_are_told() -> None:
    with pytest.raises(InvalidInputError, match="no column height"):
        adoption_effect(gardens(0, 1), treated="fed", outcome="height", adjust=[])
    with pytest.raises(InvalidInputError, match="NaN or infinite"):
        aipw([np.nan], [True], [[0.0]], rng=np.random.default_rng(1))
    with pytest.raises(InvalidInputError, match="shapes are"):
        aipw([1.0, 2.0], [True], [[0.0]], rng=np.random.default_rng(1))


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"the published data are not in {PUBLISHED}")
def test_the_training_programme_of_dehejia_and_wahba() -> None:
    """The experiment says 1,794.34 (Dehejia and Wahba 1999, *JASA* 94(448), table 3)."""
    trial = pd.read_csv(PUBLISHED / "nsw74demo.csv")
    others = pd.read_csv(PUBLISHED / "psid1.csv")
    trained = trial[trial["trt"] == 1]
    experiment = trained["re78"].mean() - trial.loc[trial["trt"] == 0, "re78"].mean()
    assert experiment == pytest.approx(1794.34, abs=0.005)
    both = pd.concat([trained, others.assign(trt=0)])
    raw = trained["re78"].mean() - others["re78"].mean()
    assert raw == pytest.approx(-15_205, abs=1)
    found = aipw(both["re78"], both["trt"] == 1, both[FIXED], rng=np.random.default_rng(0))
    assert found.lower < experiment < found.upper
    assert found.lower > 0
    assert found.diagnostics["overlap"] > 0.95
    assert found.diagnostics["effective_controls"] < 20
    row = adoption_effect(both, treated="trt", outcome="re78", adjust=FIXED).iloc[0]
    assert row["verdict"] == "refuted_by_diagnostic"
    assert row["failed_diagnostic"] == "groups stay unlike after weighting"

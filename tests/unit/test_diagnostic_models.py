"""Ordered logit against published numbers, satisfaction drivers against planted ones."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.support.synthetic_lab import bank, covers

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.diagnostic import adjusted_odds, satisfaction_drivers
from financial_analytics.models.diagnostic.satisfaction import SCHEMA
from financial_analytics.stats.ordered_logit import ordered_logit

# Madsen (1976), Copenhagen housing: satisfaction Low, Medium, High by influence, type of rental
# and contact; the data set `housing` of R's MASS (Venables and Ripley 2002, chapter 7.3).
HOUSING = {
    ("Tower", "Low"): [(21, 21, 28), (34, 22, 36), (10, 11, 36)],
    ("Apartment", "Low"): [(61, 23, 17), (43, 35, 40), (26, 18, 54)],
    ("Atrium", "Low"): [(13, 9, 10), (8, 8, 12), (6, 7, 9)],
    ("Terrace", "Low"): [(18, 6, 7), (15, 13, 13), (7, 5, 11)],
    ("Tower", "High"): [(14, 19, 37), (17, 23, 40), (3, 5, 23)],
    ("Apartment", "High"): [(78, 46, 43), (48, 45, 86), (15, 25, 62)],
    ("Atrium", "High"): [(20, 23, 20), (10, 22, 24), (7, 10, 21)],
    ("Terrace", "High"): [(57, 23, 13), (31, 21, 13), (5, 6, 13)],
}


def housing() -> tuple[np.ndarray, np.ndarray]:
    """Return one row per household."""
    outcome, predictors = [], []
    for (kind, contact), influences in HOUSING.items():
        for influence, counts in enumerate(influences):
            row = [influence == 1, influence == 2, kind == "Apartment", kind == "Atrium",
                   kind == "Terrace", contact == "High"]  # fmt: skip
            for level, count in enumerate(counts):
                outcome += [level] * count
                predictors += [row] * count
    return np.array(outcome), np.array(predictors, dtype=float)


def test_ordered_logit_gives_the_published_housing_table() -> None:
    """``summary(polr(Sat ~ Infl + Type + Cont, weights = Freq, data = housing))``, R's MASS."""
    y, x = housing()
    assert len(y) == 1681
    fit = ordered_logit(y, x)
    assert fit.converged
    np.testing.assert_allclose(
        fit.coefficients, [0.5664, 1.2888, -0.5724, -0.3662, -1.0910, 0.3603], atol=6e-5
    )
    np.testing.assert_allclose(
        fit.standard_errors, [0.10465, 0.12716, 0.11924, 0.15517, 0.15149, 0.09554], atol=5e-5
    )
    np.testing.assert_allclose(fit.thresholds, [-0.4961, 0.6907], atol=6e-5)
    assert -2 * fit.log_likelihood == pytest.approx(3479.149, abs=6e-4)


@pytest.mark.parametrize(
    ("y", "x"),
    [
        ([1, 2, 3], [[1.0], [2.0]]),
        ([1, 1, 1], [[1.0], [2.0], [3.0]]),
        ([1, 2, 3], [[1.0], [np.nan], [3.0]]),
        ([1, 2, 3, 1], [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [0.0, 0.0]]),
    ],
)
def test_ordered_logit_refuses_what_it_cannot_fit(y: list[int], x: list[list[float]]) -> None:
    with pytest.raises(InvalidInputError):
        ordered_logit(y, x)


def contacts(seed: int, customers: int = 1000) -> pd.DataFrame:
    """Return a bank's contacts in the words of the fact."""
    feed = bank(customers=customers, transactions=4 * customers, seed=seed)
    frame = feed.feed("customer_interactions")
    return frame.rename(
        columns={
            "interaction_date": "interaction_at",
            "reason": "interaction_reason",
            "satisfaction_rating": "satisfaction_score",
            "resolved": "is_resolved",
            "escalated": "is_escalated",
        }
    )


CLOCK = pd.DataFrame({"as_of_date": [dt.date(2025, 12, 31)]})


@pytest.mark.slow
def test_odds_ratios_cover_the_planted_ones_in_three_banks() -> None:
    """Nine 99 % intervals: a right model misses one or more of them in 9 of 100 such tests, and
    two in less than 1 of 100; none may be further off than 4 standard errors."""
    planted = {"resolution": -1.30, "duration": -0.50, "escalation": -0.80}
    level = {"resolution": "Unresolved", "duration": "per doubling", "escalation": "Escalated"}
    held = []
    for seed in (1, 2, 3):
        rows = satisfaction_drivers(contacts(seed), CLOCK).to_pandas()
        effects = rows[rows["record_type"] == "effect"].set_index(["driver", "level"])
        for driver, truth in planted.items():
            row = effects.loc[(driver, level[driver])]
            assert row["status"] == "ok"
            assert row["odds_ratio_lower"] < row["odds_ratio"] < row["odds_ratio_upper"] < 1
            held.append(covers(row["log_odds"], row["log_odds_standard_error"], truth))
            assert covers(row["log_odds"], row["log_odds_standard_error"], truth, width=4)
        # nothing was planted for channel and reason: 11 odds ratios, 95 % intervals
        rest = effects.loc[["channel", "reason"]]
        rest = rest[~rest["is_reference"].astype(bool)]
        assert (rest["p_value"] < 0.01).sum() <= 1
    assert sum(held) >= 8


def test_cells_hold_every_contact_once() -> None:
    frame = contacts(1)
    rows = satisfaction_drivers(frame, CLOCK).to_pandas()
    cells = rows[rows["record_type"] == "cell"]
    reasons = cells[cells["driver"] == "reason"].set_index("level")
    for reason, own in frame.groupby("interaction_reason"):
        rated = own["satisfaction_score"].dropna()
        assert reasons.loc[reason, "contact_count"] == len(own)
        assert reasons.loc[reason, "rated_count"] == len(rated)
        assert reasons.loc[reason, "avg_rating_score"] == pytest.approx(rated.mean())
        assert reasons.loc[reason, "rating_p25_score"] == np.percentile(rated, 25)
    sums = cells.groupby("driver")["contact_count"].sum()
    assert (sums == len(frame)).all()
    assert len(sums) == 5


def test_contacts_after_the_clock_are_left_out() -> None:
    frame = contacts(1)
    clock = pd.DataFrame({"as_of_date": [dt.date(2024, 6, 30)]})
    rows = satisfaction_drivers(frame, clock).to_pandas()
    cells = rows[(rows["record_type"] == "cell") & (rows["driver"] == "resolution")]
    known = (pd.to_datetime(frame["interaction_at"]) < "2024-07-01").sum()
    assert 0 < cells["contact_count"].sum() == known < len(frame)


@pytest.mark.parametrize("size", [0, 1, 40])
def test_few_contacts_say_so_and_keep_the_schema(size: int) -> None:
    table = satisfaction_drivers(contacts(1).head(size), CLOCK)
    assert table.schema == SCHEMA
    rows = table.to_pandas()
    assert {"effect", "cell"} == set(rows["record_type"])
    effects = rows[rows["record_type"] == "effect"]
    assert (effects["status"] == "insufficient_data").all()
    assert effects["odds_ratio"].isna().all()


def test_a_rating_that_never_varies_is_no_variation() -> None:
    frame = contacts(1).assign(satisfaction_score=4)
    rows = satisfaction_drivers(frame, CLOCK).to_pandas()
    effects = rows[rows["record_type"] == "effect"]
    assert (effects["status"] == "no_variation").all()


def test_one_driver_gives_the_odds_ratio_of_its_table() -> None:
    """(30 x 80) / (70 x 20), by hand; its standard error is Woolf's."""
    frame = pd.DataFrame(
        {
            "x_bin": ["No"] * 110 + ["Yes"] * 90,
            "is_event": [True] * 30 + [False] * 80 + [True] * 20 + [False] * 70,
        }
    )
    odds = adjusted_odds(frame).to_pandas().set_index("bin")
    assert odds.loc["No", "status"] == "reference"
    assert odds.loc["Yes", "adjusted_odds_ratio"] == pytest.approx((20 * 80) / (70 * 30))
    woolf = np.sqrt(1 / 20 + 1 / 80 + 1 / 70 + 1 / 30)
    assert odds.loc["Yes", "log_odds_standard_error"] == pytest.approx(woolf, rel=1e-5)


def test_a_copied_driver_is_not_identified_and_a_thin_bin_is_left_out() -> None:
    rng = np.random.default_rng(4)
    x = (rng.random(2000) < 0.4).astype(int)  # so that "a" is the reference
    event = rng.random(2000) < np.where(x == 1, 0.4, 0.2)
    words = np.where(x == 1, "b", "a").astype(object)
    thin = words.copy()
    thin[:3] = "rare"
    frame = pd.DataFrame({"x_bin": words, "y_bin": words, "z_bin": thin, "is_event": event})
    odds = adjusted_odds(frame).to_pandas().set_index(["driver", "bin"])
    assert odds.loc[("z", "rare"), "status"] == "insufficient_data"
    statuses = odds.loc[[("x", "b"), ("y", "b"), ("z", "b")], "status"]
    assert sorted(statuses) == ["not_identified", "not_identified", "ok"]
    one = statuses.index[statuses == "ok"][0]
    assert odds.loc[one, "adjusted_odds_ratio_lower"] > 1


def test_odds__a_rare_event_that_one_bin_nearly_decides() -> None:
    """Newton's first step from the mean overshoots here, to probabilities of exactly one."""
    frame = pd.DataFrame(
        {
            "alarm_bin": ["Yes"] * 50 + ["No"] * 60_000,
            "other_bin": ["A", "B"] * 30_025,
            "is_event": [True] * 44 + [False] * 6 + [True] * 20 + [False] * 59_980,
        }
    )
    odds = adjusted_odds(frame).to_pandas().set_index(["driver", "bin"])
    design = sm.add_constant(
        np.column_stack([frame["alarm_bin"] == "Yes", frame["other_bin"] == "B"]).astype(float)
    )
    fit = sm.GLM(frame["is_event"].astype(float), design, family=sm.families.Binomial()).fit()
    alarm, other = odds.loc[("alarm", "Yes")], odds.loc[("other", "B")]
    assert alarm["log_odds"] == pytest.approx(fit.params.to_numpy()[1], rel=1e-8)
    assert other["log_odds"] == pytest.approx(fit.params.to_numpy()[2], rel=1e-6)
    assert alarm["log_odds_standard_error"] == pytest.approx(fit.bse.to_numpy()[1], rel=1e-5)
    assert alarm["log_odds"] > 9


def test_no_exposure_gives_no_rows_and_keeps_its_types() -> None:
    empty = pd.DataFrame({"x_bin": pd.Series(dtype=object), "is_event": pd.Series(dtype=bool)})
    table = adjusted_odds(empty)
    assert table.num_rows == 0
    assert str(table.schema.field("adjusted_odds_ratio").type) == "double"

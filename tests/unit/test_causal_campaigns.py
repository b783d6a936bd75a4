"""Campaign designs: trials and doubly robust differences on made-up frames, and the bank's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.support.synthetic_lab import Bank, bank

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.causal import (
    campaign_effects,
    difference_in_differences,
    randomised_effect,
)
from financial_analytics.models.causal.campaigns import AFTER, BEFORE
from financial_analytics.stats.causal.trial import randomised_difference

CLOCK = pd.DataFrame({"as_of_date": [pd.Timestamp("2025-12-31").date()]})


def mails(effect: float, seed: int, n: int = 1200) -> pd.DataFrame:
    """Return customers of whom a quarter were held out of a mailing; few buy at all."""
    rng = np.random.default_rng(seed)
    age, town = rng.normal(size=n), rng.choice(["north", "south"], n)
    sent, base = rng.random(n) < 0.75, 0.02 + 0.02 * (age > 0)
    return pd.DataFrame({
        "age": age, "town": town, "sent": sent, "bought": rng.random(n) < base + effect * sent,
    })  # fmt: skip


def trial(frame: pd.DataFrame, **options: object) -> pd.Series:
    return randomised_effect(
        frame, treated="sent", outcome="bought", adjust=["age", "town"], relevant=0.03, **options
    ).iloc[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("planted", [0.0, 0.04])
def test_a_trial_covers_what_is_planted(planted: float) -> None:
    rows = [trial(mails(planted, seed)) for seed in range(60)]
    held = [row for row in rows if row["verdict"] == "supported"]
    assert len(held) >= 56  # a diagnostic fails by chance once in a hundred
    covered = sum(row["estimate_lower"] <= planted <= row["estimate_upper"] for row in held)
    assert covered >= len(held) - 7  # 95 %: more misses with probability 0.01


def test_what_is_known_before_makes_a_trial_more_precise() -> None:
    rng = np.random.default_rng(1)
    x, d = rng.normal(size=(800, 1)), rng.random(800) < 0.5
    y = 2 * x[:, 0] + 0.3 * d + rng.normal(size=800)
    plain, held = randomised_difference(y, d), randomised_difference(y, d, x)
    assert held.standard_error < 0.55 * plain.standard_error
    assert held.lower < 0.3 < held.upper
    # the same as the regression with products (statsmodels, HC2)
    z = x - x.mean()
    design = np.column_stack([np.ones(800), d, z, z * d[:, None]])
    fit = sm.OLS(y, design).fit(cov_type="HC2")
    assert held.estimate == pytest.approx(fit.params[1], abs=1e-9)
    assert held.standard_error == pytest.approx(fit.bse[1], rel=1e-9)


def test_an_arm_without_a_conversion_still_has_an_error() -> None:
    frame = mails(0.0, 2).assign(bought=False)
    frame.loc[frame.index[frame["sent"]][:9], "bought"] = True
    row = trial(frame)
    alone = np.sqrt((9 / 900) * (1 - 9 / 900) / 900)
    assert row["standard_error"] > 1.3 * alone


def test_lots_that_were_not_drawn_are_refuted() -> None:
    frame = mails(0.04, 3)
    row = trial(frame[frame["sent"] | (frame["age"] > 0)])
    assert row["verdict"] == "refuted_by_diagnostic"
    assert row["failed_diagnostic"] == "the arms differ in what was known before"
    assert np.isnan(row["estimate"])
    row = trial(mails(0.04, 4), control_share=0.5)
    assert row["failed_diagnostic"] == "the arms are not of the planned sizes"


def farms(effect: float, seed: int, n: int = 3000, gain: float = 0.1) -> pd.DataFrame:
    """Return farms that are aided for their level; larger ones gain more from year to year."""
    rng = np.random.default_rng(seed)
    level, size = rng.normal(size=n), rng.normal(size=n)
    aided = rng.random(n) < 1 / (1 + np.exp(1.5 - 0.8 * level - 0.5 * size))
    made = pd.DataFrame({"farm": np.arange(n), "size_ha": size, "aided": aided})
    for year in range(6):
        weather = 0.3 * year + gain * size * year
        made[f"y{year}"] = level + weather + rng.normal(size=n) + effect * aided * (year >= 4)
    return made


def did(
    frame: pd.DataFrame, adjust: tuple[str, ...] = ("size_ha",), **options: object
) -> pd.DataFrame:
    return difference_in_differences(
        frame, treated="aided", before=["y0", "y1", "y2", "y3"], after=["y4", "y5"],
        adjust=adjust, unit="farm", relevant=0.5,
    )  # fmt: skip


@pytest.mark.parametrize("planted", [0.0, 0.3])
def test_differences_cover_what_is_planted_where_raw_means_do_not(planted: float) -> None:
    rows = [did(farms(planted, seed)).iloc[0] for seed in range(20)]
    held = [row for row in rows if row["verdict"] == "supported"]
    assert len(held) >= 17
    covered = sum(row["estimate_lower"] <= 2 * planted <= row["estimate_upper"] for row in held)
    assert covered >= len(held) - 4  # an honest interval misses more once in 400
    assert np.mean([row["benchmark_value"] for row in rows]) > 2 * planted + 0.1


def test_groups_that_move_apart_before_are_refuted_and_show_nothing_after() -> None:
    found = did(farms(0.3, 1, gain=0.3), adjust=())
    head = found.iloc[0]
    assert head["verdict"] == "refuted_by_diagnostic"
    assert "groups moved apart before" in head["failed_diagnostic"]
    assert np.isnan(head["estimate"])
    events = found[found["effect_level"] == "event"]
    assert events["point_number"].tolist() == [-4, -3, -2, -1]


def test_missing_values_ties_clusters_and_the_order_of_rows() -> None:
    frame = farms(0.3, 2)
    whole = did(frame).iloc[0]
    lacking = frame.head(60).assign(y5=np.nan, farm=9_999)
    mixed = did(pd.concat([frame, lacking]).sample(frac=1, random_state=1)).iloc[0]
    assert mixed["estimate"] == pytest.approx(whole["estimate"], rel=1e-9)
    twice = did(pd.concat([frame, frame])).iloc[0]
    assert twice["standard_error"] == pytest.approx(whole["standard_error"], rel=0.1)
    tied = frame.assign(**{f"y{year}": frame[f"y{year}"].round() for year in range(6)})
    row = did(tied).iloc[0]
    assert row["estimate_lower"] < 0.6 < row["estimate_upper"]


@pytest.mark.parametrize("frame", [farms(0, 1).head(0), farms(0, 1).head(40)])
def test_too_little_is_not_identified(frame: pd.DataFrame) -> None:
    row = did(frame).iloc[0]
    assert (row["verdict"], row["status"]) == ("not_identified", "insufficient_data")
    row = trial(mails(0.0, 1).head(len(frame)))
    assert (row["verdict"], row["status"]) == ("not_identified", "insufficient_data")


def test_mistakes_are_told() -> None:
    with pytest.raises(InvalidInputError, match="no column hair"):
        randomised_effect(mails(0, 1), treated="sent", outcome="hair")
    with pytest.raises(InvalidInputError, match="1 periods before"):
        difference_in_differences(farms(0, 1), treated="aided", before=["y0"], after=["y4"])
    with pytest.raises(InvalidInputError, match="NaN or infinite"):
        randomised_difference([np.nan], [True])
    with pytest.raises(InvalidInputError, match="shapes are"):
        randomised_difference([1.0, 2.0], [True])


def windows(made: Bank) -> pd.DataFrame:
    """Return what `int_campaign_windows` has, from the feeds."""
    touches = made.feed("campaign_touches").drop_duplicates(["campaign_id", "customer_id"])
    touches = touches.assign(day=touches["touch_date"].dt.normalize())
    people = made.first_versions
    signed = pd.to_datetime(people["signup_date"])
    facts = made.feed("marketing_campaigns").groupby("campaign_id").first()
    left = pd.to_datetime(made.truth("customers").set_index("customer_id")["leave_date"])
    left = left.reindex(people.index)
    bought = made.columns(
        "transactions", "customer_id", "transaction_date", "transaction_type", "decline_reason"
    )
    bought = bought[(bought["transaction_type"] == "Purchase") & bought["decline_reason"].isna()]
    day = (bought["transaction_date"].dt.normalize() - pd.Timestamp("2023-01-01")).dt.days
    who = people.index.get_indexer(bought["customer_id"])
    grid = np.zeros((len(people), 1097), dtype=np.int32)
    np.add.at(grid, (who[who >= 0], day.to_numpy()[who >= 0]), 1)
    total = np.concatenate(
        [np.zeros((len(people), 1), dtype=np.int64), grid.cumsum(axis=1)], axis=1
    )
    parts = []
    for number, part in touches.groupby("campaign_id"):
        first, last = part["day"].min(), part["day"].max()
        held = part["is_holdout"].astype(bool)
        frame = pd.DataFrame(index=people.index).assign(
            campaign_natural_key=number, campaign_name=f"Campaign {number}", campaign_type="Email",
            has_holdout=bool(held.any()), first_date=first, last_date=last,
            customer_segment=people["customer_segment"],
            annual_income_amount=people["annual_income"].astype(float),
            tenure_days=(first - signed).dt.days,
        )  # fmt: skip
        listed = part.set_index("customer_id")
        frame["is_contacted"] = frame.index.isin(listed.index[~held.to_numpy()])
        frame["is_converted"] = listed["converted"].reindex(frame.index)
        start = (first - pd.Timestamp("2023-01-01")).days
        for name, place in [*zip(BEFORE, range(-8, 0), strict=True),
                            *zip(AFTER, range(5), strict=True)]:  # fmt: skip
            low, high = start + 14 * place, start + 14 * place + 14
            known = low >= 0 and high <= 1096
            frame[name] = total[:, high] - total[:, low] if known else np.nan
        old = max(start - 112, 0)
        frame["earlier_count"] = total[:, old] - total[:, max(old - 365, 0)]
        frame["earlier_months"] = old // 30 if old < 365 else 12
        target = facts["target_segment"].get(number, "All")
        reach = (target == "All") | (frame["customer_segment"] == target)
        # without a holdout, who stays to the end is compared
        stays = ~(left <= last) | frame["has_holdout"]
        fits = stays & (frame.index.isin(listed.index) | (reach & ~frame["has_holdout"]))
        parts.append(frame[fits & (frame["tenure_days"] > 0)])
    made_of = pd.concat(parts).rename_axis("customer_natural_key").reset_index()
    return made_of.drop_duplicates(["campaign_natural_key", "customer_natural_key"])


def planted(made: Bank, frame: pd.DataFrame) -> pd.Series:
    """Return the mean lift of those contacted, by campaign."""
    lifts = {entry["campaign_id"]: entry["lift"] for entry in made.parameters["campaigns"]}
    contacted = frame[frame["is_contacted"]]
    number = contacted["campaign_natural_key"].to_numpy()
    each = [
        lifts.get(int(one), {}).get(segment, 0.0)
        for one, segment in zip(number, contacted["customer_segment"], strict=True)
    ]
    return pd.Series(each).groupby(number).mean()


@pytest.mark.parametrize("share", [1.0, 0.0], ids=["holdouts", "none"])
@pytest.mark.parametrize("lift", [0.1, 0.0])
def test_the_campaigns_of_a_bank_come_back(lift: float, share: float) -> None:
    audience = 0.3 if share else 0.1
    made = bank(
        f"campaigns.lift={lift}", f"campaigns.randomised_share={share}", "campaigns.count=12",
        f"campaigns.audience_share={audience}", customers=6000, transactions=300_000,
    )  # fmt: skip
    frame = windows(made)
    found = campaign_effects(frame, CLOCK, relevant=0.03, random_seed=1).to_pandas()
    heads = found[found["effect_level"] == "effect"]
    held = heads[heads["verdict"] == "supported"]
    design = "randomised_holdout" if share else "doubly_robust_differences"
    assert set(held["design_name"]) == {design}
    assert len(held) >= (10 if share else 4)
    truth = planted(made, frame)
    right = truth.reindex(held["group_name"].astype(int)).to_numpy()
    covered = (held["estimate_lower"] <= right) & (right <= held["estimate_upper"])
    assert covered.sum() >= len(held) - 1
    total = found[found["effect_level"] == "total"].iloc[0]
    mean = float(np.average(right, weights=held["treatment_count"]))
    assert total["estimate_lower"] <= mean <= total["estimate_upper"]
    if share and lift:
        assert total["estimate_lower"] > 0

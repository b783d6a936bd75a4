"""What each campaign changes: analytics_campaign_causal_impact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.causal.results import (
    SUPPORTED,
    UNIDENTIFIED,
    effect_row,
    no_design,
    result_frame,
    with_period,
)
from financial_analytics.models.causal.trial import (
    DIFFERENCES,
    RANDOMISED,
    SCHEMA,
    difference_in_differences,
    randomised_effect,
)
from financial_analytics.models.columns import clock_date, with_bounds
from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.causal.effect import normal_effect
from financial_analytics.stats.multiple import holm

BEFORE = tuple(f"before_{number}_count" for number in range(8, 0, -1))
AFTER = tuple(f"after_{number}_count" for number in range(1, 6))
FORTNIGHT = 14
ADJUST = ("earlier_rate", "log_earlier", "log_income", "log_tenure", "customer_segment")
TOTAL = "All campaigns"
DESIGNS = {
    RANDOMISED: (
        "is_converted",
        "Conversions added per contact",
        "How many conversions a contact adds, on average over who was drawn into the audience",
        "Lots decided who was held out, and whoever was held out was not contacted another way.",
    ),
    DIFFERENCES: (
        "purchase_count",
        "Purchases added per contact",
        "How many purchases a contact adds until a fortnight after the campaign, on average over "
        "who was contacted",
        "Given earlier purchases, income, tenure and segment, the purchases of who was contacted "
        "would have changed in the same proportion as those of who was not.",
    ),
}


def _described(frame: pd.DataFrame) -> pd.DataFrame:
    """Return customers with covariates as the designs take them."""
    rate = frame["earlier_count"] / frame["earlier_months"].where(frame["earlier_months"] > 0)
    income = frame["annual_income_amount"].astype(float).clip(lower=1.0)
    return frame.assign(
        earlier_rate=rate.astype(float),
        log_earlier=np.log1p(rate.astype(float)),
        log_income=np.log(income),
        log_tenure=np.log1p(frame["tenure_days"].astype(float).clip(lower=0) / 365.25),
        recent_count=frame[list(BEFORE)].sum(axis=1, min_count=1).astype(float),
    )


def _one(
    part: pd.DataFrame, share: float | None, relevant: float, seed: int, confidence: float
) -> pd.DataFrame:
    """Return the rows of one campaign, by the design that it allows."""
    if bool(part["has_holdout"].iloc[0]):
        return randomised_effect(
            part,
            treated="is_contacted",
            outcome="is_converted",
            adjust=(*ADJUST, "recent_count"),
            control_share=share,
            relevant=relevant,
            confidence=confidence,
        )
    days = pd.Timestamp(part["last_date"].iloc[0]) - pd.Timestamp(part["first_date"].iloc[0])
    # until a fortnight after the last contact: who buys on it does so within days
    many = min(-(-(days.days + 1 + FORTNIGHT) // FORTNIGHT), len(AFTER))
    return difference_in_differences(
        part,
        treated="is_contacted",
        before=BEFORE,
        after=AFTER[:many],
        adjust=ADJUST,
        is_proportional=True,
        relevant=relevant,
        confidence=confidence,
        seed=seed,
    )


def _total(rows: pd.DataFrame, relevant: float, confidence: float) -> list[dict[str, Any]]:
    """Return the mean over the supported campaigns of one design, by contacts, and its events."""
    heads = rows[(rows["effect_level"] == "effect") & (rows["verdict"] == SUPPORTED)]
    design = {"design_name": rows["design_name"].iloc[0], "group_name": TOTAL}
    made: list[dict[str, Any]] = []
    levels = [("total", 0, heads)]
    inside = rows[(rows["effect_level"] == "event") & rows["group_name"].isin(heads["group_name"])]
    levels += [("event", int(str(k)), part) for k, part in inside.groupby("point_number")]
    contacts = heads.set_index("group_name")["treatment_count"].astype(float)
    for level, number, part in levels:
        weight = contacts.reindex(part["group_name"]).to_numpy()
        if not weight.sum() > 0:
            continue
        weight = weight / weight.sum()
        value = float((weight * part["estimate"]).sum())
        error = float(np.sqrt((weight**2 * part["standard_error"] ** 2).sum()))
        found = normal_effect(
            value, error, confidence=confidence, n=int(part["sample_count"].sum()),
            treated=int(contacts.reindex(part["group_name"]).sum()),
        )  # fmt: skip
        if level == "total":
            head = effect_row(found, {}, relevant=relevant, confidence=confidence)
            head["control_count"] = int(part["control_count"].sum())
            made.append(head | design | {"effect_level": level, "point_number": 0})
            continue
        ends = (found.estimate, found.lower, found.upper)
        made.append(design | {"effect_level": level, "point_number": number,
                    "standard_error": error, "sample_count": found.n}
                    | dict(zip(with_bounds("estimate"), ends, strict=True)))  # fmt: skip
    if not len(heads):
        made.append(design | {
            "effect_level": "total", "point_number": 0, "verdict": UNIDENTIFIED,
            "status": "insufficient_data", "failed_diagnostic": "no campaign's design is supported",
        })  # fmt: skip
    return made


@one_thread
def campaign_effects(
    windows: Any,
    clock: Any,
    *,
    relevant: float,
    random_seed: int,
    confidence: float = 0.95,
) -> pa.Table:
    """Return `analytics_campaign_causal_impact`.

    Parameters
    ----------
    windows : relation
        ``int_campaign_windows``.
    clock : relation
        ``data_clock``.
    relevant : float
        Conversions or purchases per contact that would matter.
    random_seed : int
    confidence : float, default 0.95
    """
    frame = to_pandas(windows)
    as_of = clock_date(to_pandas(clock))
    if frame.empty:
        return no_design(SCHEMA, as_of, "is_converted", group=TOTAL)
    frame = frame.sort_values(["campaign_natural_key", "customer_natural_key"], ignore_index=True)
    frame = _described(frame.assign(has_holdout=frame["has_holdout"].astype(bool)))
    drawn = frame[frame["has_holdout"]]
    shares = 1 - drawn.groupby("campaign_natural_key")["is_contacted"].mean()
    share = float(shares.median()) if len(shares) > 1 else None
    parts = []
    for number, part in frame.groupby("campaign_natural_key"):
        found = _one(part, share, float(relevant), int(random_seed), float(confidence))
        found = with_period(found, pd.concat([part["first_date"], part["last_date"]]))
        parts.append(found.assign(
            group_name=str(number), campaign_name=part["campaign_name"].iloc[0],
            channel=part["campaign_type"].iloc[0],
        ))  # fmt: skip
    made = pd.concat(parts, ignore_index=True)
    totals = []
    for name in sorted(made["design_name"].unique()):
        rows = result_frame(
            _total(made[made["design_name"] == name], float(relevant), float(confidence)),
            SCHEMA, float(confidence),
        )  # fmt: skip
        mine = frame["has_holdout"] == (name == RANDOMISED)
        days = pd.concat([frame.loc[mine, "first_date"], frame.loc[mine, "last_date"]])
        totals.append(with_period(rows, days))
    made = pd.concat([made, *totals], ignore_index=True)
    effects = made["effect_level"] == "effect"
    made.loc[effects, "adjusted_p_value"] = holm(made.loc[effects, "p_value"])
    made = made.astype({"estimand": object, "assumption": object})
    for name, (outcome, label, estimand, assumption) in DESIGNS.items():
        mine = made["design_name"] == name
        made.loc[mine, ["outcome_name", "outcome_label"]] = [outcome, label]
        said = mine & made["effect_level"].isin(["effect", "total"])
        made.loc[said, ["estimand", "assumption"]] = [estimand, assumption]
    return to_table(made.assign(as_of_date=as_of), SCHEMA)

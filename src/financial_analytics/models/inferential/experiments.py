"""What campaigns add against their holdouts: analytics_ab_test_channel_performance."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import clock_date
from financial_analytics.models.frames import to_pandas, to_table, too_little
from financial_analytics.models.inferential.arms import SCHEMA, compare_arms
from financial_analytics.models.inferential.results import finished
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.multiple import holm

LABELS = {
    "conversion_rate": "Converted",
    "conversion_amount": "Conversion value per customer",
    "next_month_amount": "Purchases in the month after",
    "next_month_amount_cuped": "Purchases in the month after, adjusted for the month before",
}


def _campaigns(touches: pd.DataFrame, least: int, confidence: float) -> pd.DataFrame:
    """Return the randomised experiments: campaigns that held customers out."""
    held = touches.groupby("campaign_natural_key")["is_holdout"].transform("any")
    found = compare_arms(
        touches[held],
        experiment="campaign_natural_key",
        control="is_holdout",
        rates=["conversion_rate"],
        means=["conversion_amount", "next_month_amount"],
        before={"next_month_amount": "previous_month_amount"},
        minimum=least,
        confidence=confidence,
    )
    facts = touches.drop_duplicates("campaign_natural_key").set_index("campaign_natural_key")
    found["experiment_number"] = found["experiment_name"].astype("Int64")
    number = found["experiment_number"]
    found["experiment_name"] = number.map(facts["campaign_name"])
    found["channel"] = number.map(facts["campaign_type"])
    return found.assign(experiment_level="campaign")


def _channels(touches: pd.DataFrame, least: int, confidence: float) -> pd.DataFrame:
    """Return each channel against all others, among the contacted: nobody drew these lots."""
    contacted = touches[~touches["is_holdout"]]
    parts = []
    for number, channel in enumerate(sorted(contacted["touch_channel"].unique()), start=1):
        part = contacted.assign(other=contacted["touch_channel"] != channel, one=str(channel))
        share = float(part["other"].mean())
        found = compare_arms(
            part,
            experiment="one",
            control="other",
            rates=["conversion_rate"],
            means=["conversion_amount"],
            control_share=share,
            minimum=least,
            confidence=confidence,
        )
        parts.append(found.assign(experiment_number=number, channel=str(channel)))
    if not parts:
        return pd.DataFrame(columns=SCHEMA.names)
    made = pd.concat(parts, ignore_index=True)
    # no share was planned, so that none is missed
    made[["sample_ratio_statistic", "sample_ratio_p_value", "planned_control_rate"]] = float("nan")
    made["has_sample_ratio_mismatch"] = None
    return made.assign(experiment_level="channel", evidence="observational")


@one_thread
def campaign_experiments(
    touches: Any, clock: Any, *, minimum_sample: int = 30, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_ab_test_channel_performance`.

    Parameters
    ----------
    touches : relation
        ``int_experiment_touches``.
    clock : relation
        ``data_clock``.
    minimum_sample : int
        Customers that each arm needs.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.
    """
    frame = to_pandas(touches).sort_values("touch_id", ignore_index=True)
    frame["is_holdout"] = frame["is_holdout"].astype(bool)
    frame["conversion_rate"] = frame["is_converted"].astype(float)
    least, share = int(minimum_sample), float(confidence)
    parts = [part for part in (_campaigns(frame, least, share), _channels(frame, least, share))
             if len(part)]  # fmt: skip
    made = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SCHEMA.names)
    if len(made):
        kinds = made.groupby(["experiment_level", "metric_name"])["p_value"]
        made["adjusted_p_value"] = kinds.transform(holm)
    made["metric_label"] = made["metric_name"].map(LABELS)
    as_of = clock_date(to_pandas(clock))
    keys = {"experiment_level": "channel", "evidence": "observational", "experiment_number": 0}
    if made.empty:
        return too_little(SCHEMA, as_of, metric_name="conversion_rate", **keys)
    return to_table(finished(made, SCHEMA, share, as_of), SCHEMA)

"""Whether neighbouring areas are alike, and where high and low values lie together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from financial_analytics.models.columns import (
    DATE,
    DOUBLE,
    FLAG,
    LONG,
    TEXT,
    WHOLE,
    clock_date,
    fields,
    with_bounds,
)
from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.multiple import benjamini_hochberg
from financial_analytics.stats.spatial import moran, nearest_weights

UNKNOWN = "Unknown"
LEAST_AREAS = 20
LEAST_CUSTOMERS = 3
"""Customers that an area needs: the mean of one or two is their own."""
NEIGHBOURS = 6
ALPHA = 0.05

SCHEMA = pa.schema(
    [
        *fields(["area_level", "area_name", "state"], TEXT),
        *fields(["latitude", "longitude"], DOUBLE),
        *fields(["metric_name", "metric_label"], TEXT),
        pa.field("customer_count", LONG),
        *fields(with_bounds("metric_value"), DOUBLE),
        *fields(["spatial_lag_value", "local_moran_statistic"], DOUBLE),
        *fields(["local_moran_p_value", "local_moran_adjusted_p_value"], DOUBLE),
        pa.field("cluster_label", TEXT),
        pa.field("is_significant_adjusted", FLAG),
        *fields(["moran_statistic", "moran_null_lower", "moran_null_upper"], DOUBLE),
        pa.field("moran_p_value", DOUBLE),
        pa.field("area_count", LONG),
        pa.field("neighbour_count", WHOLE),
        pa.field("status", TEXT),
        pa.field("as_of_date", DATE),
    ]
)


def _same(values: pd.Series) -> pd.Series:
    return values


# metric: column, words, onto the scale it is averaged on, and back
METRICS: dict[str, tuple[str, str, Callable[..., Any], Callable[..., Any]]] = {
    "income": ("annual_income_amount", "Yearly income (geometric mean)", np.log, np.exp),
    "balance": ("deposit_balance", "Deposit balance (geometric mean)", np.log, np.exp),
    "monthly_spend": ("monthly_spend", "Spending a month (geometric mean)", np.log, np.exp),
    "digital_rate": ("digital_rate", "Share of purchases online or mobile", _same, _same),
}


def _areas(customers: pd.DataFrame, metric: str, confidence: float) -> pd.DataFrame:
    """Return one row per area with the metric, its interval and its scale."""
    column, label, onto, back = METRICS[metric]
    values = customers[column].astype(float)
    if onto is np.log:
        values = values.where(values > 0)
    work = customers[["area_name", "state", "latitude", "longitude"]].assign(value=onto(values))
    grouped = work.groupby(["area_name", "state"], sort=True)
    areas = grouped.agg(
        latitude=("latitude", "mean"),
        longitude=("longitude", "mean"),
        customer_count=("value", "count"),
        scaled=("value", "mean"),
        deviation=("value", "std"),
    ).reset_index()
    count = areas["customer_count"].clip(lower=2)
    margin = stats.t.ppf(tails(confidence)[1], count - 1) * areas["deviation"] / np.sqrt(count)
    enough = areas["customer_count"] >= LEAST_CUSTOMERS
    areas["metric_value"] = back(areas["scaled"]).where(enough)
    areas["metric_value_lower"] = back(areas["scaled"] - margin).where(enough)
    areas["metric_value_upper"] = back(areas["scaled"] + margin).where(enough)
    areas["metric_name"], areas["metric_label"] = metric, label
    placed = areas["latitude"].notna() & areas["longitude"].notna()
    areas["is_usable"] = enough & placed & (areas["area_name"] != UNKNOWN)
    return areas


def _tested(
    areas: pd.DataFrame, metric: str, permutations: int, seed: int, confidence: float
) -> pd.DataFrame:
    """Add the statistics of one metric to its areas, and the status."""
    usable = areas["is_usable"].to_numpy()
    areas = areas.assign(
        status="insufficient_data",
        area_count=int(usable.sum()),
        cluster_label=None,
        is_significant_adjusted=None,
    )
    for name in SCHEMA.names:
        if name not in areas:
            areas[name] = np.nan
    if usable.sum() < LEAST_AREAS:
        return areas
    part = areas[usable]
    if np.ptp(part["scaled"].to_numpy()) < 1e-12:
        return areas.assign(status=np.where(usable, "no_variation", "insufficient_data"))
    weights = nearest_weights(part["latitude"], part["longitude"], NEIGHBOURS)
    rng = np.random.default_rng([seed, list(METRICS).index(metric)])
    found = moran(
        part["scaled"],
        weights,
        permutations=permutations,
        rng=rng,
        confidence=confidence,
    )
    adjusted = benjamini_hochberg(found.local_p_values)
    significant = found.local_p_values < ALPHA
    at = part.index
    areas.loc[at, "spatial_lag_value"] = METRICS[metric][3](found.lag)
    areas.loc[at, "local_moran_statistic"] = found.local
    areas.loc[at, "local_moran_p_value"] = found.local_p_values
    areas.loc[at, "local_moran_adjusted_p_value"] = adjusted
    areas.loc[at, "cluster_label"] = np.where(significant, found.quadrant, "Not significant")
    areas.loc[at, "is_significant_adjusted"] = adjusted < ALPHA
    areas.loc[at, "status"] = "ok"
    areas["moran_statistic"] = found.statistic
    areas["moran_null_lower"], areas["moran_null_upper"] = found.null_lower, found.null_upper
    areas["moran_p_value"] = found.p_value
    areas["neighbour_count"] = NEIGHBOURS
    return areas


@one_thread
def geographic_clusters(
    behavior: Any,
    clock: Any,
    *,
    permutations: int = 999,
    seed: int = 20240,
    confidence: float = 0.95,
) -> pa.Table:
    """Return `analytics_geographic_clustering`: one row per area and metric.

    Parameters
    ----------
    behavior : relation
        ``int_customer_behavior``.
    clock : relation
        ``data_clock``.
    permutations : int
        Random permutations behind each p-value.
    seed : int
        Seed of the permutations.
    confidence : float, default 0.95
        Two-sided coverage of the intervals, and of I under permutation.

    Notes
    -----
    Money is averaged on the log scale: one rich customer does not make a rich county. The
    interval of an area is Student's on that scale. Counties are used where the county of at
    least half of the customers is known, else states.
    """
    frame = to_pandas(behavior).sort_values("customer_natural_key", ignore_index=True)
    by_county = len(frame) > 0 and (frame["county"] != UNKNOWN).mean() >= 0.5
    frame["area_name"] = frame["county" if by_county else "state"]
    frame["monthly_spend"] = frame["monthly_purchase_count"].astype(float) * frame[
        "average_purchase_amount"
    ].astype(float)
    share = float(confidence)
    made = pd.concat(
        [
            _tested(_areas(frame, metric, share), metric, int(permutations), int(seed), share)
            for metric in METRICS
        ],
        ignore_index=True,
    )
    made["area_level"] = "county" if by_county else "state"
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)

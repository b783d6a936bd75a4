"""How lifetime values are spread: analytics_customer_lifetime_value_distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import clock_date, with_bounds
from financial_analytics.models.frames import need_columns, to_pandas, to_table
from financial_analytics.models.inferential.results import finished, picked, schema
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.inference import known
from financial_analytics.stats.shapes import (
    bootstrap_interval,
    fit_gamma,
    fit_lognormal,
    gini,
    plotting_positions,
)

EVERYONE = "All"
BINS = 40
SAMPLES = 499
SCHEMA = schema(
    texts=("customer_segment", "better_fit_name"),
    wholes=("bin_number",),
    longs=("sample_count", "left_out_count", "customer_count"),
    doubles=(
        *("bin_lower", "bin_upper", "bin_rate", "quantile_rate", "quantile_amount"),
        *("lognormal_rate", "gamma_rate", "lognormal_quantile_amount", "gamma_quantile_amount"),
        *with_bounds("mean_amount"),
        *with_bounds("median_amount"),
        *with_bounds("gini_rate"),
        *("lognormal_shape_index", "lognormal_scale_amount", "lognormal_aic_score"),
        *("gamma_shape_index", "gamma_scale_amount", "gamma_aic_score"),
    ),
)


def _bins(values: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Return bins of as many values each: dense where the values are, without an empty one."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(place, minlength=len(edges) - 1)
    shares = plotting_positions(len(edges) - 1)
    return pd.DataFrame(
        {
            "bin_number": np.arange(1, len(edges)),
            "bin_lower": edges[:-1],
            "bin_upper": edges[1:],
            "customer_count": counts,
            "bin_rate": counts / len(values),
            "quantile_rate": shares,
            "quantile_amount": np.quantile(values, shares, method="hazen"),
        }
    )


def _summary(values: np.ndarray[Any, Any], seed: int, confidence: float) -> dict[str, float]:
    found: dict[str, float] = {}
    rng = np.random.default_rng(seed)
    for name, function in (
        ("mean_amount", lambda part: float(part.mean())),
        ("median_amount", lambda part: float(np.median(part))),
        ("gini_rate", gini),
    ):
        found[name] = function(values)
        found[f"{name}_lower"], found[f"{name}_upper"] = bootstrap_interval(
            values, function, rng=rng, samples=SAMPLES, confidence=confidence
        )
    return found


def value_shapes(
    frame: pd.DataFrame,
    *,
    value: str,
    group: str,
    minimum: int = 50,
    seed: int = 20240,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how positive values are spread in each group and in all, and which curve fits.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per independent unit.
    value, group : str
        Columns. Values that are missing or not positive are counted and left out.
    minimum : int, default 50
        Values that a group needs.
    seed : int
        Of the bootstrap.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per group and bin; each bin holds about as many values. Fits are by maximum
        likelihood, the better has the lower AIC; intervals of mean, median and Gini are
        percentiles of 499 bootstrap samples. What is of the group is the same on all its rows.

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(6)
    >>> claims = pd.DataFrame({"region": "east", "loss": rng.gamma(0.7, 900, 1500)})
    >>> found = value_shapes(claims, value="loss", group="region")
    >>> found.loc[0, "better_fit_name"], found["customer_segment"].unique().tolist()
    ('gamma', ['All', 'east'])
    """
    need_columns(frame, value, group)
    parts = {EVERYONE: frame}
    parts |= {str(n): part for n, part in frame.groupby(group, sort=True, observed=True)}
    rows = []
    for place, (name, part) in enumerate(parts.items()):
        found = known(part[value].astype(float))
        values = np.sort(found[found > 0])
        common: dict[str, Any] = {
            "customer_segment": name,
            "sample_count": len(values),
            "left_out_count": len(part) - len(values),
        }
        if len(values) < max(minimum, 5) or np.ptp(values) == 0:
            enough = len(values) >= max(minimum, 5)
            common["status"] = "no_variation" if enough else "insufficient_data"
            rows.append(pd.DataFrame([common | {"bin_number": 0}]))
            continue
        fits = (fit_lognormal(values), fit_gamma(values))
        table = _bins(values)
        for fit in fits:
            ends = fit.cdf(table["bin_upper"]) - fit.cdf(table["bin_lower"])
            table[f"{fit.name}_rate"] = ends
            table[f"{fit.name}_quantile_amount"] = fit.quantile(table["quantile_rate"])
            common |= {
                f"{fit.name}_shape_index": fit.shape,
                f"{fit.name}_scale_amount": fit.scale,
                f"{fit.name}_aic_score": fit.aic,
            }
        common["better_fit_name"] = min(fits, key=lambda fit: fit.aic).name
        common |= {"status": "ok"} | _summary(values, seed + place, confidence)
        rows.append(table.assign(**common))
    made = finished(pd.concat(rows, ignore_index=True), SCHEMA, confidence, None)
    return picked(made, SCHEMA.names)


@one_thread
def lifetime_values(
    customers: Any, clock: Any, *, seed: int = 20240, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_customer_lifetime_value_distribution`: one row per segment and bin.

    Parameters
    ----------
    customers : relation
        ``int_customers_at_dates``; its current position counts.
    clock : relation
        ``data_clock``.
    seed : int
        Seed of the bootstrap.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.
    """
    frame = to_pandas(customers)
    frame = frame[frame["position_name"] == "current"].sort_values(
        "customer_natural_key", ignore_index=True
    )
    made = value_shapes(
        frame,
        value="customer_lifetime_value_amount",
        group="customer_segment",
        seed=int(seed),
        confidence=float(confidence),
    )
    made["as_of_date"] = clock_date(to_pandas(clock))
    return to_table(made, SCHEMA)

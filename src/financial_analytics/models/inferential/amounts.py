"""Are amounts normal, raw or logged: the method of analytics_transaction_amount_normality_test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from financial_analytics.models.columns import clock_date
from financial_analytics.models.frames import need_columns, to_pandas, to_table, too_little
from financial_analytics.models.inferential.results import (
    finished,
    picked,
    schema,
)
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import known
from financial_analytics.stats.multiple import holm
from financial_analytics.stats.shapes import normality, plotting_positions

POINTS = 50
TESTS = ("jarque_bera", "dagostino", "anderson")
TRANSFORMS = ("raw", "log")
SCHEMA = schema(
    texts=("merchant_category", "transform_name"),
    wholes=("point_number",),
    longs=("sample_count", "purchase_count"),
    doubles=(
        *("quantile_rate", "normal_score", "standardised_score", "band_lower", "band_upper"),
        *("skewness_index", "skewness_index_lower", "skewness_index_upper"),
        *("kurtosis_index", "kurtosis_index_lower", "kurtosis_index_upper"),
        *(f"{test}{end}" for test in TESTS for end in ("_statistic", "_p_value",
                                                       "_adjusted_p_value")),
        *("degrees_of_freedom", "quantile_correlation"),
    ),
    flags=("is_normal",),
    dates=("first_transaction_date", "last_transaction_date"),
)  # fmt: skip


def _points(values: np.ndarray[Any, Any], confidence: float) -> pd.DataFrame:
    """Return the Q-Q points, with the band in which a normal sample's would lie, each alone."""
    number = min(POINTS, len(values))
    shares = plotting_positions(number)
    score = stats.norm.ppf(shares)
    centred = (values - values.mean()) / values.std(ddof=1)
    # order statistics of a sample of this size: beta distributed (David and Nagaraja 2003, 2.3)
    place = shares * len(values)
    low, high = (
        stats.norm.ppf(stats.beta.ppf(tail, place + 0.5, len(values) - place + 0.5))
        for tail in tails(confidence)
    )
    return pd.DataFrame(
        {
            "point_number": np.arange(1, number + 1),
            "quantile_rate": shares,
            "normal_score": score,
            "standardised_score": np.quantile(centred, shares, method="hazen"),
            "band_lower": low,
            "band_upper": high,
        }
    )


def _tests(values: np.ndarray[Any, Any], confidence: float) -> dict[str, float]:
    found = normality(values)
    margin = float(stats.norm.ppf(tails(confidence)[1]))
    size = len(values)
    row = {"degrees_of_freedom": found.jarque_bera.degrees_of_freedom}
    # standard errors under normality: Fisher (1930)
    skew_error = np.sqrt(6 * (size - 2) / ((size + 1) * (size + 3)))
    kurtosis_error = np.sqrt(
        24 * size * (size - 2) * (size - 3) / ((size + 1) ** 2 * (size + 3) * (size + 5))
    )
    for name, value, error in (
        ("skewness_index", found.skewness, skew_error),
        ("kurtosis_index", found.excess_kurtosis, kurtosis_error),
    ):
        row |= {
            name: value,
            f"{name}_lower": value - margin * error,
            f"{name}_upper": value + margin * error,
        }
    for test in TESTS:
        row[f"{test}_statistic"] = getattr(found, test).statistic
        row[f"{test}_p_value"] = getattr(found, test).p_value
    shares = plotting_positions(size)
    row["quantile_correlation"] = float(np.corrcoef(np.sort(values), stats.norm.ppf(shares))[0, 1])
    return row


def amount_normality(
    frame: pd.DataFrame,
    *,
    value: str,
    group: str,
    minimum: int = 20,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return whether positive values are normal in each group, as they are and as logarithms.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per independent value.
    value, group : str
        Columns. Values that are missing or not positive are left out.
    minimum : int, default 20
        Values that a group needs.
    confidence : float, default 0.95
        Two-sided coverage as a fraction in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per group, transform and Q-Q point (at most 50). Skewness and excess kurtosis
        are the effect sizes, the correlation of quantiles is one for a normal sample; adjusted
        p-values are Holm's over groups and transforms. ``is_normal`` is: no test rejects.

    Raises
    ------
    InvalidInputError
        If a column is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(8)
    >>> rain = pd.DataFrame({"site": "A", "mm": rng.lognormal(1.0, 0.8, 400)})
    >>> found = amount_normality(rain, value="mm", group="site")
    >>> found.groupby("transform_name")["is_normal"].first().to_dict()
    {'log': True, 'raw': False}
    """
    need_columns(frame, value, group)
    rows = []
    for name, part in frame.groupby(group, sort=True, observed=True):
        found = known(part[value].astype(float))
        positive = found[found > 0]
        for transform in TRANSFORMS:
            values = np.log(positive) if transform == "log" else positive
            common: dict[str, Any] = {
                "merchant_category": str(name),
                "transform_name": transform,
                "sample_count": len(values),
            }
            if len(values) < max(minimum, 20) or np.ptp(values) == 0:
                enough = len(values) >= max(minimum, 20)
                common["status"] = "no_variation" if enough else "insufficient_data"
                rows.append(pd.DataFrame([common | {"point_number": 0}]))
                continue
            common |= {"status": "ok"} | _tests(values, confidence)
            rows.append(_points(values, confidence).assign(**common))
    made = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=SCHEMA.names)
    made = finished(made, SCHEMA, confidence, None)
    once = made.drop_duplicates(["merchant_category", "transform_name"])
    for test in TESTS:
        adjusted = pd.Series(holm(once[f"{test}_p_value"].astype(float)), index=once.index)
        made[f"{test}_adjusted_p_value"] = adjusted.reindex(made.index).ffill()
    rejected = made[[f"{test}_adjusted_p_value" for test in TESTS]].astype(float) < 0.05
    made["is_normal"] = (~rejected.any(axis=1)).where(made["status"] == "ok", None)
    unknown = made["status"] != "ok"
    made.loc[unknown, [f"{test}_adjusted_p_value" for test in TESTS]] = np.nan
    return picked(made, SCHEMA.names)


@one_thread
def transaction_normality(
    amounts: Any, clock: Any, *, minimum_sample: int = 20, confidence: float = 0.95
) -> pa.Table:
    """Return `analytics_transaction_amount_normality_test`.

    Parameters
    ----------
    amounts : relation
        ``int_amount_sample``.
    clock : relation
        ``data_clock``.
    minimum_sample : int
        Purchases that a category needs; 20 at least.
    confidence : float, default 0.95
        Two-sided coverage of the intervals and of the band.
    """
    frame = to_pandas(amounts).sort_values("transaction_id", ignore_index=True)
    made = amount_normality(
        frame,
        value="spend_amount",
        group="merchant_category",
        minimum=int(minimum_sample),
        confidence=float(confidence),
    )
    categories = frame.groupby("merchant_category")
    made["purchase_count"] = made["merchant_category"].map(categories["purchase_count"].max())
    days = pd.to_datetime(frame["transaction_date"])
    made["first_transaction_date"], made["last_transaction_date"] = days.min(), days.max()
    as_of = clock_date(to_pandas(clock))
    made["as_of_date"] = as_of
    keys = {"merchant_category": "All", "transform_name": "raw", "point_number": 0}
    return to_table(made, SCHEMA) if len(made) else too_little(SCHEMA, as_of, **keys)

"""Columns that the results of category 04 share, and the rows that fill them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.columns import DATE, DOUBLE, FLAG, LONG, TEXT, WHOLE, with_bounds
from financial_analytics.models.columns import fields as _fields
from financial_analytics.stats.inference import Floats, Inference
from financial_analytics.stats.shapes import normality

ESTIMATE = (
    *with_bounds("estimate"),
    "test_statistic",
    "degrees_of_freedom",
    "p_value",
)
SKEW_FOR_NORMAL_MEANS = 25.0
"""Times the squared skewness, so many values make a mean about normal."""
EFFECT = tuple(with_bounds("effect_size"))


def schema(
    *,
    texts: tuple[str, ...] = (),
    longs: tuple[str, ...] = (),
    wholes: tuple[str, ...] = (),
    doubles: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    dates: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
) -> pa.Schema:
    """Return an Arrow schema by kind; status, coverage and clock come last.

    Parameters
    ----------
    texts, longs, wholes, doubles, flags, dates, after : tuple of str
        Names of columns; `after` are further texts.
    """
    return pa.schema(
        [
            *_fields(texts, TEXT),
            *_fields(wholes, WHOLE),
            *_fields(longs, LONG),
            *_fields(doubles, DOUBLE),
            *_fields(flags, FLAG),
            *_fields(dates, DATE),
            *_fields(after, TEXT),
            pa.field("coverage_pct", DOUBLE),
            pa.field("status", TEXT),
            pa.field("as_of_date", DATE),
        ]
    )


def cells(found: Inference) -> dict[str, float]:
    """Return the estimate, test and effect of a result as columns."""
    return {
        "estimate": found.estimate,
        "estimate_lower": found.lower,
        "estimate_upper": found.upper,
        "test_statistic": found.statistic,
        "degrees_of_freedom": found.degrees_of_freedom,
        "p_value": found.p_value,
        "effect_size": found.effect_size,
        "effect_size_lower": found.effect_lower,
        "effect_size_upper": found.effect_upper,
    }


def means_check(parts: Sequence[Floats]) -> dict[str, Any]:
    """Return the greatest skewness of the groups, and whether all their means are about normal.

    By Cochran's rule for each group, ``n > 25 * skewness ** 2``; unknown below the sizes that show
    a skewness.

    References
    ----------
    Cochran, W. G. (1977). *Sampling Techniques*, 3rd ed., section 2.15.
    """
    shapes = [normality(part) for part in parts]
    known_all = bool(shapes) and not any(np.isnan(shape.skewness) for shape in shapes)
    return {
        "largest_skewness_index": max(
            (abs(shape.skewness) for shape in shapes if not np.isnan(shape.skewness)),
            default=np.nan,
        ),
        "has_normal_means": all(
            shape.n > SKEW_FOR_NORMAL_MEANS * shape.skewness**2 for shape in shapes
        )
        if known_all
        else None,
    }


def picked(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return these columns, in this order, with a new index."""
    made: pd.DataFrame = rows[list(names)].reset_index(drop=True)
    return made


def finished(rows: pd.DataFrame, wanted: pa.Schema, confidence: float, as_of: Any) -> pd.DataFrame:
    """Return `rows` with every column of `wanted`; what no row has is unknown."""
    made = rows.copy()
    made["coverage_pct"] = 100 * confidence
    made["as_of_date"] = as_of
    for name in wanted.names:
        if name not in made:
            made[name] = np.nan
    return made

"""The multivariate check of a driver table: each bin's odds, all other drivers held fixed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.linalg.lapack import dpstrf
from scipy.stats import norm
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import (
    ConvergenceWarning,
    HessianInversionWarning,
    PerfectSeparationWarning,
)

from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails

SCHEMA = pa.schema(
    [
        ("driver", pa.string()),
        ("bin", pa.string()),
        ("is_reference_bin", pa.bool_()),
        ("log_odds", pa.float64()),
        ("log_odds_standard_error", pa.float64()),
        ("adjusted_odds_ratio", pa.float64()),
        ("adjusted_odds_ratio_lower", pa.float64()),
        ("adjusted_odds_ratio_upper", pa.float64()),
        ("model_count", pa.int64()),
        ("model_event_count", pa.int64()),
        ("status", pa.string()),
    ]
)
SUFFIX = "_bin"
EVENT = "is_event"
UNKNOWN = "Unknown"
THIN_CELL = 5
"""A bin with fewer events, or fewer units without one, has no stable odds."""
NON_EVENTS = 200_000
"""Most non-events that are fitted; leaving others out moves the intercept only."""
MINIMUM_EVENTS = 10
MINIMUM_DIFFERENCE = 1e-4
"""Squared distance, in units, of a bin from combinations of others below which it is one."""


@one_thread
def adjusted_odds(exposure: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return the odds ratio of each bin of each driver in one joint logit.

    Parameters
    ----------
    exposure : relation
        One row per exposed unit: ``is_event`` and, per driver, its bin as text in a column
        that ends in ``_bin``.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.

    Returns
    -------
    pyarrow.Table
        One row per driver and bin, sorted. ``status`` is ``ok``, ``reference``,
        ``insufficient_data`` (a thin bin, or too few events altogether), ``no_variation``
        (the driver has one bin) or ``not_identified`` (the bin is a combination of others).

    Notes
    -----
    Units in thin bins stay out of the model. With very many units every event and an evenly
    spaced part of the others are fitted: under such case-control sampling the odds ratios stay
    consistent and only the intercept moves (Prentice and Pyke 1979).

    References
    ----------
    Prentice, R. L. and Pyke, R. (1979). Logistic disease incidence models and case-control
    studies. *Biometrika*, 66(3), 403-411.
    """
    frame = to_pandas(exposure)
    drivers = sorted(name for name in frame.columns if name.endswith(SUFFIX))
    frame = frame.sort_values([*drivers, EVENT], kind="stable").reset_index(drop=True)
    rows = _bins(frame, drivers)
    event = frame[EVENT].to_numpy(dtype=bool)
    enough = min(event.sum(), (~event).sum()) >= MINIMUM_EVENTS
    rows["status"] = [_status(row, bool(enough)) for row in rows.to_dict("records")]
    if enough:
        _fit(frame, rows, norm.ppf(tails(float(confidence))[1]))
    rows["driver"] = rows["driver"].str.removesuffix(SUFFIX)
    return to_table(rows, SCHEMA)


def _bins(frame: pd.DataFrame, drivers: list[str]) -> pd.DataFrame:
    parts = []
    for driver in drivers:
        counted = frame.groupby(driver, observed=True)[EVENT].agg(["size", "sum"])
        known = counted[counted.index != UNKNOWN]
        reference = known["size"].idxmax() if len(known) else None
        part = counted.rename_axis("bin").reset_index()
        part.insert(0, "driver", driver)
        part["is_reference_bin"] = part["bin"] == reference
        part["is_thin"] = np.minimum(part["sum"], part["size"] - part["sum"]) < THIN_CELL
        # a driver that has no second bin to compare with
        part["is_alone"] = (~part["is_thin"]).sum() < 2 or bool(
            part.loc[part["is_reference_bin"], "is_thin"].any()
        )
        parts.append(part)
    columns = ["driver", "bin", "size", "sum", "is_reference_bin", "is_thin", "is_alone"]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    for name, _ in zip(SCHEMA.names, SCHEMA.types, strict=True):
        if name not in rows:
            rows[name] = None if name == "status" else np.nan
    return rows


def _status(row: dict[Any, Any], enough: bool) -> str:
    if row["is_alone"]:
        return "no_variation"
    if not enough or row["is_thin"]:
        return "insufficient_data"
    return "reference" if row["is_reference_bin"] else "ok"


def _fit(frame: pd.DataFrame, rows: pd.DataFrame, quantile: float) -> None:
    """Fill the estimates of `rows` in place."""
    thin = rows[rows["status"] == "insufficient_data"]
    keep = np.ones(len(frame), dtype=bool)
    for driver, own in thin.groupby("driver"):
        keep &= ~frame[driver].isin(own["bin"]).to_numpy()
    event = frame[EVENT].to_numpy(dtype=bool)
    others = np.flatnonzero(keep & ~event)
    step = max(1, -(-len(others) // NON_EVENTS))
    chosen = np.sort(np.concatenate([np.flatnonzero(keep & event), others[::step]]))
    outcome = event[chosen].astype(float)
    if min(outcome.sum(), (1 - outcome).sum()) < MINIMUM_EVENTS:
        rows.loc[rows["status"].isin(["ok", "reference"]), "status"] = "insufficient_data"
        return
    wanted = rows.index[rows["status"] == "ok"]
    columns = [
        frame[rows.loc[at, "driver"]].to_numpy()[chosen] == rows.loc[at, "bin"] for at in wanted
    ]
    design, counts = _cells(np.column_stack([np.ones(len(chosen), dtype=bool), *columns]), outcome)
    kept = _independent(design, counts.sum(axis=1))
    result = _logit(counts, design[:, kept])
    place = {column: at for at, column in enumerate(kept)}
    used = rows["status"].isin(["ok", "reference"])
    rows.loc[used, "model_count"] = len(chosen)
    rows.loc[used, "model_event_count"] = int(outcome.sum())
    reference = rows["status"] == "reference"
    rows.loc[reference, ["log_odds", "log_odds_standard_error"]] = 0.0
    rows.loc[reference, "adjusted_odds_ratio"] = 1.0
    for number, at in enumerate(wanted, start=1):
        error = result.bse[place[number]] if number in place else np.inf
        if not np.isfinite(error) or error > 10:
            rows.loc[at, "status"] = "not_identified"
            continue
        value = result.params[place[number]]
        rows.loc[at, ["log_odds", "log_odds_standard_error"]] = value, error
        rows.loc[
            at,
            ["adjusted_odds_ratio", "adjusted_odds_ratio_lower", "adjusted_odds_ratio_upper"],
        ] = np.exp([value, value - quantile * error, value + quantile * error])


def _logit(counts: np.ndarray[Any, Any], design: np.ndarray[Any, Any]) -> Any:
    """Fit events and non-events by Newton's method, or by reweighting where that goes astray.

    With a logit both take the same steps, but statsmodels solves a reweighted regression by a
    singular value decomposition of the whole design. One such step leads to where the others go.
    """
    model = GLM(counts, design, family=Binomial())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        for kind in (PerfectSeparationWarning, ConvergenceWarning, HessianInversionWarning):
            warnings.simplefilter("ignore", kind)
        result = model.fit(method="newton", max_start_irls=1, disp=False)
        if not (result.mle_retvals["converged"] and np.isfinite(result.bse).all()):
            result = model.fit()
    return result


def _cells(
    member: np.ndarray[Any, np.dtype[np.bool_]], outcome: np.ndarray[Any, np.dtype[np.float64]]
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Return the distinct rows of a design, and the events and non-events of each.

    The likelihood of the cells is that of their units, but for a constant.
    """
    packed = np.packbits(member, axis=1)
    words = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, cell = np.unique(words, return_index=True, return_inverse=True)
    events = np.bincount(cell, weights=outcome)
    return member[first].astype(float), np.column_stack([events, np.bincount(cell) - events])


def _independent(
    design: np.ndarray[Any, np.dtype[np.float64]], weights: np.ndarray[Any, np.dtype[np.float64]]
) -> list[int]:
    """Return the columns of a largest independent set, the intercept among them."""
    # the intercept is scaled up so that pivoting takes it first
    scaled = design.copy()
    scaled[:, 0] *= 10.0
    # what is left on the diagonal is how many units a column differs in from the ones before it
    _, pivot, rank, _ = dpstrf(scaled.T @ (scaled * weights[:, None]), tol=MINIMUM_DIFFERENCE)
    return sorted(int(column) - 1 for column in pivot[:rank])

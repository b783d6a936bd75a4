"""What moves the rating of a contact: the method of analytics_customer_satisfaction_drivers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import norm

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.ordered_logit import OrderedLogitFit, ordered_logit

RATINGS = (1, 2, 3, 4, 5)
COUNTS = tuple(f"rating_{rating}_count" for rating in RATINGS)
SCHEMA = pa.schema(
    [
        ("record_type", pa.string()),
        ("driver", pa.string()),
        ("driver_label", pa.string()),
        ("level", pa.string()),
        ("level_number", pa.int32()),
        ("is_reference", pa.bool_()),
        ("contact_count", pa.int64()),
        ("rated_count", pa.int64()),
        *((name, pa.int64()) for name in COUNTS),
        ("avg_rating_score", pa.float64()),
        ("avg_rating_score_lower", pa.float64()),
        ("avg_rating_score_upper", pa.float64()),
        ("rating_p25_score", pa.float64()),
        ("rating_p50_score", pa.float64()),
        ("rating_p75_score", pa.float64()),
        ("log_odds", pa.float64()),
        ("log_odds_standard_error", pa.float64()),
        ("odds_ratio", pa.float64()),
        ("odds_ratio_lower", pa.float64()),
        ("odds_ratio_upper", pa.float64()),
        ("p_value", pa.float64()),
        ("coverage_pct", pa.float64()),
        ("status", pa.string()),
        ("as_of_date", pa.date32()),
    ]
)
LABELS = {
    "resolution": "Matter resolved",
    "duration": "Minutes spent",
    "escalation": "Escalated",
    "channel": "Channel of the contact",
    "reason": "Reason of the contact",
}
ORDERS = {
    "resolution": ("Resolved", "Unresolved"),
    "duration": ("Below 5", "5 to 10", "10 to 20", "20 and more"),
    "escalation": ("Not escalated", "Escalated"),
}
UNKNOWN = "Unknown"
DOUBLING = "per doubling"
THIN_LEVEL = 10
"""A level with fewer rated contacts gets no odds ratio; its contacts stay out of the model."""
MINIMUM_RATED = 100
MOST_ROWS = 100_000
"""Rated contacts that are fitted at most, evenly spaced by number; ample for precision."""


@one_thread
def satisfaction_drivers(interactions: Any, clock: Any, *, confidence: float = 0.95) -> pa.Table:
    """Return odds ratios of a better rating per driver, and the raw ratings per level.

    Parameters
    ----------
    interactions : relation
        ``fact_customer_interactions``.
    clock : relation
        ``data_clock``; contacts after its ``as_of_date`` are left out.
    confidence : float, default 0.95
        Two-sided coverage of the intervals.

    Returns
    -------
    pyarrow.Table
        ``SCHEMA``. Effects are those of one ordered logit with all drivers in it, so each holds
        the others fixed. ``status`` of an effect: ``ok``; ``insufficient_data`` (fewer than
        100 rated contacts, or a thin level); ``no_variation`` (the driver, or the rating, has
        one value); ``not_identified`` (collinear, or no convergence).

    Notes
    -----
    Ratings come from those who chose to answer; the odds are theirs.
    """
    as_of = to_pandas(clock)["as_of_date"].iloc[0]
    frame = _prepare(to_pandas(interactions), as_of)
    quantile = float(norm.ppf(tails(float(confidence))[1]))
    rows = pd.DataFrame([*_effects(frame, quantile), *_cells(frame, quantile)])
    rows["as_of_date"] = None if pd.isna(as_of) else pd.Timestamp(as_of).date()
    rows["coverage_pct"] = round(100 * float(confidence), 6)
    rows["driver_label"] = rows["driver"].map(LABELS)
    for name in SCHEMA.names:
        if name not in rows:
            rows[name] = None
    rows = rows.sort_values(["record_type", "driver", "level_number"], kind="stable")
    return to_table(rows.reset_index(drop=True), SCHEMA)


def _prepare(contacts: pd.DataFrame, as_of: Any) -> pd.DataFrame:
    """Return contacts up to the clock with a column of levels per driver."""
    if pd.isna(as_of):
        contacts = contacts.iloc[:0]
    else:
        end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
        contacts = contacts[pd.to_datetime(contacts["interaction_at"]) < end]
    contacts = contacts.sort_values("interaction_id", kind="stable").reset_index(drop=True)
    minutes = pd.to_numeric(contacts["duration_minutes"]).astype("float64")
    rating = pd.to_numeric(contacts["satisfaction_score"]).astype("float64")
    bands = pd.cut(minutes, [0, 5, 10, 20, np.inf], right=False, labels=ORDERS["duration"])
    return pd.DataFrame(
        {
            "rating": rating.where(rating.isin(RATINGS)),
            "log_minutes": np.log2(minutes.where(minutes > 0)),
            "resolution": _flag(contacts["is_resolved"], "Resolved", "Unresolved"),
            "duration": bands.astype(object).where(bands.notna(), UNKNOWN),
            "escalation": _flag(contacts["is_escalated"], "Escalated", "Not escalated"),
            "channel": contacts["interaction_type"].fillna(UNKNOWN).astype(object),
            "reason": contacts["interaction_reason"].fillna(UNKNOWN).astype(object),
        }
    )


def _flag(values: pd.Series, yes: str, no: str) -> pd.Series:
    known = values.astype("boolean")
    words = known.map({True: yes, False: no}).astype(object)
    return words.where(known.notna(), UNKNOWN)


def _levels(frame: pd.DataFrame, driver: str) -> list[str]:
    """Return levels in order: as given, or the most frequent first; Unknown last."""
    present = set(frame[driver])
    if driver in ORDERS:
        ordered = [level for level in ORDERS[driver] if level in present]
    else:
        counts = frame[driver].value_counts()
        ordered = sorted(present - {UNKNOWN}, key=lambda level: (-counts[level], level))
    return ordered + ([UNKNOWN] if UNKNOWN in present else [])


def _effects(frame: pd.DataFrame, quantile: float) -> list[dict[str, Any]]:
    """Return a row per level but of duration, which has one row."""
    rated = frame[frame["rating"].notna()]
    rows = []
    for driver in LABELS:
        contact_counts = frame[driver].value_counts()
        levels = [DOUBLING] if driver == "duration" else _levels(frame, driver)
        for number, level in enumerate(levels or [UNKNOWN], start=1):
            doubling = driver == "duration"
            own = rated["log_minutes"].notna() if doubling else rated[driver] == level
            rows.append({
                "record_type": "effect",
                "driver": driver,
                "level": level,
                "level_number": number,
                "is_reference": not doubling and number == 1 and level != UNKNOWN,
                "contact_count": len(frame) if doubling else int(contact_counts.get(level, 0)),
                "rated_count": int(own.sum()),
            })  # fmt: skip
    _estimate(rated, rows, quantile)
    return rows


def _estimate(rated: pd.DataFrame, rows: list[dict[str, Any]], quantile: float) -> None:
    """Fill status and estimates of effect rows in place."""
    for row in rows:
        row["status"] = _status(row, rows, rated)
    if len(rated) < MINIMUM_RATED:
        return
    used = rated
    thin = [row for row in rows if row["status"] == "insufficient_data"]
    for row in thin:
        if row["driver"] != "duration":
            used = used[used[row["driver"]] != row["level"]]
    wanted = [row for row in rows if row["status"] == "ok" and not row["is_reference"]]
    if any(row["driver"] == "duration" for row in wanted):
        used = used[used["log_minutes"].notna()]
    used = used.iloc[:: max(1, -(-len(used) // MOST_ROWS))]
    design = [
        used["log_minutes"] if row["driver"] == "duration" else used[row["driver"]] == row["level"]
        for row in wanted
    ]
    fit = _fit(used, design)
    if fit is None:
        for row in rows:
            row["status"] = "not_identified" if row["status"] == "ok" else row["status"]
        return
    for row in rows:
        if row["is_reference"] and row["status"] == "ok":
            row["log_odds"], row["odds_ratio"] = 0.0, 1.0
    for row, value, error in zip(wanted, fit.coefficients, fit.standard_errors, strict=True):
        row["log_odds"], row["log_odds_standard_error"] = value, error
        row["odds_ratio"] = np.exp(value)
        row["odds_ratio_lower"] = np.exp(value - quantile * error)
        row["odds_ratio_upper"] = np.exp(value + quantile * error)
        row["p_value"] = 2 * norm.sf(abs(value / error))


def _status(row: dict[str, Any], rows: list[dict[str, Any]], rated: pd.DataFrame) -> str:
    if len(rated) < MINIMUM_RATED:
        return "insufficient_data"
    if rated["rating"].nunique() < 2:
        return "no_variation"
    if row["driver"] == "duration":
        if row["rated_count"] < MINIMUM_RATED:
            return "insufficient_data"
        known = rated["log_minutes"].dropna()
        return "ok" if known.max() > known.min() else "no_variation"
    own = [other for other in rows if other["driver"] == row["driver"]]
    full = [other for other in own if other["rated_count"] >= THIN_LEVEL]
    if not any(other["is_reference"] for other in full) or len(full) < 2:
        return "no_variation"
    return "ok" if row["rated_count"] >= THIN_LEVEL else "insufficient_data"


def _fit(used: pd.DataFrame, design: list[pd.Series]) -> OrderedLogitFit | None:
    if not design or len(used) < MINIMUM_RATED:
        return None
    predictors = np.column_stack([column.to_numpy(dtype=np.float64) for column in design])
    try:
        fit = ordered_logit(used["rating"].to_numpy(dtype=int), predictors)
    except (InvalidInputError, np.linalg.LinAlgError):
        return None
    return fit if fit.converged and (fit.standard_errors < 10).all() else None


def _cells(frame: pd.DataFrame, quantile: float) -> list[dict[str, Any]]:
    """Return the raw ratings of every level of every driver."""
    rows = []
    for driver in LABELS:
        for number, level in enumerate(_levels(frame, driver) or [UNKNOWN], start=1):
            own = frame[frame[driver] == level]
            ratings = own["rating"].dropna().to_numpy()
            row: dict[str, Any] = {
                "record_type": "cell",
                "driver": driver,
                "level": level,
                "level_number": number,
                "is_reference": False,
                "contact_count": len(own),
                "rated_count": len(ratings),
                "status": "ok" if len(ratings) >= THIN_LEVEL else "insufficient_data",
            }
            for rating, name in zip(RATINGS, COUNTS, strict=True):
                row[name] = int((ratings == rating).sum())
            if len(ratings):
                row["avg_rating_score"] = ratings.mean()
                for percent in (25, 50, 75):
                    row[f"rating_p{percent}_score"] = np.percentile(ratings, percent)
            if len(ratings) >= THIN_LEVEL:
                margin = quantile * ratings.std(ddof=1) / np.sqrt(len(ratings))
                row["avg_rating_score_lower"] = ratings.mean() - margin
                row["avg_rating_score_upper"] = ratings.mean() + margin
            rows.append(row)
    return rows

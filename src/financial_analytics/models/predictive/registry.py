"""The rows that a trained model has in `model_registry` and in `model_metrics`."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import expit

from financial_analytics.models.columns import DATE, DOUBLE, FLAG, LONG, TEXT, WHOLE, fields
from financial_analytics.models.predictive.windows import OUT_OF_TIME, SPLITS, TRAIN, VALIDATION
from financial_analytics.stats.calibration import (
    brier_score,
    calibration,
    kolmogorov_smirnov,
    population_stability,
)
from financial_analytics.stats.roc import Estimate, auc_interval

REGISTRY_SCHEMA = pa.schema(
    [
        *fields(["model_id", "model_name", "model_role", "model_kind", "target", "status"], TEXT),
        pa.field("is_served", FLAG),
        pa.field("horizon_months", WHOLE),
        *fields(["train_start_date", "train_end_date"], DATE),
        *fields(["validation_start_date", "validation_end_date"], DATE),
        *fields(["out_of_time_start_date", "out_of_time_end_date"], DATE),
        *fields(["train_count", "train_event_count"], LONG),
        *fields(["threshold_rate", "difference_statistic"], DOUBLE),
        *fields(["difference_statistic_lower", "difference_statistic_upper"], DOUBLE),
        *fields(["data_fingerprint", "code_fingerprint", "model_json"], TEXT),
    ]
)
METRIC_SCHEMA = pa.schema(
    [
        *fields(["model_id", "model_name", "model_role"], TEXT),
        *fields(["metric_name", "split_name", "segment_kind", "segment_name"], TEXT),
        *fields(["metric_value", "metric_lower", "metric_upper", "coverage_pct"], DOUBLE),
        *fields(["sample_count", "event_count"], LONG),
        pa.field("status", TEXT),
    ]
)
ALL = "All"
LEAST_EVENTS = 10
"""A metric of a group with fewer events, or fewer other rows, is withheld."""
METRICS = (
    *("auc", "gini", "ks", "brier", "calibration_intercept", "calibration_slope", "psi"),
    *("event_rate", "mean_probability"),
)


def data_fingerprint(frame: pd.DataFrame) -> str:
    """Return a hash of the values of a frame; its rows are in a fixed order.

    Examples
    --------
    >>> one = pd.DataFrame({"a": [1.0, 2.0]})
    >>> data_fingerprint(one) == data_fingerprint(one + 0.0), data_fingerprint(one + 1)[:0]
    (True, '')
    """
    total = hashlib.sha256()
    for name in sorted(frame.columns):
        total.update(str(name).encode())
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            plain = column.astype("float64")  # an engine's integer is another one's double
        else:
            plain = column.astype(object).where(column.notna(), None).map(str)
        total.update(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())
    return total.hexdigest()[:16]


def code_fingerprint(*modules: ModuleType | str) -> str:
    """Return a hash of the source of modules."""
    total = hashlib.sha256()
    for module in modules:
        found = sys.modules[module] if isinstance(module, str) else module
        total.update(inspect.getsource(found).encode())
    return total.hexdigest()[:16]


def model_id(name: str, role: str, data: str, code: str) -> str:
    """Return the id of one trained model: another one for other data or other code.

    Examples
    --------
    >>> model_id("churn", "champion", "0a" * 8, "ff" * 8)
    'churn-champion-0a0a0a0a-ffffffff'
    """
    return f"{name}-{role}-{data[:8]}-{code[:8]}"


def _probability_metrics(
    event: np.ndarray[Any, Any],
    probability: np.ndarray[Any, Any],
    reference: np.ndarray[Any, Any],
    clusters: np.ndarray[Any, Any],
    rng: np.random.Generator,
    confidence: float,
) -> dict[str, Estimate]:
    options: dict[str, Any] = {"clusters": clusters, "confidence": confidence}
    auc = auc_interval(event, probability, **options)
    intercept, slope = calibration(event, probability, **options)
    gini = Estimate(2 * auc.value - 1, 2 * auc.lower - 1, 2 * auc.upper - 1, 2 * auc.error)
    psi = population_stability(reference, probability, rng=rng, confidence=confidence)
    mean = float(probability.mean()) if len(probability) else np.nan
    zero = np.zeros(len(event))
    rate = brier_score(event, zero, **options)  # (event - 0) squared is the event
    return {
        "auc": auc,
        "gini": gini,
        "ks": kolmogorov_smirnov(event, probability, **options),
        "brier": brier_score(event, probability, **options),
        "calibration_intercept": intercept,
        "calibration_slope": slope,
        "psi": psi,
        "event_rate": rate,
        "mean_probability": Estimate(mean, mean, mean, 0.0),
    }


def groups_of(frame: pd.DataFrame, columns: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
    """Yield kind, name and mask of all rows, and of each value of some columns; unknown is one."""
    yield "all", ALL, np.ones(len(frame), dtype=bool)
    for column in columns:
        texts = frame[column].astype(object).where(frame[column].notna(), "Unknown").map(str)
        for name in sorted(texts.unique()):
            yield column, name, (texts == name).to_numpy()


def risk_metrics(
    frame: pd.DataFrame,
    log_odds: np.ndarray[Any, Any],
    *,
    target: str,
    split: str,
    entity: str,
    groups: Iterable[str] = (),
    seed: int = 20240,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the metrics of predicted log odds, by split and group, each with its interval.

    Parameters
    ----------
    frame : DataFrame, shape (n, k)
        Holds what happened (`target`), the split, the unit whose rows are not independent
        (`entity`), and the groups.
    log_odds : ndarray of float64, shape (n,)
    groups : iterable of str
        Columns; every value of each has rows of its own.

    Returns
    -------
    DataFrame
        ``metric_name, split_name, segment_kind, segment_name, metric_value, metric_lower,
        metric_upper, sample_count, event_count, status``. A group with fewer than 10 events, or
        10 rows without one, has ``insufficient_data`` and no values.
    """
    probability = np.asarray(expit(log_odds))
    event = frame[target].to_numpy(dtype=bool)
    splits = frame[split].to_numpy()
    units = frame[entity].to_numpy()
    rows: list[dict[str, Any]] = []
    for kind, name, member in groups_of(frame, groups):
        reference = probability[member & (splits == TRAIN)]
        for each in SPLITS:
            chosen = member & (splits == each)
            if not chosen.any():
                continue
            events, count = int(event[chosen].sum()), int(chosen.sum())
            enough = min(events, count - events) >= LEAST_EVENTS
            rng = np.random.default_rng([seed, len(rows)])
            found = (
                _probability_metrics(
                    event[chosen], probability[chosen], reference, units[chosen], rng, confidence
                )
                if enough
                else {}
            )
            for metric in METRICS:
                estimate = found.get(metric)
                rows.append(
                    {
                        "metric_name": metric,
                        "split_name": each,
                        "segment_kind": kind,
                        "segment_name": name,
                        "metric_value": estimate.value if estimate else np.nan,
                        "metric_lower": estimate.lower if estimate else np.nan,
                        "metric_upper": estimate.upper if estimate else np.nan,
                        "sample_count": count,
                        "event_count": events,
                        "status": "ok" if enough else "insufficient_data",
                    }
                )
    made = pd.DataFrame(rows, columns=_METRIC_COLUMNS)
    made["coverage_pct"] = 100 * confidence
    return made


_METRIC_COLUMNS = [
    *("metric_name", "split_name", "segment_kind", "segment_name", "metric_value"),
    *("metric_lower", "metric_upper", "sample_count", "event_count", "status"),
]


def window_dates(frame: pd.DataFrame, cut: str, split: str) -> dict[str, Any]:
    """Return first and last cut of each split, as columns of the registry."""
    found: dict[str, Any] = {}
    for each in (TRAIN, VALIDATION, OUT_OF_TIME):
        days = frame.loc[frame[split] == each, cut]
        found[f"{each}_start_date"] = days.min().date() if len(days) else None
        found[f"{each}_end_date"] = days.max().date() if len(days) else None
    return found

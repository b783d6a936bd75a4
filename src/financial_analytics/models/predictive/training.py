"""Trains a risk model on a relation of labelled cuts, and measures what it trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from financial_analytics.models.frames import to_pandas, to_table
from financial_analytics.models.predictive import registry
from financial_analytics.models.predictive.features import Feature
from financial_analytics.models.predictive.risk import RiskModel, fit_candidates
from financial_analytics.models.predictive.windows import SPLITS, overlap, split_of_cuts
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.roc import auc_difference, auc_interval

CODE = tuple(
    f"financial_analytics.{name}"
    for name in (
        *("models.predictive.features", "models.predictive.scorecard"),
        *("models.predictive.boosting", "models.predictive.risk", "models.predictive.windows"),
        *("models.predictive.training", "stats.calibration", "stats.roc"),
    )
)
CUT, SPLIT, EVENT, BAND = "cut_date", "split_name", "is_event", "grade"


@dataclass(frozen=True)
class RiskTask:
    """What is predicted, of whom, from what.

    Attributes
    ----------
    name : str
        Name of the model, ``churn``.
    target : str
        What happens, in words.
    entity : str
        Column of the unit's key.
    features : tuple of Feature
    groups : tuple of str
        Columns that metrics are shown by, too.
    bands : callable, optional
        Probabilities to names of bands; metrics are shown by `BAND`, too.
    miss_cost : float
        What an event that nobody acted on costs, in units of acting in vain: the threshold is
        where the expected costs of both are equal, ``1 / (1 + miss_cost)``.
    """

    name: str
    target: str
    entity: str
    features: tuple[Feature, ...]
    groups: tuple[str, ...] = ()
    bands: Callable[[Any], Any] | None = None
    miss_cost: float = 10.0

    @property
    def threshold(self) -> float:
        """Probability from which acting costs less than not acting.

        References
        ----------
        Elkan, C. (2001). The foundations of cost-sensitive learning. *IJCAI*.
        """
        return 1 / (1 + self.miss_cost)


def labelled(relation: Any, task: RiskTask, horizon_months: int) -> pd.DataFrame:
    """Return the labelled cuts in a fixed order, with the split of each."""
    frame = to_pandas(relation)
    frame[CUT] = pd.to_datetime(frame[CUT])
    frame = frame.sort_values([CUT, task.entity], ignore_index=True)
    splits = split_of_cuts(frame[CUT], horizon_months)
    frame[SPLIT] = frame[CUT].map(splits).astype(object)
    return frame


def _status(event: Any, odds: Any, units: Any, confidence: float) -> str:
    """Say whether a model ranks better than chance out of time."""
    if min(event.sum(), (~event).sum()) < registry.LEAST_EVENTS:
        return "insufficient_data"
    found = auc_interval(event, odds, clusters=units, confidence=confidence)
    return "ok" if found.lower > 0.5 else "not_fit_for_use"


@one_thread
def train_risk_model(
    relation: Any,
    task: RiskTask,
    *,
    horizon_months: int,
    seed: int = 20240,
    confidence: float = 0.95,
) -> pa.Table:
    """Return the rows of the registry of one task: champion and challenger, fitted.

    Parameters
    ----------
    relation : relation
        One row per unit and cut: key, ``cut_date``, ``is_event``, the features.
    task : RiskTask
    horizon_months : int
        Months after the cut in which the event counts.
    seed : int
    confidence : float, default 0.95

    Returns
    -------
    pyarrow.Table of `registry.REGISTRY_SCHEMA`
        The challenger is served only where it ranks better out of time by more than the
        interval of the paired difference; status is ``not_fit_for_use`` where the interval of
        the AUC out of time holds 0.5, ``insufficient_data`` where that cannot be said.
    """
    frame = labelled(relation, task, int(horizon_months))
    names = [task.entity, CUT, EVENT, *(feature.name for feature in task.features)]
    data = registry.data_fingerprint(frame[names])
    code = registry.code_fingerprint(*CODE)
    train, held, outside = (frame[frame[SPLIT] == each] for each in SPLITS)
    made = fit_candidates(
        train,
        held,
        target=EVENT,
        features=task.features,
        repeats=overlap(frame[CUT], int(horizon_months)),
        seed=int(seed),
    )
    event = outside[EVENT].to_numpy(dtype=bool)
    units = outside[task.entity].to_numpy()
    odds = [model.log_odds(outside) for model in made or ()]
    better = (
        auc_difference(event, odds[1], odds[0], clusters=units, confidence=float(confidence))
        if made
        else None
    )
    serves_challenger = better is not None and better.lower > 0
    rows = []
    for place, role in enumerate(("champion", "challenger")):
        model = made[place] if made else None
        rows.append(
            {
                "model_id": registry.model_id(task.name, role, data, code),
                "model_name": task.name,
                "model_role": role,
                "model_kind": ("scorecard", "boosting")[place],
                "target": task.target,
                "is_served": serves_challenger == (role == "challenger"),
                "status": _status(event, odds[place], units, float(confidence))
                if model
                else "insufficient_data",
                "horizon_months": int(horizon_months),
                **registry.window_dates(frame, CUT, SPLIT),
                "train_count": len(train),
                "train_event_count": int(train[EVENT].sum()),
                "threshold_rate": task.threshold,
                "difference_statistic": better.value if better else np.nan,
                "difference_statistic_lower": better.lower if better else np.nan,
                "difference_statistic_upper": better.upper if better else np.nan,
                "data_fingerprint": data,
                "code_fingerprint": code,
                "model_json": model.to_json() if model else None,
            }
        )
    return to_table(pd.DataFrame(rows), registry.REGISTRY_SCHEMA)


@one_thread
def measure_risk_model(
    models: Any,
    relation: Any,
    task: RiskTask,
    *,
    horizon_months: int,
    seed: int = 20240,
    confidence: float = 0.95,
) -> pa.Table:
    """Return the metrics of the models that `train_risk_model` fitted, by split and group.

    Returns
    -------
    pyarrow.Table of `registry.METRIC_SCHEMA`
    """
    trained = to_pandas(models).sort_values("model_role", ignore_index=True)
    frame = labelled(relation, task, int(horizon_months))
    parts = []
    for row in trained.to_dict("records"):
        if row["model_json"] is None:
            continue
        model = RiskModel.from_json(row["model_json"])
        groups = task.groups
        if task.bands is not None:
            frame[BAND] = task.bands(model.score(frame))
            groups = (*groups, BAND)
        part = registry.risk_metrics(
            frame,
            model.log_odds(frame),
            target=EVENT,
            split=SPLIT,
            entity=task.entity,
            groups=groups,
            seed=int(seed),
            confidence=float(confidence),
        )
        part["model_id"], part["model_name"], part["model_role"] = (
            row[name] for name in ("model_id", "model_name", "model_role")
        )
        parts.append(part)
    made = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[])
    for name in registry.METRIC_SCHEMA.names:
        if name not in made:
            made[name] = None
    return to_table(made, registry.METRIC_SCHEMA)


def served_model(models: Any) -> tuple[dict[str, Any], RiskModel | None]:
    """Return the row of the served model and the model; None where none could be trained."""
    trained = to_pandas(models)
    is_served = trained["is_served"].astype(bool)
    row = {str(name): value for name, value in trained[is_served].iloc[0].items()}
    text = row["model_json"]
    return row, None if text is None else RiskModel.from_json(text)

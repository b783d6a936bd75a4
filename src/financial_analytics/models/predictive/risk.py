"""A risk model on any frame: fit, score, reasons, JSON. Public and typed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from financial_analytics.errors import InvalidInputError
from financial_analytics.models.frames import need_columns
from financial_analytics.models.predictive.boosting import Boosting, fit_boosting
from financial_analytics.models.predictive.features import Feature
from financial_analytics.models.predictive.scorecard import Scorecard, fit_scorecard, points
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.calibration import calibration, fit_logit

Floats = NDArray[np.float64]
Role = Literal["champion", "challenger"]
FORMAT = 1
MOST_ROWS = 250_000
"""Most rows that are fitted: all events, and an even part of the others at more weight."""
LEAST_EVENTS = 30
"""With fewer events in training, or fewer other rows, nothing is fitted."""
LEAST_VALIDATED = 30
"""With fewer events in validation the probabilities are left as fitted."""
REASONS = 4


@dataclass(frozen=True)
class RiskModel:
    """A fitted, calibrated model of a yes-or-no outcome.

    Attributes
    ----------
    role : {"champion", "challenger"}
    machine : Scorecard or Boosting
    calibration : tuple of float
        Intercept and slope that the log odds go through.
    reference : tuple of float
        Mean contribution of each feature in training: reasons are told against it.
    """

    role: Role
    machine: Scorecard | Boosting
    calibration: tuple[float, float] = (0.0, 1.0)
    reference: tuple[float, ...] = ()

    @property
    def kind(self) -> str:
        """What the model is, in a word."""
        return "scorecard" if isinstance(self.machine, Scorecard) else "boosting"

    @property
    def features(self) -> tuple[Feature, ...]:
        """Features that are scored."""
        if isinstance(self.machine, Scorecard):
            return tuple(bins.feature for bins in self.machine.bins)
        return self.machine.features

    def log_odds(self, frame: pd.DataFrame) -> Floats:
        """Return calibrated log odds, shape (n,)."""
        need_columns(frame, *(feature.name for feature in self.features))
        intercept, slope = self.calibration
        return intercept + slope * self.machine.log_odds(frame)

    @one_thread
    def score(self, frame: pd.DataFrame) -> Floats:
        """Return the probability of the outcome for each row, shape (n,).

        Raises
        ------
        InvalidInputError
            If a column is missing. Unknown values are scored as unknown, unseen levels as other.
        """
        return np.asarray(expit(self.log_odds(frame)))

    def points(self, frame: pd.DataFrame) -> Floats:
        """Return scorecard points, shape (n,): 600 are odds of 50 to 1 against."""
        return points(self.log_odds(frame))

    @one_thread
    def reasons(self, frame: pd.DataFrame, count: int = REASONS) -> NDArray[np.object_]:
        """Return what raises each row's risk most above the average row's, in words.

        Returns
        -------
        ndarray of object, shape (n, count)
            Largest first; None where fewer features raise the risk. Only scored features.
        """
        above = self.machine.contributions(frame) - np.asarray(self.reference)
        said = self.machine.names(frame)
        found = np.full((len(frame), count), None, dtype=object)
        if not said:
            return found
        order = np.argsort(-above, axis=1, kind="stable")[:, :count]
        texts = np.column_stack(said)
        rows = np.arange(len(frame))[:, None]
        top = texts[rows, order]
        top[above[rows, order] <= 1e-9] = None
        found[:, : top.shape[1]] = top
        return found

    def importances(self, frame: pd.DataFrame) -> dict[str, float]:
        """Return each feature's mean absolute contribution in log odds, largest first."""
        above = np.abs(self.machine.contributions(frame) - np.asarray(self.reference))
        means = above.mean(axis=0) if len(frame) else np.zeros(above.shape[1])
        pairs = zip([feature.name for feature in self.features], means.tolist(), strict=True)
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def to_json(self) -> str:
        """Return the whole model, preprocessing included, as JSON text."""
        plain = {
            "format": FORMAT,
            "role": self.role,
            "kind": self.kind,
            "calibration": list(self.calibration),
            "reference": list(self.reference),
            "machine": self.machine.to_plain(),
        }
        return json.dumps(plain, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RiskModel:
        """Return the model that `to_json` wrote: it scores the same to the last bit.

        Raises
        ------
        InvalidInputError
            If the text is of another format.
        """
        plain = json.loads(text)
        if plain.get("format") != FORMAT:
            raise InvalidInputError(
                f"a model of format {plain.get('format')!r}; this version reads {FORMAT}",
                hint="train it again: fa train",
            )
        kind: type[Scorecard] | type[Boosting] = (
            Scorecard if plain["kind"] == "scorecard" else Boosting
        )
        first, second = plain["calibration"]
        return cls(
            plain["role"],
            kind.from_plain(plain["machine"]),
            (float(first), float(second)),
            tuple(plain["reference"]),
        )


def sampled(event: NDArray[np.bool_], most: int = MOST_ROWS) -> tuple[NDArray[np.int64], Floats]:
    """Return rows to fit on and the rows each stands for: all events, an even part of the others.

    Examples
    --------
    >>> rows, weight = sampled(np.array([True, False, False, False, False]), most=3)
    >>> rows.tolist(), weight.tolist()
    ([0, 1, 3], [1.0, 2.0, 2.0])
    """
    others = np.flatnonzero(~event)
    room = max(most - int(event.sum()), 1)
    step = max(1, -(-len(others) // room))
    kept = others[::step]
    rows = np.sort(np.concatenate([np.flatnonzero(event), kept]))
    weight = np.where(event[rows], 1.0, len(others) / max(len(kept), 1))
    return rows, weight


def _calibrated(model: RiskModel, frame: pd.DataFrame, event: NDArray[np.bool_]) -> RiskModel:
    """Correct the level on validation; the slope only where it is not 1 beyond chance."""
    if min(event.sum(), (~event).sum()) < LEAST_VALIDATED:
        return model
    raw = model.machine.log_odds(frame)
    level, slope = calibration(event, expit(raw))
    if slope.lower <= 1 <= slope.upper or np.isnan(slope.value) or slope.value <= 0:
        return replace(model, calibration=(level.value, 1.0))
    design = np.column_stack([np.ones(len(raw)), raw])
    intercept, factor = fit_logit(design, event.astype(np.float64))
    return replace(model, calibration=(float(intercept), float(factor)))


@one_thread
def fit_candidates(
    train: pd.DataFrame,
    validation: pd.DataFrame,
    *,
    target: str,
    features: Sequence[Feature],
    repeats: float = 1.0,
    seed: int = 20240,
) -> tuple[RiskModel, RiskModel] | None:
    """Fit the champion (a logit scorecard) and the challenger (boosted trees) on a frame.

    Parameters
    ----------
    train, validation : DataFrame
        Rows in a fixed order. Both hold the features and the target; `validation` may be empty.
    target : str
        Column of booleans: what happened. No unknown.
    features : sequence of Feature
    repeats : float
        Rows that tell of one event, where outcomes of a unit's rows overlap: rows count as so
        many fewer when bins are cut, tested and shrunk.
    seed : int

    Returns
    -------
    tuple of RiskModel, or None
        None where `train` has fewer than 30 events, or fewer than 30 rows without one.
    """
    need_columns(train, target, *(feature.name for feature in features))
    event = train[target].to_numpy(dtype=bool)
    if min(event.sum(), (~event).sum()) < LEAST_EVENTS:
        return None
    rows, weight = sampled(event)
    part = train.iloc[rows]
    machines: tuple[Scorecard | Boosting, ...] = (
        fit_scorecard(part, features, event[rows], weight, repeats),
        fit_boosting(part, features, event[rows], weight, repeats=repeats, seed=seed),
    )
    held = validation[target].to_numpy(dtype=bool)
    roles: tuple[Role, Role] = ("champion", "challenger")
    made = []
    for role, machine in zip(roles, machines, strict=True):
        mean = np.average(machine.contributions(part), axis=0, weights=weight)
        model = RiskModel(role, machine, reference=tuple(np.atleast_1d(mean).tolist()))
        made.append(_calibrated(model, validation, held))
    return made[0], made[1]

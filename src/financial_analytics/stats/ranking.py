"""How well a score ranks events before others: ROC, precision and recall, and the area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import NAN, Floats, Inference


@dataclass(frozen=True)
class ScoreCurve:
    """What each threshold catches, from the highest score down.

    Attributes
    ----------
    threshold : ndarray of float64, shape (k,)
        Distinct scores, falling; an observation with this score or more is flagged.
    true_positives, false_positives : ndarray of float64, shape (k,)
        Events and non-events flagged.
    events, others : float
        Totals.
    """

    threshold: Floats
    true_positives: Floats
    false_positives: Floats
    events: float
    others: float

    @property
    def recall(self) -> Floats:
        """Share of the events that is flagged."""
        return self.true_positives / self.events if self.events else self.true_positives * np.nan

    @property
    def false_positive_rate(self) -> Floats:
        """Share of the others that is flagged."""
        return self.false_positives / self.others if self.others else self.false_positives * np.nan

    @property
    def precision(self) -> Floats:
        """Share of the flagged that is an event."""
        return self.true_positives / (self.true_positives + self.false_positives)

    @property
    def average_precision(self) -> float:
        """Precision, weighted by the recall that each threshold adds; NaN without events."""
        if not self.events:
            return NAN
        return float((np.diff(self.recall, prepend=0.0) * self.precision).sum())


def score_curve(
    scores: ArrayLike, events: ArrayLike, weights: ArrayLike | None = None
) -> ScoreCurve:
    """Return what each threshold of a score catches.

    Parameters
    ----------
    scores : array_like of float, shape (n,)
        Higher is likelier an event. Rows with a NaN are left out.
    events : array_like of bool or 0/1, shape (n,)
        Whether it was one; NaN is unknown and left out.
    weights : array_like of float, shape (n,), optional
        How many observations a row stands for.

    Raises
    ------
    InvalidInputError
        If shapes differ, an event is neither 0 nor 1, or a weight is negative.

    Examples
    --------
    >>> curve = score_curve([0.9, 0.8, 0.8, 0.1], [1, 1, 0, 0])
    >>> curve.recall.tolist(), curve.false_positive_rate.tolist()
    ([0.5, 1.0, 1.0], [0.0, 0.5, 1.0])
    """
    value, event = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=np.float64)
    weight = np.ones(value.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if value.ndim != 1 or value.shape != event.shape or value.shape != weight.shape:
        raise InvalidInputError(
            f"scores, events and weights have shapes {value.shape}, {event.shape}, {weight.shape}",
            hint="give three arrays of one length",
        )
    keep = np.isfinite(value) & np.isfinite(event) & np.isfinite(weight)
    value, event, weight = value[keep], event[keep], weight[keep]
    if not np.isin(event, (0, 1)).all() or (weight < 0).any():
        raise InvalidInputError(
            "an event is neither 0 nor 1, or a weight is negative",
            hint="events are 0 or 1, weights are counts",
        )
    threshold, place = np.unique(-value, return_inverse=True)
    positives = np.bincount(place, weight * event, len(threshold))
    negatives = np.bincount(place, weight * (1 - event), len(threshold))
    return ScoreCurve(
        -threshold,
        np.cumsum(positives),
        np.cumsum(negatives),
        float(positives.sum()),
        float(negatives.sum()),
    )


def counted_auc(
    scores: ArrayLike,
    events: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Inference:
    """Return `roc.auc_interval` of counted rows, and the test that the area is one half.

    Parameters are those of `score_curve`. The weights are counts: the result is that of the rows
    written out as often, without writing them out. The effect size is the area itself.

    Notes
    -----
    Ties count half; bounds are made on the logit scale. Without two events and two others the
    interval is NaN; where the score tells them apart without error it has no width.

    References
    ----------
    DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988), as in `roc`.

    Examples
    --------
    >>> found = counted_auc([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0], [2, 1, 2, 1])
    >>> found.estimate, found.n
    (1.0, 6)
    """
    curve = score_curve(scores, events, weights)
    events_here = np.diff(curve.true_positives, prepend=0.0)
    others_here = np.diff(curve.false_positives, prepend=0.0)
    size = int(curve.events + curve.others)
    if not curve.events or not curve.others:
        return Inference(size)
    # placement of an event among the others, and of another among the events
    below = (curve.others - curve.false_positives + others_here / 2) / curve.others
    above = (curve.true_positives - events_here / 2) / curve.events
    area = float((events_here * below).sum() / curve.events)
    if curve.events < 2 or curve.others < 2:
        return Inference(size, area, effect_size=area)
    variance = (events_here * (below - area) ** 2).sum() / (curve.events - 1) / curve.events
    variance += (others_here * (above - area) ** 2).sum() / (curve.others - 1) / curve.others
    error = float(np.sqrt(variance))
    if error == 0:
        return Inference(size, area, area, area, effect_size=area)
    lower, upper = _logit_bounds(area, error / (area * (1 - area)), confidence)
    statistic = (area - 0.5) / error
    p_value = float(2 * stats.norm.sf(abs(statistic)))
    return Inference(size, area, lower, upper, statistic, NAN, p_value, area, lower, upper)


def _logit_bounds(share: float, error: float, confidence: float) -> tuple[float, float]:
    """Return the bounds of a share whose logit has this standard error."""
    centre = np.log(share / (1 - share))
    margin = float(stats.norm.ppf(tails(confidence)[1])) * error
    return float(1 / (1 + np.exp(margin - centre))), float(1 / (1 + np.exp(-margin - centre)))


def average_precision_interval(
    value: float, events: float, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of an average precision on the logit scale.

    References
    ----------
    Boyd, K., Eng, K. H. and Page, C. D. (2013). Area under the precision-recall curve: point
    estimates and confidence intervals. *ECML PKDD*, 451-466.

    Examples
    --------
    >>> lower, upper = average_precision_interval(0.6, 100)
    >>> print(f"{lower:.2f} to {upper:.2f}")
    0.50 to 0.69
    """
    if not 0 < value < 1 or events < 1:
        return NAN, NAN
    return _logit_bounds(value, 1 / np.sqrt(events * value * (1 - value)), confidence)


def recall_at(curve: ScoreCurve, false_positive_rate: float) -> tuple[float, int]:
    """Return the recall of the lowest threshold within a false positive rate, and its place.

    Zero and -1 where even the highest score flags too many; NaN without events or others.

    Examples
    --------
    >>> recall_at(score_curve([0.9, 0.8, 0.8, 0.1], [1, 1, 0, 0]), 0.1)
    (0.5, 0)
    """
    if not curve.events or not curve.others:
        return NAN, -1
    # rates are quotients of counts: a tiny tolerance, or 1 % of 300 would not be 3
    within = np.flatnonzero(curve.false_positive_rate <= false_positive_rate + 1e-12)
    return (float(curve.recall[within[-1]]), int(within[-1])) if len(within) else (0.0, -1)


def cheapest(curve: ScoreCurve, *, miss_cost: float, alarm_cost: float) -> tuple[Floats, int]:
    """Return the cost of each threshold, and the place of the cheapest (-1: flag nobody).

    Parameters
    ----------
    curve : ScoreCurve
    miss_cost : float
        What an event that is not flagged costs.
    alarm_cost : float
        What flagging costs, be it an event or not.

    Examples
    --------
    >>> curve = score_curve([0.9, 0.8, 0.8, 0.1], [1, 1, 0, 0])
    >>> cheapest(curve, miss_cost=10, alarm_cost=1)
    (array([11.,  3.,  4.]), 1)
    """
    cost = (curve.events - curve.true_positives) * miss_cost + (
        curve.true_positives + curve.false_positives
    ) * alarm_cost
    if not len(cost) or curve.events * miss_cost < cost.min():
        return cost, -1
    return cost, int(np.argmin(cost))

"""Counts before and after events that reach few places: ratios of ratios, errors by event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import expit

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.causal.effect import CausalEffect
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import Floats

LEAST_EVENTS = 5
"""Events below which leaving one out says little of what chance does."""
MOST_STEPS = 50
MOST = 8.0
"""Logarithm of a ratio that no data of counts tell from one without end."""

Fit = tuple[Floats, Floats]


def event_ratios(
    count: ArrayLike,
    exposure: ArrayLike,
    *,
    is_after: ArrayLike,
    dose: ArrayLike,
    stratum: ArrayLike,
    event: ArrayLike,
    confidence: float = 0.95,
) -> list[CausalEffect]:
    """Return the logarithm of how many times as often something happens, per unit of each dose.

    Within a stratum, what is counted after over before, per exposure, is compared between those
    whom the event gave a dose and those whom it did not (dose 0): a difference in differences of
    logarithms, estimated by conditional maximum likelihood of Poisson counts.

    Parameters
    ----------
    count, exposure : array_like of float, shape (n,)
        What is counted, and over how much time and units; rows without exposure are left out.
    is_after : array_like of bool, shape (n,)
    dose : array_like of float, shape (n, doses)
        What the event changes for these units, the same before and after; 0 for controls.
    stratum, event : array_like, shape (n,)
        Who is compared with whom; which event it belongs to. A stratum belongs to one event.
    confidence : float, default 0.95

    Returns
    -------
    list of CausalEffect, one per dose
        `n`, `treated` and `control` are counts of events counted. Diagnostics: ``events``, that
        informed it. Not identified with fewer than 5 events or where one of them decides.

    Raises
    ------
    InvalidInputError
        If shapes differ, a count or exposure is negative, or a stratum has two events.

    Notes
    -----
    The error is that of leaving out one event after the other (a cluster jackknife: MacKinnon,
    Nielsen and Webb 2023), or that of Poisson counts where it is larger, with quantiles of t for
    so many events: whatever is correlated around a branch is in its error, in space and in time.

    References
    ----------
    MacKinnon, J. G., Nielsen, M. Ø. and Webb, M. D. (2023). Cluster-robust inference: a guide to
    empirical practice. *Journal of Econometrics*, 232(2), 272-299.

    Examples
    --------
    >>> rows = [(s, after, dose) for s in range(8) for after in (0, 1) for dose in (0, 1)]
    >>> s, after, dose = np.array(rows).T
    >>> count = 100 + s - 50 * after * dose
    >>> effect, = event_ratios(count, np.ones(32), is_after=after, dose=dose[:, None], stratum=s,
    ...                        event=s)
    >>> round(effect.estimate, 2)
    -0.66
    """
    table = _table(count, exposure, is_after, dose, stratum, event)
    doses = sum(1 for name in table if str(name).startswith("dose"))
    units = _paired(table, doses)
    none = CausalEffect(n=int(units["total"].sum()) if len(units) else 0)
    fit = _fit(units, doses)
    if fit is None:
        return [none] * doses
    events = pd.unique(units["event"])
    weights = units[[f"dose{place}" for place in range(doses)]].to_numpy()
    numbers = [len(set(units["event"][weights[:, place] != 0])) for place in range(doses)]
    if min(numbers) < LEAST_EVENTS:
        return [none] * doses
    left_out = [_fit(units[units["event"] != name], doses) for name in events]
    if any(item is None for item in left_out):
        return [none] * doses
    value, error = fit
    others = np.array([item[0] for item in left_out if item is not None])
    g = len(events)
    jackknife = np.sqrt((g - 1) / g * ((others - value) ** 2).sum(axis=0))
    error = np.maximum(jackknife, error)
    made = []
    for place in range(doses):
        freedom = numbers[place] - 1
        margin = float(stats.t.ppf(tails(confidence)[1], freedom)) * error[place]
        own = weights[:, place] != 0
        made.append(
            CausalEffect(
                float(value[place]),
                float(value[place] - margin),
                float(value[place] + margin),
                float(error[place]),
                float(2 * stats.t.sf(abs(value[place]) / error[place], freedom)),
                int(units["total"].sum()),
                int(units["total"][own].sum()),
                int(units["total"][(weights == 0).all(axis=1)].sum()),
                {"events": float(numbers[place]), "degrees_of_freedom": float(freedom)},
            )
        )
    return made


def _table(
    count: ArrayLike,
    exposure: ArrayLike,
    is_after: ArrayLike,
    dose: ArrayLike,
    stratum: ArrayLike,
    event: ArrayLike,
) -> pd.DataFrame:
    """Return the rows with exposure as a frame."""
    x = np.asarray(dose, dtype=np.float64)
    y, time = np.asarray(count, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    rest = [np.asarray(item) for item in (is_after, stratum, event)]
    if x.ndim != 2 or any(item.shape != (len(x),) for item in (y, time, *rest)):
        raise InvalidInputError(
            f"the shapes are {y.shape}, {time.shape} and {x.shape}",
            hint="give one row of doses, one count and one exposure per cell",
        )
    if not (np.isfinite(y).all() and np.isfinite(time).all() and np.isfinite(x).all()):
        raise InvalidInputError("a value is NaN or infinite", hint="leave its row out")
    if (y < 0).any() or (time < 0).any():
        raise InvalidInputError("a count or an exposure is negative", hint="give counts from 0 on")
    table = pd.DataFrame({"count": y, "exposure": time, "after": rest[0].astype(bool),
                          "stratum": rest[1], "event": rest[2]})  # fmt: skip
    for place, column in enumerate(x.T):
        table[f"dose{place}"] = column
    if len(table[["stratum", "event"]].drop_duplicates()) > table["stratum"].nunique():
        raise InvalidInputError("a stratum has two events", hint="compare within one event")
    return table[table["exposure"] > 0]


def _paired(table: pd.DataFrame, doses: int) -> pd.DataFrame:
    """Return groups of a stratum with counts before and after; those that tell something."""
    keys = ["stratum", "event", *(f"dose{place}" for place in range(doses))]
    before, later = (
        table[table["after"] == flag].groupby(keys, sort=True)[["count", "exposure"]].sum()
        for flag in (False, True)
    )
    names = {"count_b": "before", "count_l": "later", "exposure_b": "time_before",
             "exposure_l": "time_later"}  # fmt: skip
    wide = before.join(later, how="inner", lsuffix="_b", rsuffix="_l").rename(columns=names)
    wide = wide.reset_index()
    wide["total"] = wide["before"] + wide["later"]
    wide = wide[wide["total"] > 0]
    is_control = (wide[keys[2:]] == 0).all(axis=1)
    told = is_control & (wide["before"] > 0) & (wide["later"] > 0)
    both = set(wide.loc[told, "stratum"]) & set(wide.loc[~is_control, "stratum"])
    return wide[wide["stratum"].isin(both)].reset_index(drop=True)


def _fit(units: pd.DataFrame, doses: int) -> Fit | None:
    """Return the effects and their errors as of Poisson counts; None where not identified.

    Given how often it happens to a group at all, how much of that comes after is binomial: its
    logit is that of the stratum plus the effects. Newton's method; what belongs to one stratum
    alone is eliminated, so that thousands of them are no harm.
    """
    if units.empty:
        return None
    code, names = pd.factorize(units["stratum"])
    x = units[[f"dose{place}" for place in range(doses)]].to_numpy(dtype=np.float64)
    later, total = (units[name].to_numpy(dtype=np.float64) for name in ("later", "total"))
    shift = np.log(units["time_later"].to_numpy() / units["time_before"].to_numpy())

    def sums(values: Floats) -> Floats:
        return np.column_stack([np.bincount(code, item, len(names)) for item in values.T])

    common, value = np.zeros(len(names)), np.zeros(doses)
    for _ in range(MOST_STEPS):
        share = expit(common[code] + x @ value + shift)
        rest, weight = later - total * share, total * share * (1 - share)
        own, cross = np.bincount(code, weight, len(names)), sums(weight[:, None] * x)
        if not (own > 0).all():
            return None
        gradient = np.bincount(code, rest, len(names))
        information = (x * weight[:, None]).T @ x - cross.T @ (cross / own[:, None])
        scale = np.sqrt(np.maximum(np.diag(information), 0))
        if not (scale > 0).all() or np.linalg.cond(information / np.outer(scale, scale)) > 1e10:
            return None
        step = np.linalg.solve(information, x.T @ rest - cross.T @ (gradient / own))
        move = (gradient - cross @ step) / own
        damping = min(1.0, 2 / max(np.abs(step).max(), np.abs(move).max(), 1e-300))
        value, common = value + damping * step, common + damping * move
        if np.abs(value).max() > MOST:
            return None
        if max(np.abs(step).max(), np.abs(move).max()) < 1e-9:
            return value, np.sqrt(np.diag(np.linalg.inv(information)))
    return None


def band_doses(
    before: Sequence[str] | NDArray[np.object_], now: Sequence[str] | NDArray[np.object_],
    bands: Sequence[str],
) -> Floats:  # fmt: skip
    """Return what a change of band does, against the first band: into one 1, out of one -1.

    Examples
    --------
    >>> band_doses(["near", "far", "far"], ["far", "middle", "far"], ("near", "middle", "far"))
    array([[ 0.,  1.],
           [ 1., -1.],
           [ 0.,  0.]])
    """
    first, last = np.asarray(before, dtype=object), np.asarray(now, dtype=object)
    columns = [(last == band).astype(float) - (first == band).astype(float) for band in bands[1:]]
    return np.column_stack(columns) if columns else np.empty((len(first), 0))

"""Group-time effects of a treatment that units take up at different times (staggered roll-out)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import factorial, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.causal.effect import CausalEffect
from financial_analytics.stats.coverage import tails
from financial_analytics.stats.inference import NAN, Floats

NEVER = np.iinfo(np.int64).max
"""Start of a unit that is not treated in the periods seen."""
FEW_CLUSTERS = 20
LEAST_IN_A_COHORT = 5
"""Clusters of a cohort below which its spread cannot be told from its own members."""
DRAWS = 2_000
ARRANGEMENTS = 1_000
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class StaggeredEffects:
    """What a staggered roll-out did.

    Attributes
    ----------
    overall : CausalEffect
        Mean over treated units and their periods; `treated` and `control` count units that are
        ever and never treated.
    group, period, group_effect : ndarray, shape (cells,)
        Effect on the units that start in `group`, in `period`, both as places in the columns.
    event, event_effect, event_lower, event_upper : ndarray, shape (events,)
        Mean by periods since the start, with a band that holds all of them at once. Events that
        fewer than half of the treated units have are left out; -1 is the base and 0.
    pretrend_p_value : float
        That no unit moved before its start; NaN where there are not two periods before it.
    two_way : float
        Coefficient of two-way fixed effects, which weighs some cells negatively: a benchmark.
    clusters : int
    is_few : bool
        Whether the interval comes from other arrangements of the starts instead of clusters'
        deviations.
    """

    overall: CausalEffect = field(default_factory=CausalEffect)
    group: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    period: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    group_effect: Floats = field(default_factory=lambda: np.zeros(0))
    event: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    event_effect: Floats = field(default_factory=lambda: np.zeros(0))
    event_lower: Floats = field(default_factory=lambda: np.zeros(0))
    event_upper: Floats = field(default_factory=lambda: np.zeros(0))
    pretrend_p_value: float = NAN
    two_way: float = NAN
    clusters: int = 0
    is_few: bool = False


@dataclass(frozen=True)
class _Layout:
    """Which cells there are and how they are summed: the same for every arrangement."""

    cohorts: Ints
    size: Floats
    group: Ints
    period: Ints
    weight: Floats
    event: Ints
    by_event: Floats
    overall: Floats


def _cells(y: Floats, start: Ints, cohorts: Ints) -> Floats:
    """Return the effect of each cohort in each period, shape (cohorts, periods)."""
    out = np.full((len(cohorts), y.shape[1]), NAN)
    time = np.arange(y.shape[1])
    for row, g in enumerate(cohorts.tolist()):
        moved = y - y[:, [g - 1]]
        mine = start == g
        other = ~mine[:, None] & (start[:, None] > np.maximum(time, g - 1))
        count = other.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[row] = moved[mine].mean(axis=0) - (moved * other).sum(axis=0) / count
    return out


def _layout(start: Ints, periods: int) -> _Layout:
    cohorts = np.unique(start[start < NEVER])
    size = np.array([(start == g).sum() for g in cohorts], dtype=np.float64)
    time = np.arange(periods)
    last = np.array([np.sort(start[start != g])[-1] for g in cohorts])
    seen = np.maximum(time, cohorts[:, None] - 1) < last[:, None]
    row, period = np.nonzero(seen)
    since = period - cohorts[row]
    after = since >= 0
    events, counts = [], []
    for e in np.unique(since).tolist():
        weight = np.where(since == e, size[row], 0.0)
        if weight.sum() >= size.sum() / 2:
            events.append(e)
            counts.append(weight / weight.sum())
    overall = np.where(after, size[row], 0.0)
    return _Layout(
        cohorts, size, row, period, size[row], np.array(events, dtype=np.int64),
        np.array(counts).reshape(len(events), len(row)),
        overall / overall.sum() if overall.any() else overall,
    )  # fmt: skip


def _two_way(y: Floats, start: Ints) -> float:
    d = (np.arange(y.shape[1]) >= start[:, None]).astype(float)
    d = d - d.mean(axis=0) - d.mean(axis=1, keepdims=True) + d.mean()
    return float((d * y).sum() / (d * d).sum()) if (d * d).sum() > 1e-12 else NAN


def _influence(y: Floats, start: Ints, plan: _Layout) -> Floats:
    """Return each unit's influence on each cell, shape (units, cells); their sums are 0."""
    out = np.zeros((len(y), len(plan.group)))
    for cell, (row, t) in enumerate(zip(plan.group.tolist(), plan.period.tolist(), strict=True)):
        g = int(plan.cohorts[row])
        moved = y[:, t] - y[:, g - 1]
        mine = start == g
        other = ~mine & (start > max(t, g - 1))
        out[mine, cell] = (moved[mine] - moved[mine].mean()) / mine.sum()
        out[other, cell] = -(moved[other] - moved[other].mean()) / other.sum()
    return out


def _arrangements(start: Ints, rng: np.random.Generator) -> Ints:
    """Return who could have started when, shape (arrangements, clusters), the seen one first.

    Every arrangement, or a draw where there are many.
    """
    counts = np.unique(start, return_counts=True)[1]
    many = factorial(len(start)) // prod(factorial(int(count)) for count in counts)
    if many > ARRANGEMENTS:
        drawn = [start, *(rng.permutation(start) for _ in range(ARRANGEMENTS - 1))]
        return np.array(drawn)
    seen = start.tolist()
    return np.array([seen, *(way for way in _ways(start) if way != seen)])


def _ways(values: Ints) -> Iterator[list[int]]:
    """Yield every order of values with ties, each once."""
    if not len(values):
        yield []
        return
    for value in np.unique(values).tolist():
        rest = np.delete(values, int(np.flatnonzero(values == value)[0]))
        for tail in _ways(rest):
            yield [value, *tail]


def group_time_effects(
    outcome: ArrayLike,
    start: ArrayLike,
    *,
    rng: np.random.Generator,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> StaggeredEffects:
    """Return group-time effects against units not yet treated, and their means.

    Parameters
    ----------
    outcome : array_like of float, shape (units, periods)
        Every unit in every period.
    start : array_like of int, shape (units,)
        Column of the first treated period; `NEVER`, or any column past the last, where none is.
        Units treated in the first column have nothing before and are left out.
    rng : numpy.random.Generator
        Of the multiplier bootstrap or of the arrangements.
    cluster : array_like, shape (units,), optional
        What moves together and was treated together; the unit where not given.
    confidence : float, default 0.95

    Returns
    -------
    StaggeredEffects
        Without estimates where nobody is treated or nobody is left to compare with.

    Raises
    ------
    InvalidInputError
        If shapes differ, a value is not finite, or a few clusters have more than one start in one.

    Notes
    -----
    Assumes that without the treatment outcomes would have moved alike, and that nobody moves in
    anticipation. The effect on cohort g in period t is its change since period g - 1, less the
    change of the units that start after both. Means weigh by units; given the cohorts' sizes.

    With 20 clusters or more, and five in every cohort and among those never treated, errors are the
    clusters' influence, the interval has Student's quantile, and the band the quantile of the
    largest studentised deviation under Rademacher multipliers, drawn by cluster. With fewer these
    fail: a cohort of one has no spread. Then the starts are handed to the clusters in every other
    way (a draw of 1,000 where there are more), as if by lot: a mean effect is inside the interval
    unless it makes the seen arrangement one of the most extreme, the shape over time held as
    estimated.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time
    periods. *Journal of Econometrics*, 225(2), 200-230. Rosenbaum, P. R. (2002). *Observational
    Studies*, 2nd ed., chapter 2 (interval by inversion). MacKinnon, J. G. and Webb, M. D. (2020).
    Randomization inference for difference-in-differences with few treated clusters. *Journal of
    Econometrics*, 218(2), 435-450.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> start = np.repeat([3, 5, NEVER], 20)
    >>> y = rng.normal(0, 0.1, (60, 8)) + (np.arange(8) >= start[:, None])
    >>> found = group_time_effects(y, start, rng=rng)
    >>> bool(found.overall.lower < 1 < found.overall.upper), found.is_few
    (True, False)
    """
    y, first = np.asarray(outcome, dtype=np.float64), np.asarray(start, dtype=np.int64)
    if y.ndim != 2 or first.shape != (len(y),):
        raise InvalidInputError(
            f"shapes are {y.shape} and {first.shape}", hint="(units, periods) and (units,)"
        )
    if not np.isfinite(y).all():
        raise InvalidInputError("a value is NaN or infinite", hint="leave such units out")
    tails(confidence)
    owner = np.arange(len(y)) if cluster is None else np.asarray(cluster)
    keep = first > 0
    y, first, owner = y[keep], np.where(first < y.shape[1], first, NEVER)[keep], owner[keep]
    number = np.unique(owner, return_inverse=True)[1]
    treated = int((first < NEVER).sum())
    clusters = len(np.unique(number))
    blank = CausalEffect(n=len(y), treated=treated, control=len(y) - treated)
    nothing = StaggeredEffects(blank, clusters=clusters)
    if not treated or len(np.unique(first)) < 2:
        return nothing
    plan = _layout(first, y.shape[1])
    if not plan.overall.any():
        return nothing
    cells = _cells(y, first, plan.cohorts)[plan.group, plan.period]
    same = np.array([len(np.unique(first[number == one])) == 1 for one in range(clusters)])
    smallest = min(len(np.unique(number[first == g])) for g in np.unique(first))
    is_few = clusters < FEW_CLUSTERS or smallest < LEAST_IN_A_COHORT
    estimate, path = float(plan.overall @ cells), plan.by_event @ cells
    if is_few:
        if not same.all():
            raise InvalidInputError(
                f"{int((~same).sum())} of {clusters} clusters start at more than one time",
                hint="so few clusters are compared whole: give clusters that start at one time",
            )
        spread = _by_arrangement(y, first, number, plan, cells, rng, confidence)
    else:
        spread = _by_cluster(y, first, number, plan, cells, rng, confidence)
    lower, upper, error, p_value, margin, before = spread
    found = blank
    if np.isfinite(lower) and np.isfinite(upper):
        found = CausalEffect(
            estimate, lower, upper, error, p_value, blank.n, blank.treated, blank.control
        )
    return StaggeredEffects(
        found, plan.cohorts[plan.group], plan.period, cells, plan.event, path, path - margin,
        path + margin, before, _two_way(y, first), clusters, is_few,
    )  # fmt: skip


Spread = tuple[float, float, float, float, Floats, float]
"""Bounds, error and p-value of the mean; half the band by event; p-value before the start."""


def _largest(values: Floats, spread: Floats, use: NDArray[np.bool_]) -> Floats:
    """Return the largest studentised deviation of each row over some columns."""
    use = use & (spread > 0)
    if not use.any():
        return np.full(len(values), NAN)
    return np.asarray((np.abs(values[:, use]) / spread[use]).max(axis=1))


def _by_cluster(
    y: Floats, first: Ints, number: Ints, plan: _Layout, cells: Floats,
    rng: np.random.Generator, confidence: float,
) -> Spread:  # fmt: skip
    influence = _influence(y, first, plan)
    summed = np.zeros((int(number.max()) + 1, influence.shape[1]))
    np.add.at(summed, number, influence)
    many = len(summed)
    every = summed @ np.vstack([plan.overall, plan.by_event]).T
    errors = np.sqrt((every**2).sum(axis=0) * many / (many - 1))
    estimate, path = float(plan.overall @ cells), plan.by_event @ cells
    drawn = np.vstack(  # a hundred at a time: there may be many clusters
        [rng.choice([-1.0, 1.0], (100, many)) @ every[:, 1:] for _ in range(DRAWS // 100)]
    )
    spread = errors[1:]
    critical = float(np.quantile(_largest(drawn, spread, plan.event != -1), confidence))
    early = plan.event < -1
    seen = _largest(path[None, :], spread, early)
    before = float(np.mean(_largest(drawn, spread, early) >= seen)) if early.any() else NAN
    quantile = float(stats.t.ppf(tails(confidence)[1], many - 1))
    error = float(errors[0])
    p_value = float(2 * stats.t.sf(abs(estimate) / error, many - 1)) if error > 0 else NAN
    margin = quantile * error if error > 0 else NAN
    return estimate - margin, estimate + margin, error, p_value, critical * spread, before


def _by_arrangement(
    y: Floats, first: Ints, number: Ints, plan: _Layout, cells: Floats,
    rng: np.random.Generator, confidence: float,
) -> Spread:  # fmt: skip
    time = np.arange(y.shape[1])
    since = time - np.where(first < NEVER, first, 0)[:, None]
    treated = (first < NEVER)[:, None] & (since >= 0)
    # without the effects as estimated, by periods since the start
    gap = plan.period - plan.cohorts[plan.group]
    weight = np.bincount(gap[gap >= 0], plan.weight[gap >= 0])
    means = np.bincount(gap[gap >= 0], (plan.weight * cells)[gap >= 0]) / np.maximum(weight, 1e-12)
    none = y - np.where(treated, means[np.clip(since, 0, len(means) - 1)], 0.0)
    estimate = float(plan.overall @ cells)
    of_cluster = np.array([first[number == one][0] for one in range(int(number.max()) + 1)])
    ways = _arrangements(of_cluster, rng)
    flat = treated.astype(float)
    values, shifts, paths = np.empty(len(ways)), np.empty(len(ways)), []
    for row, way in enumerate(ways):
        placed = way[number]
        laid = _layout(placed, y.shape[1])
        at = laid.group, laid.period
        moved = _cells(none, placed, laid.cohorts)[at]
        values[row] = laid.overall @ moved
        shifts[row] = laid.overall @ _cells(flat, placed, laid.cohorts)[at]
        found = dict(zip(laid.event.tolist(), laid.by_event @ moved, strict=True))
        paths.append([found.get(e, NAN) for e in plan.event.tolist()])
    drawn = np.nan_to_num(np.array(paths))
    lower, upper, p_value = _inverted(values, shifts, estimate, 1 - confidence)
    others = drawn[1:]
    # one width for all events: with so few clusters each event's own would be chance
    spread = np.ones(drawn.shape[1])
    critical = float(np.quantile(_largest(others, spread, plan.event != -1), confidence))
    early = plan.event < -1
    path = plan.by_event @ cells
    seen = _largest(path[None, :], spread, early)
    beyond = _largest(others, spread, early) >= seen
    before = float((beyond.sum() + 1) / len(ways)) if early.any() else NAN
    error = (upper - lower) / (2 * float(stats.norm.ppf(tails(confidence)[1])))
    many = int((first < NEVER).sum())
    # what is held as estimated took a unit's worth of the noise with it
    width = critical * np.sqrt(many / max(many - 1, 1))
    margin = np.where(plan.event == -1, 0.0, width)
    return lower, upper, error, p_value, margin, before


def _inverted(
    values: Floats, shifts: Floats, estimate: float, alpha: float
) -> tuple[float, float, float]:
    """Return the mean effects that no arrangement test refutes, and the p-value of none.

    Moving the effects up by s makes arrangement k's value ``values[k] - s * shifts[k]``, the seen
    one's ``-s``. The former is the larger for s between two roots around 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.sort(np.array([values / (shifts - 1), values / (shifts + 1)]), axis=0)
    always = np.abs(shifts) >= 1 - 1e-9
    always[0] = True
    low, high = np.where(always, -np.inf, roots[0]), np.where(always, np.inf, roots[1])
    least = int(np.floor(alpha * len(values) + 1e-9))
    if least < 1:
        return NAN, NAN, NAN
    below, above = float(np.sort(low)[least]), float(np.sort(high)[::-1][least])
    extreme = (low <= -estimate) & (-estimate <= high)
    return estimate + below, estimate + above, float(extreme.mean())

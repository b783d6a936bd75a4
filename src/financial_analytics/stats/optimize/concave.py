"""Money over uses with falling returns: the best split, proved by tangents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.optimize.linear import Limit, Solution, solve

Floats = NDArray[np.float64]
ROUNDS = 60
"""Of tangents; a budget over thirty uses takes about ten."""
SCALE = 1e4
WORST = 1e-4
"""Gap above which a plan is not given."""
START = 9
"""Tangents of each curve to begin with."""


class Curves(Protocol):
    """Concave returns of n uses: each depends on its own amount alone."""

    def value(self, amounts: Floats) -> Floats:
        """Return what each amount brings, shape (n,)."""

    def slope(self, amounts: Floats) -> Floats:
        """Return what a further unit would bring, shape (n,)."""


@dataclass(frozen=True)
class Allocation:
    """The best split; attributes as in `Solution`, and the slopes there.

    Attributes
    ----------
    solution : Solution
        Its value is that of the curves, its bound that of the tangents.
    slopes : ndarray of float64, shape (n,)
        What a further unit would bring at the amounts; equal wherever no bound holds.
    """

    solution: Solution
    slopes: Floats


def allocate(
    curves: Curves,
    limits: Sequence[Limit],
    *,
    upper: ArrayLike,
    lower: ArrayLike = 0.0,
    gap: float = 1e-8,
) -> Allocation:
    """Maximise ``sum(curves.value(amounts))`` under named limits.

    Parameters
    ----------
    curves : Curves
        Concave and not falling; a curve that bends upwards would be cut off by its tangents.
    limits : sequence of Limit
    lower, upper : array_like, shape (n,)
        Finite.
    gap : float, default 1e-8
        Share of the value at which to stop.

    Raises
    ------
    InvalidInputError
        As `solve`; if an upper bound is not finite; if the gap is not reached (the curves are
        not concave then).

    Notes
    -----
    Kelley's cutting planes: each curve lies below its tangents, so that the linear program
    ``max sum(t), t_i <= v_i(a) + s_i(a) (y_i - a)`` bounds every plan from above, while its own
    plan is worth what the curves say. New tangents at that plan close the gap. At the optimum the
    slopes of all uses between their bounds are equal where one budget is all that limits them
    (Karush-Kuhn-Tucker), and its shadow price is that slope.

    References
    ----------
    Kelley, J. E. (1960). The cutting-plane method for solving convex programs. *J. SIAM* 8(4).
    """
    high = np.asarray(upper, dtype=np.float64)
    size = len(high)
    low = np.broadcast_to(np.asarray(lower, dtype=np.float64), (size,))
    if not np.isfinite(high).all():
        raise InvalidInputError("an amount has no upper bound", hint="give each a finite one")
    # HiGHS is feasible to 1e-7 of whatever unit: amounts near 1 and a value near 10,000 it is
    unit = max(float((high - low).mean()), 1e-12)
    ends = np.stack([curves.value(low), curves.value(high)])
    coin = max(float(np.abs(ends).sum()), 1e-12) / SCALE
    names = tuple(limit.name for limit in limits)
    wide = [
        Limit(
            limit.name,
            sparse.hstack([sparse.csr_matrix(limit.uses) * unit / size_, np.zeros((1, size))]),
            limit.most / size_,
        )
        for limit in limits
        for size_ in [max(abs(limit.most), unit)]
    ]
    sizes = {limit.name: max(abs(limit.most), unit) for limit in limits}
    cuts: list[Limit] = []

    def add(at: Floats, which: NDArray[np.bool_]) -> None:
        value, slope = curves.value(at), curves.slope(at)
        for k in np.flatnonzero(which):
            row = np.zeros(2 * size)
            row[k], row[size + k] = -slope[k] * unit / coin, 1.0
            cuts.append(Limit(f"\0{len(cuts)}", row, float(value[k] - slope[k] * at[k]) / coin))

    for share in np.linspace(0, 1, START) ** 2:
        add(low + share * (high - low), np.ones(size, dtype=np.bool_))
    worth = np.concatenate([np.zeros(size), np.ones(size)])
    free = np.full(size, 1e3 * SCALE)
    floor, ceiling = np.concatenate([low / unit, -free]), np.concatenate([high / unit, free])
    best: Solution | None = None
    bound = np.inf
    for _ in range(ROUNDS):
        found = solve(worth, [*wide, *cuts], lower=floor, upper=ceiling)
        if found.status != "optimal":
            # the tangents leave the amounts free: a limit it is
            plain = solve(np.zeros(size), limits, lower=low, upper=high)
            return Allocation(plain, np.full(size, np.nan))
        amounts = np.clip(found.amounts[:size] * unit, low, high)
        value = curves.value(amounts)
        bound = min(bound, found.value * coin)
        if best is None or value.sum() > best.value:
            best = Solution(
                "optimal", amounts, float(value.sum()), bound,
                {name: found.prices[name] * coin / sizes[name] for name in names},
                {name: found.used[name] * sizes[name] for name in names},
                tuple(name for name in found.binding if name in names), {},
            )  # fmt: skip
        if bound - best.value <= gap * max(abs(bound), coin):
            break
        missing = found.amounts[size:] * coin - value
        add(amounts, missing > 0.1 * gap * max(abs(bound), coin) / size)
    assert best is not None  # there is a round
    best = replace(best, bound=bound)
    if bound - best.value > WORST * max(abs(bound), coin):
        raise InvalidInputError(
            f"no proof after {ROUNDS} rounds of tangents", hint="are the curves concave?"
        )
    return Allocation(best, curves.slope(best.amounts))

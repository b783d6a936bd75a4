"""Linear and integer programs with named limits, their prices, and what to relax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from financial_analytics.errors import InvalidInputError

Floats = NDArray[np.float64]
TOUCHES = 1e-7
"""A limit is binding where its slack is below this share of it: HiGHS is feasible to 1e-7."""
GAP = 1e-6
"""Relative gap at which a branch and bound may stop: a millionth of the value."""


@dataclass(frozen=True)
class Limit:
    """A named limit, ``sum(uses * amounts) <= most``.

    Attributes
    ----------
    name : str
        In words, as it is said to people.
    uses : array_like or sparse row, shape (n,)
        What one unit of each amount uses up; negative to ask for at least something.
    most : float
        What there is.
    """

    name: str
    uses: ArrayLike | sparse.spmatrix
    most: float


@dataclass(frozen=True)
class Solution:
    """What the best plan is and how well that is known.

    Attributes
    ----------
    status : {"optimal", "infeasible"}
    amounts : ndarray of float64, shape (n,)
        NaN where infeasible.
    value : float
        Of the plan; NaN where infeasible.
    bound : float
        No plan is worth more.
    prices : dict of str to float
        What one more unit of each limit would add (of the relaxation, for whole amounts).
    used : dict of str to float
    binding : tuple of str
        Limits that are used up.
    relax : dict of str to float
        By how much which limits must give for there to be a plan at all: least in total, each
        measured in parts of its own size. Empty where there is a plan.
    """

    status: str
    amounts: Floats
    value: float
    bound: float
    prices: Mapping[str, float]
    used: Mapping[str, float]
    binding: tuple[str, ...]
    relax: Mapping[str, float]

    @property
    def gap(self) -> float:
        """Return how much more, in parts of the bound, a plan could be worth."""
        if self.status != "optimal":
            return float("nan")
        return max(self.bound - self.value, 0.0) / max(abs(self.bound), 1e-12)


def _matrix(limits: Sequence[Limit], size: int) -> sparse.csr_matrix:
    rows = []
    for limit in limits:
        row = sparse.csr_matrix(limit.uses)
        if row.shape != (1, size):
            raise InvalidInputError(
                f"limit {limit.name!r} has {row.shape[1]} uses for {size} amounts",
                hint="give one use per amount",
            )
        rows.append(row)
    return sparse.vstack(rows, format="csr") if rows else sparse.csr_matrix((0, size))


def _relaxed(
    matrix: sparse.csr_matrix, limits: Sequence[Limit], low: Floats, high: Floats
) -> dict[str, float]:
    """Return the least relaxation, in parts of each limit, under which there is a plan."""
    number, size = matrix.shape
    scale = np.array([max(abs(limit.most), 1.0) for limit in limits])
    wide = sparse.hstack([matrix, -sparse.diags(scale, dtype=np.float64)], format="csr")
    found = linprog(
        np.concatenate([np.zeros(size), np.ones(number)]),
        A_ub=wide, b_ub=[limit.most for limit in limits],
        bounds=np.column_stack([np.concatenate([low, np.zeros(number)]),
                                np.concatenate([high, np.full(number, np.inf)])]),
        method="highs",
    )  # fmt: skip
    given = found.x[size:] * scale
    return {
        limit.name: float(more)
        for limit, more, unit in zip(limits, given, scale, strict=True)
        if more > TOUCHES * unit
    }


def solve(
    worth: ArrayLike,
    limits: Sequence[Limit],
    *,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
    whole: bool = False,
) -> Solution:
    """Maximise ``sum(worth * amounts)`` under named limits.

    Parameters
    ----------
    worth : array_like, shape (n,)
    limits : sequence of Limit
        Names are distinct.
    lower, upper : array_like, broadcast to (n,)
    whole : bool, default False
        Amounts are whole numbers: branch and bound (HiGHS) until the gap is a millionth.

    Raises
    ------
    InvalidInputError
        If a lower bound is above its upper one, two limits share a name, a use has another
        length, or the value has no bound.

    Notes
    -----
    Shadow prices are the dual values of the linear program: of whole amounts those of its
    relaxation, which say what a little more would add on average and not what the next unit
    does. Where there is no plan, an elastic program finds the limits that must give.

    References
    ----------
    Huangfu, Q. and Hall, J. A. J. (2018). Parallelizing the dual revised simplex method.
    *Mathematical Programming Computation* 10, 119-142 (HiGHS).
    Chinneck, J. W. (2008). *Feasibility and Infeasibility in Optimization*, ch. 6 (elastic).

    Examples
    --------
    >>> glass = [Limit("plant 1", [1, 0], 4), Limit("plant 2", [0, 2], 12)]
    >>> best = solve([3, 5], [*glass, Limit("plant 3", [3, 2], 18)])
    >>> best.value, best.amounts.tolist(), best.prices["plant 2"]
    (36.0, [2.0, 6.0], 1.5)
    """
    gains = np.asarray(worth, dtype=np.float64)
    size = len(gains)
    low = np.broadcast_to(np.asarray(lower, dtype=np.float64), (size,))
    high = np.broadcast_to(np.asarray(upper, dtype=np.float64), (size,))
    names = [limit.name for limit in limits]
    if len(set(names)) < len(names):
        raise InvalidInputError(
            f"limits share a name: {', '.join(names)}", hint="give each its own"
        )
    if (low > high).any():
        at = int(np.flatnonzero(low > high)[0])
        raise InvalidInputError(
            f"amount {at} is to be at least {low[at]:g} and at most {high[at]:g}",
            hint="lower the first or raise the second",
        )
    matrix = _matrix(limits, size)
    most = np.array([limit.most for limit in limits], dtype=np.float64)
    plain = linprog(
        -gains, A_ub=matrix if len(limits) else None, b_ub=most if len(limits) else None,
        bounds=np.column_stack([low, high]), method="highs",
    )  # fmt: skip
    if plain.status == 3:
        raise InvalidInputError("the value has no bound", hint="limit what is worth something")
    found, bound = plain.x, -plain.fun if plain.status == 0 else np.nan
    if whole and plain.status == 0:
        mixed = milp(
            -gains, integrality=np.ones(size), bounds=Bounds(low, high),
            constraints=LinearConstraint(matrix, -np.inf, most) if len(limits) else (),
            options={"mip_rel_gap": GAP},
        )  # fmt: skip
        found = None if mixed.x is None else np.round(mixed.x)
        bound = min(bound, -float(mixed.mip_dual_bound)) if mixed.x is not None else np.nan
    if found is None:
        return Solution(
            "infeasible", np.full(size, np.nan), np.nan, np.nan, {}, {}, (),
            _relaxed(matrix, limits, low, high),
        )  # fmt: skip
    uses = matrix @ found
    prices = -plain.ineqlin.marginals if len(limits) else np.zeros(0)
    slack = most - uses
    return Solution(
        status="optimal",
        amounts=np.asarray(found, dtype=np.float64),
        value=float(gains @ found),
        bound=float(bound),
        prices={name: float(price) + 0.0 for name, price in zip(names, prices, strict=True)},
        used={name: float(use) for name, use in zip(names, uses, strict=True)},
        binding=tuple(
            name
            for name, left, size_ in zip(names, slack, np.maximum(np.abs(most), 1.0), strict=True)
            if left <= TOUCHES * size_
        ),
        relax={},
    )

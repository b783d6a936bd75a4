"""One action at most for each of many, under limits that all share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.optimize.linear import TOUCHES, Limit, Solution, solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOTHING = -1
"""No action."""
ROUNDING = 1e-4
"""Gap above which rounding the relaxation is not enough, and branch and bound takes over."""
NODES = 2000


def _rounded(
    row: Ints, value: Floats, used: Floats, most: Floats, shares: Floats, reduced: Floats
) -> Ints:
    """Return the choices of a relaxation that are whole, and more as long as there is room."""
    taken = list(np.flatnonzero(shares > 1 - 1e-6))
    done = set(row[taken].tolist())
    left = most - used[:, taken].sum(axis=1)
    rest = np.flatnonzero(shares <= 1 - 1e-6)
    for at in rest[np.lexsort((rest, -value[rest], -np.round(reduced[rest], 9)))]:
        if row[at] not in done and (used[:, at] <= left + 1e-9).all():
            taken.append(at)
            done.add(int(row[at]))
            left = left - used[:, at]
    return np.array(taken, dtype=np.int64)


def choose(worth: ArrayLike, limits: Sequence[Limit]) -> tuple[Ints, Solution]:
    """Choose at most one action for each of many, to the greatest worth.

    Parameters
    ----------
    worth : array_like, shape (n, actions)
        NaN or below zero is never chosen.
    limits : sequence of Limit
        Shared by all; their uses have the shape of `worth` and are not negative.

    Returns
    -------
    chosen : ndarray of int64, shape (n,)
        Action of each, -1 for none.
    solution : Solution
        Its `bound` is that of the linear relaxation, its prices are the relaxation's.

    Raises
    ------
    InvalidInputError
        If a use is negative, so that leaving a choice out could break a limit.

    Notes
    -----
    The multiple-choice knapsack: ``max sum w x``, ``sum_a x_ia <= 1``, ``sum u x <= most``. A
    basic solution of its relaxation splits at most as many units as there are shared limits
    (Sinha and Zoltners 1979), whatever n. These few are decided by greatest worth as long as
    there is room, so that twenty thousand take a second and the relaxation proves how little
    that lost. Where few are chosen and it lost more than `ROUNDING`, branch and bound (HiGHS).

    References
    ----------
    Sinha, P. and Zoltners, A. A. (1979). The multiple-choice knapsack problem. *Operations
    Research* 27(3), 503-515.

    Examples
    --------
    >>> cost = [[1.0, 3.0], [1.0, 3.0]]
    >>> chosen, plan = choose([[4.0, 9.0], [5.0, 6.0]], [Limit("Budget", cost, 4.0)])
    >>> chosen.tolist(), plan.value
    ([1, 0], 14.0)
    """
    gains = np.asarray(worth, dtype=np.float64)
    number, actions = gains.shape
    uses = np.array(
        [np.asarray(limit.uses, dtype=np.float64).reshape(gains.shape) for limit in limits]
    ).reshape(len(limits), number, actions)
    if (uses < 0).any():
        raise InvalidInputError("a use is below zero", hint="give what each action uses up")
    most = np.array([limit.most for limit in limits], dtype=np.float64)
    if (most < 0).any():
        none = solve(np.zeros(1), [Limit(x.name, [0.0], x.most) for x in limits], upper=0)
        return np.full(number, NOTHING), replace(none, amounts=np.full(number, np.nan))
    row, action = np.nonzero(np.nan_to_num(gains, nan=-1.0) > 0)
    value, used = gains[row, action], uses[:, row, action]
    size = len(row)
    chosen = np.full(number, NOTHING)
    prices = dict.fromkeys((limit.name for limit in limits), 0.0)
    bound = 0.0
    if size:
        once = sparse.csr_matrix((np.ones(size), (row, np.arange(size))), shape=(number, size))
        found = linprog(
            -value, A_ub=sparse.vstack([once, sparse.csr_matrix(used)], format="csr"),
            b_ub=np.concatenate([np.ones(number), most]), bounds=(0, 1), method="highs",
        )  # fmt: skip
        bound = -float(found.fun)
        shared = -found.ineqlin.marginals[number:]
        prices = {limit.name: float(p) + 0.0 for limit, p in zip(limits, shared, strict=True)}
        shares = found.x
        taken = _rounded(row, value, used, most, shares, value - shared @ used)
        if bound - value[taken].sum() > ROUNDING * bound:
            mixed = milp(
                -value, integrality=np.ones(size), bounds=Bounds(0, 1),
                constraints=[LinearConstraint(once, -np.inf, 1),
                             LinearConstraint(sparse.csr_matrix(used), -np.inf, most)],
                options={"mip_rel_gap": ROUNDING, "node_limit": NODES},
            )  # fmt: skip
            if mixed.x is not None and value @ np.round(mixed.x) > value[taken].sum():
                taken = np.flatnonzero(mixed.x > 0.5)
            if mixed.mip_dual_bound is not None:
                bound = min(bound, -float(mixed.mip_dual_bound))
        chosen[row[taken]] = action[taken]
    with_one = np.flatnonzero(chosen != NOTHING)
    total = {
        limit.name: float(uses[k, with_one, chosen[with_one]].sum())
        for k, limit in enumerate(limits)
    }
    return chosen, Solution(
        status="optimal",
        amounts=(chosen != NOTHING).astype(np.float64),
        value=float(gains[with_one, chosen[with_one]].sum()),
        bound=bound,
        prices=prices,
        used=total,
        # what is left of a limit is less than any further choice would use
        binding=tuple(
            limit.name
            for limit in limits
            if prices[limit.name] > 0 or limit.most - total[limit.name] <= TOUCHES * limit.most
        ),
        relax={},
    )

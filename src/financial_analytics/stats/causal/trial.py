"""Randomised trials: the difference between arms, with what was known before held fixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, stats

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.causal.effect import CausalEffect, normal_effect
from financial_analytics.stats.inference import NAN, Floats

LEAST_IN_AN_ARM = 30


def _independent(x: Floats) -> Floats:
    """Return centred columns that span the same space, none of them a sum of the others."""
    centred = x - x.mean(axis=0)
    spread = centred.std(axis=0)
    scaled = centred[:, spread > 1e-12] / spread[spread > 1e-12]
    if not scaled.shape[1]:
        return np.asarray(scaled)
    r, order = linalg.qr(scaled, mode="r", pivoting=True)
    size = np.abs(np.diag(r[: scaled.shape[1]]))
    return np.asarray(scaled[:, np.sort(order[: int((size > 1e-8 * size[0]).sum())])])


def randomised_difference(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> CausalEffect:
    """Return what a treatment that was drawn by lot adds to the mean of an outcome.

    Parameters
    ----------
    outcome : array_like of float, shape (n,)
    treated : array_like of bool, shape (n,)
    covariates : array_like of float, shape (n, k), optional
        Known before the draw. As many as leave ten units of the smaller arm for each are used.
    confidence : float, default 0.95

    Returns
    -------
    CausalEffect
        Diagnostics: ``naive`` (difference of raw means) and ``balance_p`` (that the covariates do
        not tell the arms apart). NaN with fewer than 30 in an arm or an outcome that never varies.

    Raises
    ------
    InvalidInputError
        If shapes differ or a value is not finite.

    Notes
    -----
    Regression on the treatment, the centred covariates and their products, which is unbiased in
    large samples and never less precise, whatever is true of the outcome (Lin 2013); errors HC2.
    The errors of an outcome of 0 and 1 are no smaller than with a success and a failure more in
    each arm (Agresti and Caffo 2000): an arm without any success has one too.

    References
    ----------
    Lin, W. (2013). Agnostic notes on regression adjustments to experimental data. *Annals of
    Applied Statistics*, 7(1), 295-318. Agresti, A. and Caffo, B. (2000). Simple and effective
    confidence intervals for proportions and differences of proportions. *American Statistician*,
    54(4), 280-288.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> age, sent = rng.normal(size=900), rng.random(900) < 0.5
    >>> found = randomised_difference(age + 0.5 * sent + rng.normal(size=900), sent, age[:, None])
    >>> bool(found.lower < 0.5 < found.upper), bool(found.standard_error < 0.08)
    (True, True)
    """
    y, d = np.asarray(outcome, dtype=np.float64), np.asarray(treated, dtype=bool)
    x = np.empty((len(y), 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    if x.ndim != 2 or not (y.shape == d.shape == (len(x),)):
        raise InvalidInputError(
            f"shapes are {y.shape}, {d.shape} and {x.shape}", hint="(n,) twice, and (n, k)"
        )
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise InvalidInputError("a value is NaN or infinite", hint="leave such rows out")
    counts = {"n": len(y), "treated": int(d.sum()), "control": int((~d).sum())}
    smaller = min(counts["treated"], counts["control"])
    if smaller < LEAST_IN_AN_ARM or np.ptp(y) == 0:
        return CausalEffect(n=len(y), treated=counts["treated"], control=counts["control"])
    z = _independent(x)[:, : smaller // 10]
    one = np.ones(len(y))
    design = np.column_stack([one, d, z, z * d[:, None]])
    inverse = np.linalg.pinv(design.T @ design)
    fitted = inverse @ (design.T @ y)
    leverage = np.minimum(np.einsum("ij,jk,ik->i", design, inverse, design), 0.99)
    weight = (y - design @ fitted) ** 2 / (1 - leverage)
    variance = float((inverse @ (design.T * weight) @ design @ inverse)[1, 1])
    if np.isin(y, (0.0, 1.0)).all():
        floor = 0.0
        for arm in (y[d], y[~d]):
            share = (arm.sum() + 1) / (len(arm) + 2)
            floor += float(share * (1 - share) / (len(arm) + 2))
        variance = max(variance, floor)
    tests = {"naive": float(y[d].mean() - y[~d].mean()), "balance_p": _balance(d, z)}
    return normal_effect(
        float(fitted[1]), float(np.sqrt(variance)), confidence=confidence, diagnostics=tests,
        n=len(y), treated=counts["treated"], control=counts["control"],
    )  # fmt: skip


def _balance(d: np.ndarray, z: Floats) -> float:
    """Return the p-value of the F-test that covariates tell nothing about the arm."""
    n, k = z.shape
    if not k or n - k - 1 <= 0:
        return NAN
    arm = d - d.mean()
    fitted = z @ np.linalg.lstsq(z, arm, rcond=None)[0]
    told, left = float((fitted**2).sum()) / k, float(((arm - fitted) ** 2).sum()) / (n - k - 1)
    return float(stats.f.sf(told / left, k, n - k - 1))

"""Buy till you die: how often a customer buys until they stop (BG/NBD), and for how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln, hyp2f1
from scipy.stats import norm

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.coverage import tails

Floats = NDArray[np.float64]
_MOST = {"a": 100.0, "b": 1e5}
"""Chances to stop do not differ beyond these; the closed form stays finite."""
_ONE = 1e-6
"""The closed form divides by a - 1: so near to one, a is moved by this much."""


@dataclass(frozen=True)
class Estimates:
    """Maximum-likelihood estimates of positive parameters.

    Attributes
    ----------
    names : tuple of str
    values, lower, upper : ndarray of float64, shape (parameters,)
        Estimates and their interval, symmetric on the log scale (observed information);
        NaN where the likelihood is flat.
    log_likelihood : float
    n : int
        Customers.
    converged : bool
    """

    names: tuple[str, ...]
    values: Floats
    lower: Floats
    upper: Floats
    log_likelihood: float
    n: int
    converged: bool


def _maximise(
    names: tuple[str, ...],
    negative: Callable[[Floats], tuple[float, Floats]],
    start: ArrayLike,
    n: int,
    confidence: float,
    largest: dict[str, float] | None = None,
) -> Estimates:
    """Minimise over logs of the parameters; `negative` gives value and gradient there."""
    most = largest or {}
    bounds = [(-9.0, float(np.log(most[name])) if name in most else 15.0) for name in names]
    found = minimize(
        negative, np.log(np.asarray(start, dtype=np.float64)), jac=True, method="L-BFGS-B",
        bounds=bounds, options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-14, "gtol": 1e-9},
    )  # fmt: skip
    at = np.asarray(found.x, dtype=np.float64)
    step = 1e-5
    shifts = step * np.eye(len(at))
    hessian = np.array([(negative(at + s)[1] - negative(at - s)[1]) / (2 * step) for s in shifts])
    width = np.full(len(at), np.nan)
    try:
        variance = np.diag(np.linalg.inv((hessian + hessian.T) / 2))
        width = np.where(variance > 0, np.sqrt(np.abs(variance)), np.nan)
    except np.linalg.LinAlgError:
        pass
    width = width * float(norm.ppf(tails(confidence)[1]))
    scale = np.maximum(np.abs(found.fun), 1.0)
    calm = float(np.abs(negative(at)[1]).max()) < 1e-4 * scale
    return Estimates(
        names=names,
        values=np.exp(at),
        lower=np.exp(at - width),
        upper=np.exp(at + width),
        log_likelihood=-float(found.fun),
        n=n,
        converged=bool(found.success or calm),
    )


@dataclass(frozen=True)
class Purchases:
    """What BG/NBD needs to know of each customer: all of shape (customers,), one unit of time.

    Attributes
    ----------
    count : ndarray of float64
        Purchases after time 0 (repeat purchases, where time 0 is the first one).
    last : ndarray of float64
        Time of the last of them, 0 without one.
    observed : ndarray of float64
        Length of the time in which they could be seen; at least `last`.
    """

    count: Floats
    last: Floats
    observed: Floats

    @classmethod
    def of(cls, count: ArrayLike, last: ArrayLike, observed: ArrayLike) -> Purchases:
        """Check and take the three arrays.

        Raises
        ------
        InvalidInputError
            If shapes differ, a value is NaN or negative, a purchase is later than what was
            observed, or the time of the last one is given without one.
        """
        x, t, end = (np.asarray(part, dtype=np.float64) for part in (count, last, observed))
        if x.ndim != 1 or x.shape != t.shape or x.shape != end.shape:
            raise InvalidInputError(
                f"count, last and observed have shapes {x.shape}, {t.shape} and {end.shape}; "
                "one value per customer in each is valid"
            )
        if not (np.isfinite(x).all() and np.isfinite(t).all() and np.isfinite(end).all()):
            raise InvalidInputError("NaN or infinity among the purchases; leave such rows out")
        if (x < 0).any() or (t < 0).any() or (end < t).any() or (t[x == 0] > 0).any():
            raise InvalidInputError(
                "0 <= last <= observed is valid, and last is 0 where nothing was bought",
                hint="times count from the start of each customer's own observation",
            )
        return cls(x, t, end)


@dataclass(frozen=True)
class BgNbd:
    """A fitted BG/NBD model.

    Attributes
    ----------
    r, alpha : float
        Purchase rates are gamma with this shape and rate (alpha in the unit of time).
    a, b : float
        Chances to stop after a purchase are beta with these parameters.
    estimates : Estimates
    """

    r: float
    alpha: float
    a: float
    b: float
    estimates: Estimates

    def alive(self, seen: Purchases) -> Floats:
        """Return the probability that a customer still buys, shape (customers,)."""
        dead = self._log_dead(seen)
        return np.asarray(1 / (1 + np.exp(np.minimum(dead, 700))))

    def _log_dead(self, seen: Purchases) -> Floats:
        x = seen.count
        ratio = np.log(self.alpha + seen.observed) - np.log(self.alpha + seen.last)
        odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1) + (self.r + x) * ratio
        return np.asarray(np.where(x > 0, odds, -np.inf))

    def expected(self, seen: Purchases, ahead: float) -> Floats:
        """Return the expected purchases in the next `ahead` units of time, shape (customers,).

        Equation 10 of Fader, Hardie and Lee (2005), after Euler's transformation of the
        hypergeometric function, which keeps it finite for customers who buy a lot.
        """
        a = self.a if abs(self.a - 1) > _ONE else 1 + _ONE
        x = seen.count
        z = ahead / (self.alpha + seen.observed + ahead)
        first = a + self.b - 1 - self.r
        gone = (1 - z) ** (a - 1) * hyp2f1(first, a - 1, a + self.b + x - 1, z)
        bought = (a + self.b + x - 1) / (a - 1) * (1 - gone)
        return np.asarray(bought * self.alive(seen))

    def draw(
        self, seen: Purchases, ahead: float, *, samples: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return draws of the purchases in the next `ahead` units, shape (samples, customers).

        From the posterior of each customer: alive or not, then a gamma rate and a beta chance
        to stop, which are independent given alive.
        """
        shape = (samples, len(seen.count))
        alive = rng.random(shape) < self.alive(seen)
        rate = rng.gamma(self.r + seen.count, 1 / (self.alpha + seen.observed), shape)
        stop = rng.beta(self.a, self.b + seen.count, shape)
        bought = rng.poisson(rate * ahead)
        left = np.ceil(np.log(rng.random(shape)) / np.log1p(-np.clip(stop, 1e-15, 1 - 1e-15)))
        return np.where(alive, np.minimum(bought, np.minimum(left, 2**40)), 0).astype(np.int64)


def fit_bg_nbd(seen: Purchases, *, confidence: float = 0.95) -> BgNbd:
    """Fit BG/NBD by maximum likelihood.

    Parameters
    ----------
    seen : Purchases
    confidence : float, default 0.95
        Coverage of the intervals of the parameters.

    Raises
    ------
    InvalidInputError
        If nobody bought anything.

    Notes
    -----
    Assumes that purchases of a customer who has not stopped are Poisson at a rate of their own,
    that they stop after any purchase with a chance of their own, and that the two are
    independent over customers. There is no permissive library that is maintained (lifetimes is
    archived): own code, held to the published example.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., and Lee, K. L. (2005). "Counting your customers" the easy
    way: an alternative to the Pareto/NBD model. *Marketing Science*, 24(2), 275-284.

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> n = rng.poisson(rng.gamma(2.0, 1.0, 400) * 5)
    >>> fit = fit_bg_nbd(Purchases.of(n, np.where(n > 0, 4.9, 0), np.full(400, 5.0)))
    >>> bool(fit.estimates.lower[0] < 2 < fit.estimates.upper[0])
    True
    """
    x, t, end = seen.count, seen.last, seen.observed
    if len(x) == 0 or x.sum() == 0:
        raise InvalidInputError("nobody bought anything: there is no rate to fit")
    some = x > 0
    safe = np.maximum(x, 1)

    def negative(logs: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(logs)
        living = -(r + x) * np.log(alpha + end)
        stopped = np.where(
            some, np.log(a) - np.log(b + safe - 1) - (r + x) * np.log(alpha + t), -np.inf
        )
        both = np.logaddexp(living, stopped)
        total = (
            gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + both
        )
        w_live, w_stop = np.exp(living - both), np.exp(stopped - both)
        by_r = digamma(r + x) - digamma(r) + np.log(alpha)
        by_r -= w_live * np.log(alpha + end) + w_stop * np.log(alpha + t)
        by_alpha = r / alpha - (r + x) * (w_live / (alpha + end) + w_stop / (alpha + t))
        by_a = digamma(a + b) - digamma(a + b + x) + w_stop / a
        by_b = digamma(b + x) - digamma(a + b + x) - digamma(b) + digamma(a + b)
        by_b -= w_stop / (b + safe - 1)
        slope = np.array([by_r.sum() * r, by_alpha.sum() * alpha, by_a.sum() * a, by_b.sum() * b])
        return -float(total.sum()), -slope

    mean = max(float(x.sum() / end.sum()), 1e-12)
    made = _maximise(
        ("r", "alpha", "a", "b"), negative, [1.0, 1 / mean, 1.0, 5.0], len(x), confidence, _MOST
    )
    r, alpha, a, b = (float(value) for value in made.values)
    return BgNbd(r, alpha, a, b, made)


@dataclass(frozen=True)
class GammaGamma:
    """A fitted gamma-gamma model of the mean amount of a purchase.

    Attributes
    ----------
    p, q, v : float
        Amounts of a customer are gamma with shape p and a rate that is gamma(q, v) over
        customers; v in the unit of the amounts.
    estimates : Estimates
    """

    p: float
    q: float
    v: float
    estimates: Estimates

    def expected(self, count: ArrayLike, mean: ArrayLike) -> Floats:
        """Return the expected mean amount of each customer, shape (customers,).

        A customer without a purchase gets the mean of all; it is infinite where q is at most 1.
        """
        x = np.asarray(count, dtype=np.float64)
        z = np.where(x > 0, np.asarray(mean, dtype=np.float64), 0.0)
        over = self.p * x + self.q - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(over > 0, self.p * (self.v + x * z) / over, np.inf)


def fit_gamma_gamma(count: ArrayLike, mean: ArrayLike, *, confidence: float = 0.95) -> GammaGamma:
    """Fit the gamma-gamma model to mean amounts, of customers who bought.

    Parameters
    ----------
    count : array_like, shape (customers,)
        Purchases behind each mean, at least 1.
    mean : array_like, shape (customers,)
        Mean amount, above 0.
    confidence : float, default 0.95
        Coverage of the intervals of the parameters.

    Raises
    ------
    InvalidInputError
        If shapes differ, a count is below 1, or a mean is not above 0.

    Notes
    -----
    Assumes that what a purchase is worth does not hang together with how often one buys.

    References
    ----------
    Fader, P. S., and Hardie, B. G. S. (2013). The gamma-gamma model of monetary value.
    http://www.brucehardie.com/notes/025/

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> rate = rng.gamma(4.0, 1 / 20.0, 500)
    >>> fit = fit_gamma_gamma(np.full(500, 3), rng.gamma(3 * 6.0, 1 / rate) / 3)
    >>> bool(fit.estimates.lower[1] < 4 < fit.estimates.upper[1])
    True
    """
    x, z = np.asarray(count, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    if x.shape != z.shape or x.ndim != 1 or len(x) == 0:
        raise InvalidInputError(
            f"count and mean have shapes {x.shape} and {z.shape}; one value per customer is valid"
        )
    if not ((x >= 1).all() and np.isfinite(z).all() and (z > 0).all()):
        raise InvalidInputError(
            "gamma-gamma takes customers with a purchase and a mean amount above 0",
            hint="leave the others out",
        )

    def negative(logs: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(logs)
        px = p * x
        total = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
        total += (px - 1) * np.log(z) + px * np.log(x) - (px + q) * np.log(v + x * z)
        by_p = x * (digamma(px + q) - digamma(px) + np.log(z) + np.log(x) - np.log(v + x * z))
        by_q = digamma(px + q) - digamma(q) + np.log(v) - np.log(v + x * z)
        by_v = q / v - (px + q) / (v + x * z)
        slope = np.array([by_p.sum() * p, by_q.sum() * q, by_v.sum() * v])
        return -float(total.sum()), -slope

    middle = float(np.median(z))
    made = _maximise(("p", "q", "v"), negative, [2.0, 3.0, middle], len(x), confidence)
    p, q, v = (float(value) for value in made.values)
    return GammaGamma(p, q, v, made)

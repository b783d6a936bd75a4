"""Which effects a short series that returns slowly does not reject: Hansen's grid bootstrap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from financial_analytics.stats.causal.hac import LAGS
from financial_analytics.stats.inference import Floats

DRAWS = 399
MOST_PERSISTENT = 0.98
PERSISTENCE = np.linspace(-0.5, MOST_PERSISTENT, 149)
FARTHEST, NEAR = 50.0, 0.02
"""In errors: how far an interval is followed, and how near its ends are found."""


def refitted(y: Floats, x: Floats, horizon: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return effect, error, effect per beta, and coefficients of many series at once.

    `y` is of shape (series, n), `x` of (series, n, columns) with price and level before first.
    """
    inverse = np.linalg.inv(np.einsum("bij,bik->bjk", x, x))
    b = np.einsum("bjk,bik,bi->bj", inverse, x, y, optimize=True)
    leverage = np.einsum("bij,bjk,bik->bi", x, inverse, x, optimize=True)
    scores = x * ((y - np.einsum("bij,bj->bi", x, b)) / (1 - leverage))[:, :, None]
    plain = np.einsum("bij,bik->bjk", scores, scores)
    meats = [plain]
    cross = plain.copy()
    for lag in range(1, LAGS + 1):
        part = np.einsum("bij,bik->bjk", scores[:, lag:], scores[:, :-lag])
        cross = cross + (1 - lag / (LAGS + 1)) * (part + part.transpose(0, 2, 1))
    meats.append(cross)
    powers = b[:, 1:2] ** np.arange(horizon)
    reach = powers.sum(axis=1)
    # how the effect moves with beta and with rho
    slope = np.zeros_like(b)
    slope[:, 0] = reach
    slope[:, 1] = b[:, 0] * (np.arange(1, horizon) * powers[:, :-1]).sum(axis=1)
    turned = np.einsum("bjk,bk->bj", inverse, slope)
    error = np.sqrt(
        np.max([np.einsum("bj,bjk,bk->b", turned, meat, turned, optimize=True) for meat in meats],
               axis=0)
    )  # fmt: skip
    return b[:, 0] * reach, error, reach, b


class Inversion:
    """Which effects a series does not reject, by series drawn with each of them.

    Attributes
    ----------
    value, error, reach : float
        Estimate, its error, and the effect per unit of beta.
    """

    value: float
    error: float
    reach: float

    def __init__(
        self, y: Floats, x: Floats, follows: NDArray[np.bool_], horizon: int,
        confidence: float, seed: int,
    ) -> None:  # fmt: skip
        self._y, self._x, self._follows = y, x, follows
        self._horizon, self._confidence = horizon, confidence
        # the same signs for every effect: what is rejected ends at one place
        self._signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(DRAWS, len(y)))
        self._rest = np.linalg.qr(x[:, 2:])[0]
        self._reaches = (PERSISTENCE[:, None] ** np.arange(horizon)).sum(axis=1)
        (self.value,), (self.error,), (self.reach,), _ = (
            item.tolist() for item in refitted(y[None], x[None], horizon)
        )

    def critical(self, effect: float) -> float:
        """Return how many errors estimates lie from this effect, in series drawn with it."""
        persistence = self._persistence(self._y[None], self._x[None], effect)[0]
        first = self._draw(*self._equation(effect, persistence))
        bias = self._persistence(*first, effect).mean() - persistence
        freed = float(np.clip(persistence - bias, PERSISTENCE[0], MOST_PERSISTENT))
        effects, errors, _, _ = refitted(*self._draw(*self._equation(effect, freed)), self._horizon)
        return float(np.quantile(np.abs(effects - effect) / errors, self._confidence))

    def bound(self, side: int) -> float:
        """Return the last effect on this side of the estimate that is not rejected.

        Infinite where fifty errors away none is.
        """
        inside, width = float(self.value), 2.0
        while True:
            outside = self.value + side * width * self.error
            if self._is_rejected(outside):
                break
            inside, width = outside, 2 * width
            if width > FARTHEST:
                return side * float("inf")
        while abs(outside - inside) > NEAR * self.error:
            middle = (inside + outside) / 2
            if self._is_rejected(middle):
                outside = middle
            else:
                inside = middle
        return (inside + outside) / 2

    def _is_rejected(self, effect: float) -> bool:
        return bool(abs(self.value - effect) / self.error > self.critical(effect))

    def _persistence(self, y: Floats, x: Floats, effect: float) -> Floats:
        """Return the persistence that fits each series best, given its effect."""

        def left(values: Floats) -> Floats:
            return np.asarray(values - (values @ self._rest) @ self._rest.T)

        level, before, price = left(y), left(x[:, :, 1]), left(x[:, :, 0])
        beta = effect / self._reaches

        def dot(first: Floats, second: Floats) -> Floats:
            return np.asarray((first * second).sum(axis=1))[:, None]

        squares = (
            PERSISTENCE**2 * dot(before, before) + beta**2 * dot(price, price)
            - 2 * PERSISTENCE * dot(level, before) - 2 * beta * dot(level, price)
            + 2 * PERSISTENCE * beta * dot(before, price)
        )  # fmt: skip
        return np.asarray(PERSISTENCE[squares.argmin(axis=1)])

    def _equation(self, effect: float, persistence: float) -> tuple[Floats, Floats]:
        """Return coefficients that have this effect and persistence, and scaled residuals."""
        x, y = self._x, self._y
        beta = effect / (persistence ** np.arange(self._horizon)).sum()
        rest = np.linalg.lstsq(x[:, 2:], y - beta * x[:, 0] - persistence * x[:, 1], rcond=None)[0]
        b = np.concatenate([[beta, persistence], rest])
        n, columns = x.shape
        return b, (y - x @ b) * np.sqrt(n / (n - columns + 1))

    def _draw(self, b: Floats, residuals: Floats) -> tuple[Floats, Floats]:
        """Return series of this equation, of shape (draws, n), and what they are regressed on."""
        moved = self._x @ b - b[1] * self._x[:, 1] + self._signs * residuals
        before = np.repeat(self._x[None, :, 1], DRAWS, axis=0)
        level = np.empty_like(before)
        for place in range(level.shape[1]):
            if place and self._follows[place]:
                before[:, place] = level[:, place - 1]
            level[:, place] = moved[:, place] + b[1] * before[:, place]
        made = np.repeat(self._x[None], DRAWS, axis=0)
        made[:, :, 1] = before
        return level, made

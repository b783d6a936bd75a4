"""What a further unit of spend brings: saturating response with carry-over, from experiments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares
from scipy.stats import chi2

from financial_analytics.errors import InvalidInputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PRIOR_LOG_HALF = 1.0
"""Standard deviation of log half spend around the log of the channel's middle spend."""
PRIOR_SEGMENT = 1.0
"""Standard deviation of a segment's response around the mean segment's, whose response is 1."""
PRIOR_LOG_TOP = 1.0
"""Standard deviation of the log of a channel's top lift around that of all channels."""
SMALLEST = 1e-9
DECAYS = (0.0, 0.2, 0.4, 0.6, 0.8)
LIKELIER = float(chi2.isf(0.05, 1))
"""Carry-over is believed where twice the log likelihood gains that (p below 0.05)."""


def hill(spend: ArrayLike, half: ArrayLike) -> Floats:
    """Return the share of the top response that a spend reaches, ``x / (x + half)``.

    Examples
    --------
    >>> hill([0.0, 2.0, 6.0], 2.0).tolist()
    [0.0, 0.5, 0.75]
    """
    amounts = np.asarray(spend, dtype=np.float64)
    return np.asarray(amounts / (amounts + np.asarray(half, dtype=np.float64)))


def carried_over(
    month: ArrayLike, pressure: ArrayLike, decay: float, *, groups: ArrayLike
) -> Floats:
    """Return the spend of earlier rows of a group that is still there: geometric adstock.

    Parameters
    ----------
    month : array_like, shape (n,)
        When, in months; fractions are allowed.
    pressure : array_like, shape (n,)
        Spend per head of the group.
    decay : float
        Share of spend that is left after a month, in [0, 1); none is left for 0.
    groups : array_like, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)
        ``sum(pressure_j * decay ** (month_i - month_j))`` over earlier rows of the group.

    References
    ----------
    Broadbent, S. (1979). One way TV advertisements work. *J. Market Research Society* 21(3).

    Examples
    --------
    >>> carried_over([0, 1, 3], [1.0, 2.0, 9.0], 0.5, groups=["a", "a", "a"]).tolist()
    [0.0, 0.5, 0.625]
    """
    when, spent = np.asarray(month, dtype=np.float64), np.asarray(pressure, dtype=np.float64)
    if not 0 <= decay < 1:
        raise InvalidInputError(f"decay is {decay}", hint="a share of at least 0 and below 1")
    out = np.zeros(len(when))
    if decay == 0:
        return out
    names = np.asarray(groups)
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        apart = when[rows][:, None] - when[rows][None, :]
        left = np.where(apart > 0, decay ** np.maximum(apart, 0), 0.0)
        out[rows] = left @ spent[rows]
    return out


@dataclass(frozen=True)
class Experiments:
    """Campaigns that held customers out, by segment: one row each.

    Attributes
    ----------
    channel, segment : ndarray of int64, shape (n,)
        Places in `channels` and `segments`.
    channels, segments : sequence of str
    spend : ndarray of float64
        Per contact.
    month : ndarray of float64
        When, in months.
    contacted, converted, held, held_converted : ndarray of float64
        Counts.
    pressure : ndarray of float64
        Spend per head of the segment, for carry-over; zeros where it is not to be looked for.
    """

    channel: Ints
    segment: Ints
    channels: Sequence[str]
    segments: Sequence[str]
    spend: Floats
    month: Floats
    contacted: Floats
    converted: Floats
    held: Floats
    held_converted: Floats
    pressure: Floats


@dataclass(frozen=True)
class Response:
    """Draws of response curves from what is known of them.

    Attributes
    ----------
    top : ndarray of float64, shape (draws, channels)
        Conversion that endless spend adds, in a segment of multiplier 1.
    half : ndarray of float64, shape (draws, channels)
        Spend per contact at which half of it is reached.
    multiplier : ndarray of float64, shape (draws, segments)
    decay : float
        Share of spend that is left after a month.
    carried : ndarray of float64, shape (channels, segments)
        Usual carry-over that a contact meets.
    """

    top: Floats
    half: Floats
    multiplier: Floats
    decay: float
    carried: Floats

    def lift(self, channel: int, segment: int, spend: ArrayLike) -> Floats:
        """Return the conversion that a contact adds, shape (draws, spends)."""
        amounts = np.atleast_1d(np.asarray(spend, dtype=np.float64))
        half = self.half[:, channel, None]
        base = self.carried[channel, segment]
        top = (self.top[:, channel] * self.multiplier[:, segment])[:, None]
        return np.asarray(top * (hill(base + amounts, half) - hill(base, half)))

    def slope(self, channel: int, segment: int, spend: ArrayLike) -> Floats:
        """Return what a further unit per contact adds, shape (draws, spends)."""
        amounts = np.atleast_1d(np.asarray(spend, dtype=np.float64))
        half = self.half[:, channel, None]
        top = (self.top[:, channel] * self.multiplier[:, segment])[:, None]
        return np.asarray(top * half / (self.carried[channel, segment] + amounts + half) ** 2)


def _usual(rows: Experiments, carry: Floats) -> Floats:
    """Return the mean carry-over that contacts of a channel and segment meet."""
    shape = (len(rows.channels), len(rows.segments))
    place = rows.channel * shape[1] + rows.segment
    weight = np.bincount(place, rows.contacted, minlength=shape[0] * shape[1])
    total = np.bincount(place, rows.contacted * carry, minlength=shape[0] * shape[1])
    return (total / np.maximum(weight, SMALLEST)).reshape(shape)


def fit_response(rows: Experiments, *, draws: int, rng: np.random.Generator) -> Response:
    """Fit saturating curves to differences between contacted and held out.

    Parameters
    ----------
    rows : Experiments
        Only rows with customers on both sides say something; there must be one.
    draws : int
        Of the posterior.
    rng : numpy.random.Generator

    Raises
    ------
    InvalidInputError
        If no row has customers on both sides.

    Notes
    -----
    The difference in conversion is ``top_c m_s (h(A + x) - h(A))`` with the Hill curve
    ``h(x) = x / (x + half_c)`` (exponent 1: concave, no threshold) and carry-over A (geometric
    adstock). Differences are normal with the variance of two binomial rates at the pooled rate
    of the segment. Priors, weak beside a few hundred conversions: log half spend normal around
    the channel's middle spend, log top around the mean of the channels, multipliers of segments
    normal around 1, not below 0. Draws are by randomise-then-optimise: each is the optimum for
    outcomes and prior means with fresh noise, exact where the curve is linear. Decay is the
    likeliest of `DECAYS`, but 0 unless the likelihood-ratio test tells it from 0 (p below 0.05).

    References
    ----------
    Jin, Y. et al. (2017). Bayesian methods for media mix modeling with carryover and shape
    effects. Google. Bardsley, J. et al. (2014). Randomize-then-optimize. *SIAM J. Sci. Comput.*
    36(4).
    """
    use = (rows.contacted > 0) & (rows.held > 0) & (rows.spend > 0)
    if not use.any():
        raise InvalidInputError(
            "no campaign has customers contacted and held out", hint="hold some out by lot"
        )
    channels, segments = len(rows.channels), len(rows.segments)
    channel, segment, spend = rows.channel[use], rows.segment[use], rows.spend[use]
    n1, n0 = rows.contacted[use], rows.held[use]
    seen = rows.converted[use] / n1 - rows.held_converted[use] / n0
    events = np.bincount(segment, rows.converted[use] + rows.held_converted[use], segments)
    people = np.bincount(segment, n1 + n0, segments)
    pooled = ((events + 0.5) / (people + 1))[segment]
    error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    middle = np.array([
        np.median(spend[channel == c]) if (channel == c).any() else np.median(spend)
        for c in range(channels)
    ])  # fmt: skip
    level = max(float(np.sum(seen * n1) / np.sum(n1)), float(np.mean(error)) / len(seen))
    centre = np.concatenate([
        np.full(channels, np.log(2 * level)), np.log(middle), np.ones(segments)
    ])  # fmt: skip
    spread = np.concatenate([
        np.full(channels, PRIOR_LOG_TOP), np.full(channels, PRIOR_LOG_HALF),
        np.full(segments, PRIOR_SEGMENT),
    ])  # fmt: skip
    size = len(centre)
    floor = np.concatenate([np.full(2 * channels, -np.inf), np.zeros(segments)])
    line = np.arange(len(seen))

    def optimum(
        wanted: Floats, prior: Floats, carry: Floats, start: Floats
    ) -> tuple[Floats, float]:
        def parts(theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
            half = np.exp(theta[channels : 2 * channels])[channel]
            top = np.exp(theta[:channels])[channel]
            many = theta[2 * channels :][segment]
            return top, half, many, hill(carry + spend, half) - hill(carry, half)

        def misses(theta: Floats) -> Floats:
            top, _, many, reached = parts(theta)
            return np.concatenate(
                [(top * many * reached - wanted) / error, (theta - prior) / spread]
            )

        def slopes(theta: Floats) -> Floats:
            top, half, many, reached = parts(theta)
            out = np.zeros((len(seen) + size, size))
            full = carry + spend
            bend = carry * half / (carry + half) ** 2 - full * half / (full + half) ** 2
            out[line, channel] = top * many * reached / error
            out[line, channels + channel] = top * many * bend / error
            out[line, 2 * channels + segment] = top * reached / error
            out[len(seen) :] = np.diag(1 / spread)
            return out

        found = least_squares(
            misses, start, jac=slopes, bounds=(floor, np.inf), x_scale="jac", max_nfev=60,
            ftol=1e-8, xtol=1e-8,
        )  # fmt: skip
        return np.asarray(found.x), float(2 * found.cost)

    start = np.maximum(centre, floor + 0.05)
    groups = rows.channel * segments + rows.segment
    # carry-over comes from all campaigns, whether they held customers out or not
    stocks = {
        decay: carried_over(rows.month, rows.pressure, decay, groups=groups)
        for decay in (DECAYS if rows.pressure.any() else DECAYS[:1])
    }
    fits = {decay: optimum(seen, centre, stock[use], start) for decay, stock in stocks.items()}
    likeliest = min(fits, key=lambda decay: fits[decay][1])
    decay = likeliest if fits[0.0][1] - fits[likeliest][1] > LIKELIER else 0.0
    best, carry = fits[decay][0], stocks[decay][use]
    found = np.array([
        optimum(
            seen + error * rng.standard_normal(len(seen)),
            centre + spread * rng.standard_normal(size), carry, np.maximum(best, floor + 1e-3),
        )[0]
        for _ in range(draws)
    ]).reshape(draws, size)  # fmt: skip
    return Response(
        top=np.exp(found[:, :channels]),
        half=np.exp(found[:, channels : 2 * channels]),
        multiplier=found[:, 2 * channels :],
        decay=decay,
        carried=_usual(rows, stocks[decay]),
    )

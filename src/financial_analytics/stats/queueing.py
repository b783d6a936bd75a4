"""How long visitors wait: queues with many servers, patient (Erlang C) or not (Erlang A)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, gammainc, gammaln

from financial_analytics.errors import InvalidInputError

Floats = NDArray[np.float64]
PATIENT = 1000.0
"""Handling times of patience above which rounding would tell; nobody leaves then."""
TINY, SERIES, ROUNDING = 1e-290, 2000, 1e-16


@dataclass(frozen=True)
class Queue:
    """A queue in its steady state; each attribute has the shape of what was given, broadcast.

    Attributes
    ----------
    waiting : ndarray of float64
        Share of those who come that do not find a free server.
    served_in_time : ndarray of float64
        Share that is served after waiting no longer than was asked.
    lost : ndarray of float64
        Share that leaves before being served; 0 where all are patient.
    wait : ndarray of float64
        Mean wait of all who come, those who leave included, in the unit of the handling time;
        infinite where patient visitors come faster than they can be served.
    """

    waiting: Floats
    served_in_time: Floats
    lost: Floats
    wait: Floats


def blocking(load: ArrayLike, servers: ArrayLike) -> Floats:
    """Return the share that finds all servers busy where nobody waits (Erlang B).

    Parameters
    ----------
    load : array_like
        Arrivals times mean handling time, in Erlang; 0 and more.
    servers : array_like of int
        0 and more; broadcast with `load`.

    Raises
    ------
    InvalidInputError
        If a load or a number of servers is below zero.

    Notes
    -----
    The recursion ``1/B(n) = 1 + n/a 1/B(n-1)`` never overflows upwards before B is nothing.

    References
    ----------
    Erlang, A. K. (1917). Solution of some problems in the theory of probabilities of significance
    in automatic telephone exchanges. *Elektroteknikeren* 13.

    Examples
    --------
    >>> round(float(blocking(4.46, 10)), 3)  # the table says 4.46 Erlang at 1 %
    0.01
    """
    a, n = np.broadcast_arrays(np.asarray(load, float), np.asarray(servers, np.int64))
    if (a < 0).any() or (n < 0).any():
        raise InvalidInputError(
            "a load or a number of servers is below zero", hint="give 0 or more"
        )
    share, out = np.ones(a.shape), np.ones(a.shape)
    for k in range(1, int(n.max(initial=0)) + 1):
        share = a * share / (k + a * share)
        out = np.where(n == k, share, out)
    return out


def queue(
    arrivals: ArrayLike,
    handling: ArrayLike,
    servers: ArrayLike,
    *,
    patience: float | None = None,
    within: float = 0.0,
) -> Queue:
    """Return how long visitors wait for one of several servers.

    Parameters
    ----------
    arrivals : array_like
        Mean number that come in a unit of time, by a Poisson process.
    handling : array_like
        Mean time that one takes, exponential, in that unit; above 0.
    servers : array_like of int
        1 and more.
    patience : float, optional
        Mean time after which who still waits leaves, exponential; None where all are patient.
    within : float, default 0
        Wait that `served_in_time` is about.

    Raises
    ------
    InvalidInputError
        If arrivals are below zero, a time is not above zero, or nobody serves.

    Notes
    -----
    Patient (M/M/n, Erlang C): with the load a and ``B`` of `blocking`, ``C = B / (1 - (1 - B) a /
    n)`` wait, and longer than t ``C exp(-(n - a) t / handling)``; where ``a >= n`` the queue grows
    for ever. Impatient (M/M/n+M, Erlang A): the density of the wait that is offered is
    ``lambda p exp(lambda/theta (1 - exp(-theta x)) - n mu x)``, whose integrals are incomplete
    gamma functions (Zeltyn and Mandelbaum 2005, section 9; Palm 1957). It is stable always.

    References
    ----------
    Garnett, O., Mandelbaum, A. and Reiman, M. (2002). Designing a call center with impatient
    customers. *M&SOM* 4(3), 208-227.
    Zeltyn, S. and Mandelbaum, A. (2005). Call centers with impatient customers: many-server
    asymptotics of the M/M/n+G queue. *Queueing Systems* 51, 361-402.

    Examples
    --------
    Hillier and Lieberman's hospital: two an hour, twenty minutes each, two doctors.

    >>> found = queue(2, 1 / 3, 2, within=0.5)
    >>> print(f"{found.wait:.4f} {found.waiting:.3f} {1 - found.served_in_time:.3f}")
    0.0417 0.167 0.023
    """
    rate, time, n = np.broadcast_arrays(
        np.asarray(arrivals, float), np.asarray(handling, float), np.asarray(servers, np.int64)
    )
    if (rate < 0).any() or (time <= 0).any() or (n < 1).any():
        raise InvalidInputError(
            "arrivals are below zero, a handling time is not above it, or nobody serves",
            hint="give arrivals of 0 or more, times above 0, one server or more",
        )
    load = rate * time
    if patience is None:
        return _patient(load, time, n, within)
    if not 0 < patience <= PATIENT * time.min(initial=np.inf):
        raise InvalidInputError(
            f"patience is {patience:g}",
            hint=f"give a time above 0, at most {PATIENT:,.0f} handling times, or None for patient",
        )
    return _impatient(rate, time, n, 1 / patience, within)


def _patient(load: Floats, time: Floats, n: NDArray[np.int64], within: float) -> Queue:
    stable = load < n
    busy = blocking(load, n)
    spare = np.where(stable, n - load, 1.0)
    waiting = np.where(stable, busy * n / (n - load * (1 - busy)), 1.0)
    late = np.where(stable, waiting * np.exp(-spare * within / time), 1.0)
    wait = np.where(stable, waiting * time / spare, np.inf)
    return Queue(waiting, 1 - late, np.zeros(load.shape), wait)


def _log_gamma_below(c: Floats, x: Floats) -> Floats:
    """Return the log of the lower incomplete gamma function, where it underflows by its series."""
    share = gammainc(c, x)
    is_small = share < TINY
    plain = np.log(np.where(is_small, 1.0, share)) + gammaln(c)
    if not is_small.any():
        return np.asarray(plain)
    at, to = (np.where(is_small, values, 1.0) for values in (c, x))
    term = 1 / at
    total = term.copy()
    for k in range(1, SERIES):
        term = term * to / (at + k)
        total = total + term
        if (term <= ROUNDING * total).all():
            break
    return np.where(is_small, at * np.log(to) - to + np.log(total), plain)


def _impatient(
    rate: Floats, time: Floats, n: NDArray[np.int64], theta: float, within: float
) -> Queue:
    some = rate > 0
    came = np.where(some, rate, 1.0)
    shape, full = n / time / theta, came / theta
    # the state in which all but one are busy, against all with fewer
    before = np.log(np.maximum(blocking(came * time, n - 1), 1e-300))

    def tail(power: int, at: float) -> Floats:
        """Return the log of the integral of ``exp(-power theta x)`` times the kernel, from `at`."""
        c, upto = shape + power, full * np.exp(-theta * at)
        return np.asarray(full - c * np.log(full) + _log_gamma_below(c, upto) - np.log(theta))

    whole = tail(0, 0.0)
    waiting = np.where(some, expit(np.log(came) + before + whole), 0.0)
    kept = np.exp(tail(1, 0.0) - whole)
    lost = np.clip(waiting * (1 - kept), 0.0, 1.0)
    in_time = 1 - waiting + waiting * (kept - np.exp(tail(1, within) - whole))
    return Queue(waiting, np.clip(in_time, 0.0, 1.0), lost, lost / theta)

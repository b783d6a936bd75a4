"""Whom an action moves, and which way: uplift from contacts whose holdouts were drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit

from financial_analytics.errors import InvalidInputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MAIN_SPREAD = 1.0
ACTION_SPREAD = 0.5
INTERACTION_SPREAD = 0.3
"""Prior standard deviations, on the log odds: of a standard deviation of a trait, of an action
for a mean person, and at most of what a standard deviation of a trait changes in it."""
SMALLEST = 0.01
ROUNDS = 60
SETTLED = 8
"""Last rounds, in which spreads stay as they are."""


@dataclass(frozen=True)
class Uplift:
    """Draws of how actions change the chance of an event.

    Attributes
    ----------
    mean, scale : ndarray of float64, shape (traits,)
        Of the traits of those it was fitted on.
    base : ndarray of float64, shape (draws, 1 + traits)
        Log odds without an action.
    moved : ndarray of float64, shape (draws, actions, 1 + traits)
        What each action adds to them.
    """

    mean: Floats
    scale: Floats
    base: Floats
    moved: Floats

    def _design(self, traits: ArrayLike) -> Floats:
        values = (np.asarray(traits, dtype=np.float64) - self.mean) / self.scale
        # what nobody was like is not extrapolated to
        values = np.clip(values, -4, 4)
        return np.column_stack([np.ones(len(values)), values])

    def chances(self, traits: ArrayLike, draw: int) -> Floats:
        """Return the chance of the event without and with each action, (n, 1 + actions)."""
        design = self._design(traits)
        plain = design @ self.base[draw]
        with_action = plain[:, None] + design @ self.moved[draw].T
        return np.asarray(expit(np.column_stack([plain, with_action])))


def fit_uplift(
    traits: ArrayLike,
    action: ArrayLike,
    contacted: ArrayLike,
    event: ArrayLike,
    *,
    actions: int,
    draws: int,
    rng: np.random.Generator,
) -> Uplift:
    """Fit the chance of an event without and with each action.

    Parameters
    ----------
    traits : array_like, shape (n, traits)
        Known before; no missing values.
    action : array_like of int, shape (n,)
        The action that was, or by lot was not, taken: 0 to ``actions - 1``.
    contacted : array_like of bool, shape (n,)
        False for the held out.
    event : array_like of bool, shape (n,)
    actions, draws : int
    rng : numpy.random.Generator

    Raises
    ------
    InvalidInputError
        If nobody, or everybody, of an action was held out.

    Notes
    -----
    A logit with one intercept per action's trial, traits, and actions interacted with traits,
    normal priors around zero (`MAIN_SPREAD`, `ACTION_SPREAD`, `INTERACTION_SPREAD`) and a normal
    posterior (Laplace). Lots were drawn, so that the contrast of contacted and held out is
    causal. The spread of each interaction is what the evidence makes it (automatic relevance
    determination), which keeps chance from being taken for a difference between people.

    References
    ----------
    Ascarza, E. (2018). Retention futility: targeting high-risk customers might be ineffective.
    *Journal of Marketing Research* 55(1), 80-98. MacKay, D. (1994). Bayesian non-linear
    modelling for the prediction competition. *ASHRAE Transactions* 100(2).
    """
    x = np.asarray(traits, dtype=np.float64)
    kind = np.asarray(action, dtype=np.int64)
    live, y = np.asarray(contacted, dtype=np.bool_), np.asarray(event, dtype=np.float64)
    for k in range(actions):
        part = live[kind == k]
        if not part.any() or part.all():
            raise InvalidInputError(
                f"of action {k} {'nobody' if not part.any() else 'everybody'} was contacted",
                hint="hold some out by lot",
            )
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    plain = np.column_stack([np.ones(len(x)), np.clip((x - mean) / scale, -4, 4)])
    width = plain.shape[1]
    trial = np.eye(actions)[kind]
    design = np.column_stack(
        [plain, *(plain * (live & (kind == k))[:, None] for k in range(actions)), trial]
    )
    spread = np.concatenate([
        [10.0], np.full(width - 1, MAIN_SPREAD),
        *([np.r_[ACTION_SPREAD, np.full(width - 1, INTERACTION_SPREAD)]] * actions),
        np.full(actions, ACTION_SPREAD),
    ])  # fmt: skip
    weights = np.zeros(design.shape[1])
    shared = np.zeros(len(spread), dtype=np.bool_)
    for k in range(actions):
        shared[width * (1 + k) + 1 : width * (2 + k)] = True
    precision = 1 / spread**2
    for turn in range(ROUNDS):
        chance = expit(design @ weights)
        slope = design.T @ (y - chance) - precision * weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(precision)
        factor = cho_factor(bend, lower=True)
        step = cho_solve(factor, slope)
        weights = weights + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if turn % 2 and turn < ROUNDS - SETTLED:
            # what a trait changes in an action is as large as the data make it (EM of ARD)
            doubt = np.diag(cho_solve(factor, np.eye(len(weights))))
            size = np.clip(weights**2 + doubt, SMALLEST**2, INTERACTION_SPREAD**2)
            precision = np.where(shared, 1 / size, precision)
    lower = np.linalg.cholesky(bend)
    noise = solve_triangular(lower.T, rng.standard_normal((design.shape[1], draws)), lower=False)
    found = weights[:, None] + noise
    moved = found[width : width * (1 + actions)].T.reshape(draws, actions, width)
    # without a trial's own intercept: of the mean trial
    base = found[:width].T.copy()
    base[:, 0] += found[width * (1 + actions) :].T @ (np.bincount(kind, minlength=actions) / len(x))
    return Uplift(mean, scale, base, moved)

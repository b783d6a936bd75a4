"""Roll-out of the mobile application by region (mechanism 11)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from financial_analytics.synthetic.calendar import Calendar
from financial_analytics.synthetic.catalog import REGIONS
from financial_analytics.synthetic.config import BankConfig
from financial_analytics.synthetic.frame import Floats, Ints
from financial_analytics.synthetic.rng import stream

NEVER = 10**6


@dataclass(frozen=True)
class Rollout:
    """When each region gets the application, and how much of its effect has come.

    Attributes
    ----------
    month : ndarray of int64, shape (regions,)
        Month index of the roll-out; ``NEVER`` for the regions left out.
    ramp : ndarray of float64, shape (regions, months)
        Share of the long-run effect, 0 before the roll-out.
    """

    month: Ints
    ramp: Floats


def build_rollout(config: BankConfig, calendar: Calendar) -> Rollout:
    """Assign regions to waves at random.

    A region treated in month g has, e months later, the share
    ``1 - exp(-(e + 1) / ramp_months)`` of the effect; log purchase and contact rates
    move by that share of ``transaction_effect`` and ``contact_effect``. Regions take
    the waves in random order, so trends are parallel; one group is never
    treated. About a quarter more activity after adoption is the size found for
    mobile banking users (Xue, Hitt and Chen 2011, *Management Science* 57(2)).
    """
    effect = config.mobile
    order = stream(config.seed, "mobile").permutation(len(REGIONS))
    month = np.full(len(REGIONS), NEVER)
    window = int(calendar.month_of_day[calendar.last - calendar.first]) + 1
    groups = np.array_split(order, effect.waves + 1)
    starts = np.linspace(0.30, 0.70, effect.waves) if effect.waves > 1 else np.array([0.45])
    for group, start in zip(groups[:-1], starts, strict=True):
        if window >= 6:
            month[group] = int(start * window)
    since = np.arange(calendar.months) - month[:, None]
    ramp = np.where(since >= 0, 1 - np.exp(-(np.maximum(since, 0) + 1) / effect.ramp_months), 0.0)
    return Rollout(month, ramp)

"""Cox regression against the recidivism data of Rossi, Berk and Lenihan (1980).

The coefficients are those that R's ``survival::coxph`` gives, in Fox and Weisberg (2018),
*Cox Proportional-Hazards Regression for Survival Data in R*; the data are lifelines' own copy.
"""

from __future__ import annotations

import numpy as np
import pytest
from lifelines.datasets import load_rossi

from financial_analytics.stats.causal.hazards import cox

PUBLISHED = {
    "fin": (-0.3794, 0.1914), "age": (-0.0574, 0.0220), "race": (0.3139, 0.3080),
    "wexp": (-0.1498, 0.2122), "mar": (-0.4337, 0.3819), "paro": (-0.0849, 0.1958),
    "prio": (0.0915, 0.0286),
}  # fmt: skip


def test_coefficients_and_errors_to_four_decimals() -> None:
    rossi = load_rossi()
    fit = cox(np.zeros(len(rossi)), rossi["week"], rossi["arrest"], rossi[list(PUBLISHED)])
    assert (fit.n, fit.events) == (432, 114)
    for (coefficient, error), one, two in zip(
        PUBLISHED.values(), fit.coefficient, fit.standard_error, strict=True
    ):
        assert one == pytest.approx(coefficient, abs=5e-5)
        assert two == pytest.approx(error, abs=5e-5)


def test_spells_cut_in_two_say_the_same() -> None:
    """A unit at risk from 0 to 52 is one at risk from 0 to 20 and from 20 on."""
    rossi = load_rossi()
    cut = 20
    longer = rossi[rossi["week"] > cut]
    first = rossi.assign(start=0, arrest=rossi["arrest"] * (rossi["week"] <= cut))
    first["week"] = first["week"].clip(upper=cut)
    both = [first, longer.assign(start=cut)]
    start, stop, event = (
        np.concatenate([part[name] for part in both]) for name in ("start", "week", "arrest")
    )
    x = np.concatenate([part[list(PUBLISHED)] for part in both])
    whole = cox(np.zeros(len(rossi)), rossi["week"], rossi["arrest"], rossi[list(PUBLISHED)])
    parts = cox(start, stop, event, x)
    assert parts.coefficient == pytest.approx(whole.coefficient, abs=1e-6)

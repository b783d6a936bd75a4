"""Group-time effects against published means and against another library's numbers."""

from __future__ import annotations

import numpy as np
import pytest

from financial_analytics.stats.causal.staggered import NEVER, group_time_effects

RNG = np.random.default_rng
COUNTIES = {2004: 20, 2006: 40, 2007: 131, NEVER: 309}
"""Counties of the data `mpdta` by the first year of a higher minimum wage."""
PUBLISHED = {
    (2004, 2004): -0.0105, (2004, 2005): -0.0704, (2004, 2006): -0.1373, (2004, 2007): -0.1008,
    (2006, 2006): -0.0046, (2006, 2007): -0.0412, (2007, 2007): -0.0261,
}  # fmt: skip
"""Effects on log teen employment without covariates: Callaway and Sant'Anna, "Getting started with
the did package" (vignette of `did`)."""


def test_means_of_the_published_effects_of_minimum_wages() -> None:
    """Counties whose paths have the published effects give the published means."""
    start = np.repeat([g - 2003 if g < NEVER else NEVER for g in COUNTIES], [*COUNTIES.values()])
    common = np.array([0.0, 0.02, -0.01, 0.03, 0.05])
    y = np.tile(common, (500, 1)) + RNG(1).normal(size=500)[:, None]
    for (group, year), effect in PUBLISHED.items():
        y[start == group - 2003, year - 2003] += effect
    found = group_time_effects(y, start, rng=RNG(1))
    cells = zip(found.group + 2003, found.period + 2003, found.group_effect, strict=True)
    assert {(g, t): round(e, 4) for g, t, e in cells if t >= g} == PUBLISHED
    assert found.overall.estimate == pytest.approx(-0.0400, abs=5e-5)
    by_event = dict(zip(found.event.tolist(), found.event_effect, strict=True))
    assert by_event[0] == pytest.approx(-0.0199, abs=1e-4)
    # later years have fewer than half of the counties: not given
    assert max(by_event) == 0


def made_up() -> tuple[np.ndarray, np.ndarray]:
    rng = RNG(42)
    start = np.repeat([3, 5, 6, NEVER], [12, 10, 8, 30])
    y = rng.normal(0, 1, 60)[:, None] + 0.1 * np.arange(8) + rng.normal(0, 0.3, (60, 8))
    since = np.arange(8) - np.where(start < NEVER, start, 99)[:, None]
    return y + np.where(since >= 0, 0.4 + 0.1 * since, 0.0), start


def test_group_time_effects_of_another_library() -> None:
    """`CallawaySantAnna(control_group="not_yet_treated", base_period="universal")`.

    diff-diff 3.13. Its standard error, 0.0850, has the cohorts' sizes estimated; ours has them
    given.
    """
    y, start = made_up()
    found = group_time_effects(y, start, rng=RNG(1))
    cells = zip(found.group.tolist(), found.period.tolist(), strict=True)
    effects = dict(zip(cells, found.group_effect.tolist(), strict=True))
    assert effects[3, 0] == pytest.approx(-0.002840, abs=1e-6)
    assert effects[3, 3] == pytest.approx(0.288035, abs=1e-6)
    assert effects[3, 7] == pytest.approx(0.809282, abs=1e-6)
    assert effects[5, 3] == pytest.approx(-0.146019, abs=1e-6)
    assert effects[5, 6] == pytest.approx(0.364217, abs=1e-6)
    assert effects[6, 1] == pytest.approx(-0.269621, abs=1e-6)
    assert effects[6, 7] == pytest.approx(0.413549, abs=1e-6)
    assert found.overall.estimate == pytest.approx(0.470024, abs=1e-6)
    assert found.overall.standard_error == pytest.approx(0.0850, rel=0.01)
    path = dict(zip(found.event.tolist(), found.event_effect.tolist(), strict=True))
    assert path[-5] == pytest.approx(-0.222573, abs=1e-6)
    assert path[2] == pytest.approx(0.476759, abs=1e-6)

"""How often the tests of category 04 reject what is true, and find what is there.

    .venv/bin/python benchmarks/levels.py [--frames 400] [--only anova,logit]

Each test sees so many simulated frames without an effect, and as many with one. At a level of 5 %
it should reject 5 % of the first, give or take what so many frames allow (1.96 standard errors),
and find 80 % of the second: each effect is what the formula of the minimum detectable effect (or
a first run) says is found with a power of 0.8. Prints a table as Markdown; nothing is asserted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from financial_analytics.models.inferential import selection_effects
from financial_analytics.models.threads import one_thread
from financial_analytics.stats.experiments import cuped_t, minimum_detectable, sample_ratio
from financial_analytics.stats.groups import (
    dunn,
    games_howell,
    kruskal_wallis,
    welch_anova,
    welch_t,
)
from financial_analytics.stats.ranking import counted_auc
from financial_analytics.stats.rates import two_proportions
from financial_analytics.stats.shapes import normality

LEVEL = 0.05
SIZES = (40, 80, 200)
SPREADS = (1.0, 2.0, 0.7)
Trial = Callable[[np.random.Generator, bool], float]
"""Draws a frame without (False) or with (True) the effect, and returns the p-value."""


def _groups(rng: np.random.Generator, gap: float, spreads: tuple[float, ...]) -> list[np.ndarray]:
    shifts = (0.0, 0.0, gap)
    return [rng.normal(m, s, n) for m, s, n in zip(shifts, spreads, SIZES, strict=True)]


def anova(rng: np.random.Generator, effect: bool) -> float:
    """Welch's ANOVA, variances 1, 4, 0.5."""
    return welch_anova(_groups(rng, 0.40 * effect, SPREADS)).p_value


def kruskal(rng: np.random.Generator, effect: bool) -> float:
    """Kruskal-Wallis, exponential values."""
    return kruskal_wallis(
        [rng.exponential(1 + 0.53 * effect * (k == 2), n) for k, n in enumerate(SIZES)]
    ).p_value


def howell(rng: np.random.Generator, effect: bool) -> float:
    """Games-Howell: the smallest p of all pairs."""
    return min(p.p_value for p in games_howell(_groups(rng, 0.48 * effect, SPREADS)).values())


def dunn_holm(rng: np.random.Generator, effect: bool) -> float:
    """Dunn with Holm: the smallest p of all pairs."""
    pairs = dunn(_groups(rng, 0.40 * effect, (1.0, 1.0, 1.0)))
    return min(1.0, len(pairs) * min(pair.p_value for pair in pairs.values()))


def proportions(rng: np.random.Generator, effect: bool) -> float:
    """Two proportions, 600 contacted, 200 held out, base 10 %."""
    gap = 0.079 * effect
    return two_proportions(rng.binomial(600, 0.1 + gap), 600, rng.binomial(200, 0.1), 200).p_value


def welch(rng: np.random.Generator, effect: bool) -> float:
    """Welch's t, gamma values, 600 against 200."""
    gap = minimum_detectable(float(np.sqrt(2 * (1 / 600 + 1 / 200)))) * effect
    return welch_t(rng.gamma(2, 1, 600) + gap, rng.gamma(2, 1, 200)).p_value


def cuped(rng: np.random.Generator, effect: bool) -> float:
    """CUPED, half of the variance known before, 600 against 200."""
    gap = minimum_detectable(float(np.sqrt(1 / 600 + 1 / 200))) * effect
    before = rng.normal(size=800)
    outcome = before + rng.normal(size=800)
    outcome[:600] += gap
    return cuped_t(outcome[:600], before[:600], outcome[600:], before[600:])[0].p_value


def ratio(rng: np.random.Generator, effect: bool) -> float:
    """Sample ratio, 1,000 units planned 3 to 1."""
    control = rng.binomial(1000, 0.25 + minimum_detectable(np.sqrt(0.25 * 0.75 / 1000)) * effect)
    return sample_ratio([control, 1000 - control], [1, 3]).p_value


def logit(rng: np.random.Generator, effect: bool) -> float:
    """Robust logit, one of three factors, 800 decisions."""
    frame = pd.DataFrame({name: rng.integers(0, 2, 800) for name in ("a", "b", "c")})
    line = -0.3 + 0.8 * frame["b"] + 0.42 * effect * frame["a"]
    frame["won"] = rng.random(800) < 1 / (1 + np.exp(-line))
    found = selection_effects(frame, outcome="won", factors=["a", "b", "c"])
    return float(found.loc[(found["factor"] == "a") & (found["status"] == "ok"), "p_value"].iloc[0])


def area(rng: np.random.Generator, effect: bool) -> float:
    """Area under the ROC curve (DeLong), 100 events of 1,100."""
    label = np.repeat([1.0, 0.0], [100, 1000])
    return counted_auc(rng.normal(0.30 * effect * label, 1.0), label).p_value


def _normal(name: str) -> Trial:
    def trial(rng: np.random.Generator, effect: bool) -> float:
        values = rng.gamma(12, size=300) if effect else rng.normal(size=300)
        return float(getattr(normality(values), name).p_value)

    trial.__name__ = name
    trial.__doc__ = f"{name.replace('_', '-').title()}, 300 values; with: gamma of shape 12."
    return trial


TRIALS: tuple[Trial, ...] = (
    *(anova, kruskal, howell, dunn_holm, proportions, welch, cuped, ratio, logit, area),
    *map(_normal, ("jarque_bera", "dagostino", "anderson")),
)


@one_thread
def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--frames", type=int, default=400)
    options.add_argument("--only", default="", help="names of tests, separated by commas")
    given = options.parse_args()
    frames, only = given.frames, set(filter(None, given.only.split(",")))
    margin = 100 * 1.96 * (LEVEL * (1 - LEVEL) / frames) ** 0.5
    print(f"{frames} frames each; a test of 5 % rejects {100 * LEVEL:.0f} ± {margin:.1f} %\n")
    print("| test | rejects without an effect, % | finds the effect, % |")
    print("|---|---|---|")
    for number, trial in enumerate(TRIALS):
        if only and trial.__name__ not in only:
            continue
        rates = []
        for effect in (False, True):
            rng = np.random.default_rng([20240, number, effect])
            rates.append(np.mean([trial(rng, effect) < LEVEL for _ in range(frames)]))
        words = str(trial.__doc__).rstrip(".")
        print(f"| {words} | {100 * rates[0]:.1f} | {100 * rates[1]:.1f} |", flush=True)


if __name__ == "__main__":
    main()

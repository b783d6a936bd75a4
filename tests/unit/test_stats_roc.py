"""The area under the curve: by pairs, DeLong's variance by its definition, clusters by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from financial_analytics.errors import InvalidInputError
from financial_analytics.stats.roc import auc_difference, auc_interval, placements


def sample(rows: int = 300, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    event = rng.random(rows) < 0.25
    score = np.round(rng.normal(size=rows) + event, 1)  # rounded, so that there are ties
    return event, score, np.round(score + rng.normal(size=rows), 1)


def kernel(event: np.ndarray, score: np.ndarray) -> np.ndarray:
    above = score[event][:, None] - score[~event][None, :]
    return np.where(above > 0, 1.0, np.where(above == 0, 0.5, 0.0))


def test_area_and_variance_are_those_of_the_definition() -> None:
    event, score, _ = sample()
    pairs = kernel(event, score)
    rows, columns = pairs.mean(axis=1), pairs.mean(axis=0)
    variance = rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns)
    found = auc_interval(event, score)
    assert found.value == pytest.approx(roc_auc_score(event, score), abs=1e-12)
    assert found.error == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_difference_is_paired() -> None:
    event, score, other = sample()
    one, two = kernel(event, score), kernel(event, other)
    rows, columns = (one - two).mean(axis=1), (one - two).mean(axis=0)
    variance = rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns)
    found = auc_difference(event, score, other)
    assert found.value == pytest.approx(one.mean() - two.mean(), abs=1e-12)
    assert found.error == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert auc_difference(event, score, score).error == 0


def test_rows_repeated_in_clusters_say_no_more_than_once() -> None:
    event, score, _ = sample()
    unit = np.arange(len(event))
    once = auc_interval(event, score)
    thrice = auc_interval(np.tile(event, 3), np.tile(score, 3), clusters=np.tile(unit, 3))
    assert thrice.value == pytest.approx(once.value, abs=1e-12)
    assert thrice.error == pytest.approx(once.error, rel=0.02)  # n - 1 against 3 n - 1
    assert auc_interval(np.tile(event, 3), np.tile(score, 3)).error < 0.6 * once.error


def test_interval_keeps_its_level() -> None:
    """2,000 samples of a binormal curve with a known area: 95 % within three standard errors."""
    rng = np.random.default_rng(11)
    truth, covered = 0.7602499389065233, 0  # Phi(1 / sqrt 2)
    for _ in range(2000):
        event = rng.random(120) < 0.3
        found = auc_interval(event, rng.normal(size=120) + event)
        covered += found.lower <= truth <= found.upper
    assert abs(covered / 2000 - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_one_class_is_unknown_and_bad_input_is_said() -> None:
    assert np.isnan(auc_interval([False, False], [0.1, 0.2]).value)
    with pytest.raises(InvalidInputError, match="not a number"):
        placements([0, 1], [0.1, np.nan])
    with pytest.raises(InvalidInputError, match="shape"):
        placements([0, 1], [0.1])

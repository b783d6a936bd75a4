"""Every effect of the synthetic bank, found again with its interval, and not found once gone."""

from __future__ import annotations

import pytest
from tests.support.studies_activity import ACTIVITY
from tests.support.studies_lending import LENDING
from tests.support.studies_lives import LIVES
from tests.support.studies_market import MARKET
from tests.support.synthetic_lab import covers
from tests.support.synthetic_studies import WIDTH, Study

STUDIES = (*ACTIVITY, *LENDING, *LIVES, *MARKET)
CASES = [(study, parameter) for study in STUDIES for parameter in study.finds]
NAMES = [parameter for _, parameter in CASES]


@pytest.mark.parametrize(("study", "parameter"), CASES, ids=NAMES)
def test_planted__value_is_inside_the_interval_and_no_effect_outside(
    study: Study, parameter: str
) -> None:
    estimate, error = study.found(study.planted)[parameter]
    assert covers(estimate, error, study.value(study.planted, parameter), WIDTH)
    assert not covers(estimate, error, study.value(study.removed, parameter), WIDTH)


@pytest.mark.parametrize(("study", "parameter"), CASES, ids=NAMES)
def test_removed__no_effect_is_inside_the_interval_and_the_planted_value_outside(
    study: Study, parameter: str
) -> None:
    estimate, error = study.found(study.removed)[parameter]
    assert covers(estimate, error, study.value(study.removed, parameter), WIDTH)
    assert not covers(estimate, error, study.value(study.planted, parameter), WIDTH)

"""Each check of data quality finds the fault planted for it, and is silent on a clean bank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support import quality_bank
from tests.support.lab import Lab

FAMILIES = ("feeds", "quarantine", "references", "contradictions")
# what the clean bank does not have
ABSENT = 9


def findings(lab: Lab, columns: str, condition: str) -> list[tuple[Any, ...]]:
    arms = " union all ".join(
        f"select * from gold_intermediate.int_quality_{name}" for name in FAMILIES
    )
    return lab.rows(f"select {columns} from ({arms}) where {condition} order by all")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("clean"))
    lab.load(quality_bank.clean())
    lab.build(*(f"+int_quality_{name}" for name in FAMILIES))
    return lab


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("faulty"))
    lab.load(quality_bank.faulty())
    lab.build(*(f"+int_quality_{name}" for name in FAMILIES))
    return lab


def test_nothing_is_found_on_a_clean_bank_but_feeds_that_are_not_there(clean: Lab) -> None:
    found = findings(clean, "check_name, reason_name", "concerned_count > 0")
    assert found == [("feed_is_there", "no rows")] * ABSENT


def test_on_the_clean_bank_every_check_has_something_to_check(clean: Lab) -> None:
    """A check without rows would be silent whatever came."""
    checks = findings(clean, "distinct check_name", "row_count > 0")
    planted = {expected[0] for _, expected in quality_bank.FAULTS.values()}
    assert {name for (name,) in checks} == planted | {"feed_is_there"}


@pytest.mark.parametrize("fault", quality_bank.FAULTS)
def test_a_planted_fault_is_found(faulty: Lab, fault: str) -> None:
    expected = quality_bank.FAULTS[fault][1]
    found = findings(
        faulty,
        "check_name, feed_name, reason_name, severity, concerned_count, row_count, example_keys",
        f"check_name = '{expected[0]}' and concerned_count > 0",
    )
    assert found == [expected]


def test_a_finding_says_since_when(faulty: Lab) -> None:
    rows = findings(
        faulty, "check_name, cast(since_date as text)", "check_name in ('feed_is_fresh', 'prices')"
        " and concerned_count > 0"
    )  # fmt: skip
    assert rows == [("feed_is_fresh", "2024-02-21"), ("prices", "2024-02-01")]


def test_what_the_loader_noticed_is_found(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    feeds = quality_bank.clean()
    feeds["accounts"] = [{**row, "close_date": "1900-01-01"} for row in feeds["accounts"]]
    lab.load(feeds)
    lab.build("+int_quality_remarks")
    rows = lab.rows(
        "select check_name, feed_name, reason_name, severity, concerned_count, row_count"
        " from gold_intermediate.int_quality_remarks"
    )
    count = len(feeds["accounts"])
    assert rows == [
        ("dates_read_as_empty", "accounts", "a day that stands for no date", "info", count, count)
    ]

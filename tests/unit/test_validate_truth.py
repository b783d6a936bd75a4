"""Planted and found: what is counted, what is withheld, what is kept, and who is asked."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from financial_analytics.settings import find_project_dir
from financial_analytics.synthetic import load_config
from financial_analytics.validate import MECHANISMS, Found, recover, summary
from financial_analytics.validate.pages import HEADERS, cells, page, write_results
from financial_analytics.validate.truth import Run

ONE = Found("approval", "USD", "m", "planted", 1, 60.0, 50.0, 40.0, 70.0, "supported", None, 0.9)
WITHHELD = replace(ONE, seed=4, estimate=None, lower=None, upper=None,
                   verdict="refuted_by_diagnostic", failed="the density jumps")  # fmt: skip
FOUND = [ONE, replace(ONE, seed=2, lower=-5.0, upper=55.0), replace(ONE, seed=3), WITHHELD]
NOTHING = [replace(one, arm="nothing", planted=0.0) for one in FOUND]


def test_covered_found_and_withheld_are_counted() -> None:
    planted, nothing = summary([*FOUND, *NOTHING])
    assert (planted["covered_count"], planted["interval_count"]) == (2, 3)
    assert (planted["found_count"], planted["withheld_count"]) == (2, 1)
    assert planted["estimate_lower"] == pytest.approx((40 - 5 + 40) / 3)
    assert not planted["is_met"]  # two of three are fewer than 34 of 40
    assert (nothing["planted"], nothing["covered_count"], nothing["found_count"]) == (0, 1, 2)
    assert summary([ONE])[0]["is_met"]
    none = summary([WITHHELD])[0]
    assert (none["interval_count"], none["estimate"], none["is_met"]) == (0, None, False)
    assert len(cells(none)) == len(HEADERS)


def test_a_page_says_what_was_withheld_and_why(tmp_path: Path) -> None:
    text = page([*FOUND, *NOTHING], command="fa x", customers=6000, transactions=300_000)
    assert "| approval, USD | 60 | 50 | 25 to 65 | 2 of 3 | 2 of 3 | 1 | 0.900 |" in text
    assert "| approval | the density jumps | 2 |" in text
    assert "6,000 customers" in text
    assert "less often than 34 of 40: approval (planted: 2 of 3); approval (nothing" in text
    assert "No interval covered less" in page([ONE], command="", customers=1, transactions=1)
    assert "withheld and why" not in page(FOUND[:3], command="", customers=1, transactions=1)
    table, sums = write_results(FOUND, tmp_path)
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["is_covered"] for row in rows] == ["True", "False", "True", ""]
    assert json.loads(sums.read_text())[0]["covered_count"] == 2


def test_banks_that_were_done_are_not_done_again(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    names = [each.name for each in MECHANISMS]
    for arm in ("planted", "nothing"):
        run = Run(arm, 7, 500, 5000, tmp_path, tmp_path, find_project_dir(), moment)
        rows = [asdict(replace(ONE, mechanism=name, seed=7, arm=arm)) for name in [*names, "gone"]]
        run.kept.write_text(json.dumps(rows))
    heard: list[tuple[int, int]] = []
    found = recover(
        [7], folder=tmp_path, project_dir=find_project_dir(), moment=moment, customers=500,
        transactions=5000, heard=lambda done, total: heard.append((done, total)),
    )  # fmt: skip
    assert [(one.mechanism, one.arm) for one in found] == [
        (name, arm) for name in names for arm in ("planted", "nothing")
    ]
    assert heard == [(2, 2)]


def test_every_causal_model_is_asked() -> None:
    folder = find_project_dir() / "models" / "gold" / "analytics" / "07_causal_analytics"
    built = {path.stem for path in folder.glob("analytics_*.py")}
    assert {each.model for each in MECHANISMS} == built


def test_mechanisms_are_those_of_the_bank_and_can_be_planted_as_nothing() -> None:
    class Empty:
        def rows(self, query: str) -> list[tuple[Any, ...]]:
            if "int_campaign_members" in query:
                return [(7, "Affluent", 30), (7, "Premium", 10), (8, "Affluent", 60)]
            then = datetime(2024, 1, 1, tzinfo=UTC)
            return [(then, then), (datetime(2024, 3, 1, tzinfo=UTC), then)]

    def ledger(overrides: list[str]) -> dict[str, Any]:
        config = load_config(overrides=overrides).as_dict()
        scale = config["campaigns"]["lift"] / load_config().as_dict()["campaigns"]["lift"]
        lift = {"Affluent": 0.1 * scale, "Premium": 0.02 * scale}
        return {"config": config, "campaigns": [{"campaign_id": 7, "lift": lift}]}

    off = {name: value for each in MECHANISMS for name, value in each.off.items()}
    for overrides in ([], [f"{name}={value}" for name, value in off.items()]):
        values = {each.name: each.planted(ledger(overrides), Empty()) for each in MECHANISMS}
        is_planted = {name for name, value in values.items() if value != 0}
        expected = set() if overrides else {each.name for each in MECHANISMS if each.off}
        assert is_planted == expected
    values = {each.name: each.planted(ledger([]), Empty()) for each in MECHANISMS}
    assert values["campaigns with a holdout, conversion"] == pytest.approx(0.1 * 0.3 + 0.02 * 0.1)
    assert values["autopay, late payment"] == pytest.approx(math.log(0.35))
    # months 0 and 2 of a ramp of three months
    ramp = 1 - (math.exp(-1 / 3) + math.exp(-1)) / 2
    assert values["mobile roll-out, purchases"] == pytest.approx(0.25 * ramp)
    assert values["rate of Savings, balances"] == pytest.approx(0.1 * (1 - 0.75**12))

"""One small bank goes the whole way of fa validate truth."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from financial_analytics.settings import find_project_dir
from financial_analytics.validate import MECHANISMS, recover


def test_a_bank_is_generated_built_and_read(tmp_path: Path) -> None:
    found = recover(
        [1], folder=tmp_path, project_dir=find_project_dir(), customers=1200, transactions=40_000,
        moment=datetime(2026, 1, 1, tzinfo=UTC), jobs=1,
    )  # fmt: skip
    assert [one.mechanism for one in found] == [
        each.name for each in MECHANISMS for _ in ("planted", "nothing")
    ]
    assert {one.failed for one in found} & {"no row"} == set()
    autopay = {one.arm: one for one in found if one.mechanism == "autopay, late payment"}
    assert autopay["planted"].planted < -1
    assert autopay["nothing"].planted == 0
    assert autopay["planted"].upper is not None
    assert autopay["planted"].upper < 0  # an effect this large shows in a small bank
    # what is left is the results, not the banks
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "nothing-1200-40000-1.json",
        "planted-1200-40000-1.json",
    ]

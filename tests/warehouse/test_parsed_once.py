"""A second warehouse of the same project is built from what dbt parsed for the first."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.lab import Lab
from tests.support.small_bank import feeds

from financial_analytics.build import dbt_paths
from financial_analytics.parsed import PARTIAL_PARSE


def test_two_warehouses_one_parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FA_CACHE_DIR", str(tmp_path / "cache"))
    rows, own = [], []
    for name in ("first", "second"):
        lab = Lab(tmp_path / name)
        lab.load(feeds())
        lab.build("+fact_transactions")
        rows.append(lab.rows("select * from gold.fact_transactions order by all"))
        own.append((dbt_paths(lab.settings, None)[0] / PARTIAL_PARSE).exists())
    assert rows[0] == rows[1] != []
    assert own == [True, False]  # dbt writes this file when it has parsed
    monkeypatch.setenv("FA_PERSIST_DOCS", "true")
    lab.build("+dim_date")
    assert (dbt_paths(lab.settings, None)[0] / PARTIAL_PARSE).exists()

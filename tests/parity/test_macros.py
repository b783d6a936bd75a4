"""The traps of `tests.support.traps` on the engines that start at once; Spark: test_spark.py."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.banks import drop_schemas, postgres_environment
from tests.support.traps import HOLDS, evaluate


@pytest.fixture(scope="module")
def duckdb_row(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return evaluate(tmp_path_factory.mktemp("macros-duckdb"), "duckdb")


@pytest.fixture(scope="module")
def postgres_row(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with postgres_environment():
        drop_schemas()
        row = evaluate(tmp_path_factory.mktemp("macros-postgres"), "postgres")
        drop_schemas()
    return row


@pytest.mark.slow
@pytest.mark.parametrize("name", HOLDS)
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_macro_holds(request: pytest.FixtureRequest, engine: str, name: str) -> None:
    assert request.getfixturevalue(f"{engine}_row")[name] is True

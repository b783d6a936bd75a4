"""A query with macros in it, run by dbt on an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from financial_analytics.engines import table as engines
from financial_analytics.settings import find_project_dir


def first_row(
    folder: Path, query: str, *, target: str = "duckdb", **variables: Any
) -> dict[str, Any]:
    """Return the first row of a query; `folder` keeps the engine's and dbt's files."""
    root = str(find_project_dir())
    arguments = ["show", "--quiet", "--inline", query, "--limit", "1", "--target", target]
    arguments += ["--vars", str(variables), "--project-dir", root, "--profiles-dir", root]
    arguments += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FA_DATA_DIR", str(folder))
        outcome = dbtRunner().invoke(arguments)
        engines.release()
    if outcome.exception is not None:
        raise outcome.exception
    table = outcome.result.results[0].agate_table
    assert table is not None, outcome.result.results[0].message
    return dict(zip(table.column_names, table.rows[0].values(), strict=True))

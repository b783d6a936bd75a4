"""The ready queries of the documents are valid SQL over what models have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from financial_analytics.described import code_files, describe

ROOT = Path(__file__).resolve().parents[2]


def _sections() -> dict[str, str]:
    text = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
    return {part.splitlines()[0]: part for part in re.split(r"^## ", text, flags=re.M)[1:]}


@pytest.fixture(scope="module")
def gold() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a warehouse whose relations have columns and types of their YAML, and no rows."""
    with duckdb.connect() as connection:
        connection.execute("create schema gold")
        for name, path in code_files(ROOT).items():
            if "gold" in path.parts:
                columns = ", ".join(
                    f'"{column["name"]}" {column["data_type"]}'
                    for column in describe(ROOT, name).columns
                )
                connection.execute(f"create table gold.{name} ({columns})")
        yield connection


@pytest.mark.parametrize("question", _sections())
def test_a_ready_query_reads_what_models_have(
    gold: duckdb.DuckDBPyConnection, question: str
) -> None:
    """Columns are those of the YAML, and the section leads to the model's page."""
    section = _sections()[question]
    (query,) = re.findall(r"^```sql\n(.*?)^```", section, re.M | re.S)
    assert gold.execute(query).fetchall() == []
    (model,) = set(re.findall(r"\bgold\.(\w+)", query))
    assert f"](models/{model}.md)" in section or f"`gold.{model}`" in section


def test_a_query_of_a_column_that_is_not_there_is_refused(gold: duckdb.DuckDBPyConnection) -> None:
    query = "select no_such_column from gold.analytics_monthly_transaction_trend"
    with pytest.raises(duckdb.BinderException, match="no_such_column"):
        gold.execute(query)

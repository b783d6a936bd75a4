"""A warehouse whose keys are texts still, as earlier versions built them."""

from __future__ import annotations

import duckdb
import pytest
from tests.support.lab import Lab
from tests.support.small_bank import feeds, transaction

from financial_analytics.errors import BuildError


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(tmp_path_factory.mktemp("old-keys"))
    lab.load(feeds())
    lab.build()
    return lab


def key_columns(lab: Lab, kind: str) -> list[tuple[str, str]]:
    """Return table and name of the surrogate keys of a type."""
    return lab.rows(
        "select schema_name || '.' || table_name, column_name"
        " from duckdb_columns() semi join duckdb_tables() using (schema_name, table_name)"
        " where column_name like '%\\_key' escape '\\' and column_name not like '%natural_key'"
        f" and schema_name like 'gold%' and data_type = '{kind}' order by all"
    )


def to_texts(lab: Lab) -> int:
    """Give every surrogate key the type and form that it had; return how many columns there are."""
    columns = key_columns(lab, "BIGINT")
    with duckdb.connect(str(lab.settings.warehouse_path)) as connection:
        for relation, column in columns:
            connection.execute(
                f"alter table {relation} alter {column} type varchar"
                f" using md5(cast({column} as varchar))"
            )
    return len(columns)


def test_a_whole_build_brings_every_key_to_its_number(lab: Lab) -> None:
    news = {"transactions": [transaction(90, "2024-04-02 10:00:00", "-9.00")]}
    lab.load(news)
    count = to_texts(lab)
    assert count > 40
    lab.build()
    assert key_columns(lab, "VARCHAR") == []
    assert len(key_columns(lab, "BIGINT")) == count
    built = lab.keep("built")
    lab.build(full_refresh=True)
    assert lab.differences(built) == {}


def test_a_partial_build_of_old_keys_is_refused_before_it_writes(lab: Lab) -> None:
    to_texts(lab)
    before = lab.settings.warehouse_path.read_bytes()
    with pytest.raises(BuildError) as refused:
        lab.build("dim_channel")
    message = f"{refused.value} {refused.value.hint}"
    assert "gold.fact_transactions" in message
    assert "fa build" in message
    assert lab.settings.warehouse_path.read_bytes() == before
    lab.build()
    lab.build("dim_channel")
    assert key_columns(lab, "VARCHAR") == []

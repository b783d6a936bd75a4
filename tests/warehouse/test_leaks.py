"""No column of a dimension's version was learnt after it.

The same bank is built twice: from what its feeds held on one day, and from all of them. Whatever
a version said on that day it says afterwards, but for columns that the dimension calls timeless.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from tests.support.lab import ARRIVAL_COLUMNS, Lab
from tests.support.synthetic_lab import bank

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.settings import find_project_dir

pytestmark = pytest.mark.slow

DAY = "2024-06-30"
# When a version ends is learnt when it does; that it was the last, too.
ENDS = frozenset({"valid_to", "is_current"})
DIMENSIONS = find_project_dir() / "models" / "gold" / "dimensions"
PUBLISHED = "created_at"  # of an economic indicator
Warehouses = duckdb.DuckDBPyConnection


def timeless(dimension: str) -> set[str]:
    """Return the columns of a dimension that corrections overwrite on every version."""
    text = (DIMENSIONS / f"{dimension}.yml").read_text(encoding="utf-8")
    model = yaml.safe_load(text)["models"][0]
    return set(model.get("config", {}).get("meta", {}).get("timeless", []))


def known_by(day: str, feeds: Path, out: Path) -> Path:
    """Write the rows of each feed that were there at the end of a day, and return the folder."""
    out.mkdir()
    for table in load_contract():
        source = f"read_parquet('{feeds / table.name}.parquet')"
        names = {name for name, *_ in duckdb.sql(f"describe from {source}").fetchall()}
        moment = table.version_time or table.event_time or PUBLISHED
        kept = f"try_cast({moment} as timestamp) < date '{day}' + 1 or {moment} is null"
        duckdb.sql(
            f"copy (from {source} where {kept if moment in names else 'true'})"
            f" to '{out / table.name}.parquet'"
        )
    return out


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouses]:
    """Connect to both warehouses, as ``before`` and ``later``."""
    home = tmp_path_factory.mktemp("leaks")
    feeds = bank(customers=300, transactions=9_000).folder / "full"
    with duckdb.connect() as connection:
        for name, folder in (("before", known_by(DAY, feeds, home / "known")), ("later", feeds)):
            lab = Lab(home / name)
            lab.load(folder)
            lab.build("+tag:dimension", "+tag:states")
            connection.execute(f"attach '{lab.settings.warehouse_path}' as {name} (read_only)")
        yield connection


def histories(warehouses: Warehouses) -> dict[str, list[str]]:
    """Return the columns of each dimension whose rows are versions."""
    found: dict[str, list[str]] = {}
    for table, column in warehouses.execute(
        "select table_name, column_name from information_schema.columns where"
        " table_catalog = 'later' and table_schema = 'gold' and table_name like 'dim%' order by all"
    ).fetchall():
        found.setdefault(table, []).append(column)
    return {table: columns for table, columns in found.items() if "valid_from" in columns}


def learnt_later(warehouses: Warehouses, query: str, key: str) -> set[str]:
    """Return the columns of a query that differ for a version that was there on the day.

    `query` reads from a catalogue written ``{bank}``. An inferred member is a promise of
    versions, and none yet.
    """
    before, later = query.format(bank="before"), query.format(bank="later")
    columns = [name for name, *_ in warehouses.execute(f"describe {before}").fetchall()]
    lost = warehouses.execute(
        f"select count(*) from ({before}) anti join ({later}) using ({key})"
    ).fetchone()
    assert lost == (0,), "versions that were there are gone"
    differs = ", ".join(
        f'count_if(before."{name}" is distinct from later."{name}")' for name in columns
    )
    counts = warehouses.execute(
        f"select {differs} from ({before}) as before join ({later}) as later using ({key})"
    ).fetchone()
    assert counts is not None
    return {name for name, count in zip(columns, counts, strict=True) if count}


@pytest.mark.parametrize("dimension", ["dim_account", "dim_customer", "dim_economic_indicators"])
def test_a_version_says_afterwards_what_it_said(warehouses: Warehouses, dimension: str) -> None:
    columns = histories(warehouses)[dimension]
    known = "where not is_inferred" if "is_inferred" in columns else ""
    query = f"select * from {{bank}}.gold.{dimension} {known}"
    sizes = [
        warehouses.execute(f"select count(*) from ({query.format(bank=name)})").fetchone()
        for name in ("before", "later")
    ]
    assert 100 < sizes[0][0] < sizes[1][0]  # type: ignore[index]
    changed = learnt_later(warehouses, query, f"{dimension.removeprefix('dim_')}_key")
    assert changed - ENDS - ARRIVAL_COLUMNS - timeless(dimension) == set()


def test_every_dimension_with_versions_is_compared(warehouses: Warehouses) -> None:
    assert sorted(histories(warehouses)) == [
        *("dim_account", "dim_customer", "dim_economic_indicators"),
    ]


@pytest.mark.parametrize(
    ("name", "moving"),
    [
        (
            "customer",
            {"age_years", "churn_risk_score", "customer_lifetime_value_amount", "last_login_date"},
        ),
        ("account", {"close_date", "reported_balance", "available_balance", "payment_due_date"}),
    ],
)
def test_present_state_on_a_version_would_be_found(
    warehouses: Warehouses, name: str, moving: set[str]
) -> None:
    """The columns that versions once had: had they them now, the comparison would say so."""
    query = (
        f"select * from {{bank}}.gold.dim_{name}"
        f" join {{bank}}.gold.current_{name} using ({name}_natural_key) where not is_inferred"
    )
    assert moving <= learnt_later(warehouses, query, f"{name}_key")

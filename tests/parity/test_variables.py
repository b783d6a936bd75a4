"""Every variable changed in turn: an incremental build equals a full refresh, cell by cell.

`make variables` runs it; it takes some minutes on each engine. Only relations that are built
incrementally, and what they read, are built: all others are written whole each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.support.banks import FIRST_LOAD, OPENERS, Bank
from tests.support.lab import write_feed
from tests.support.parity import Cells, differences
from tests.support.variables import CHANGED, DEFAULTS, settings_feeds

from financial_analytics.build import BuildOptions, build
from financial_analytics.ingest import ingest

pytestmark = pytest.mark.variables
SELECTION = ("+tag:fact", "config.materialized:incremental")


@pytest.fixture(scope="module", params=sorted(OPENERS))
def bank(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bank]:
    """The smallest bank on an engine, built with the defaults."""
    folder = tmp_path_factory.mktemp("variables")
    with OPENERS[request.param](folder / "data") as opened:
        for table, rows in settings_feeds().items():
            write_feed(folder / "feeds", table, rows)
        report = ingest(
            [folder / "feeds"],
            settings=opened.settings,
            loaded_at=FIRST_LOAD,
            extracted_at=FIRST_LOAD - timedelta(hours=1),
            target=opened.engine,
        )
        assert (report.refused, report.totals.quarantined) == ([], 0)
        run(opened)
        yield opened


def run(bank: Bank, *, full_refresh: bool = False, **variables: Any) -> dict[str, Cells]:
    """Build and return every relation of silver and gold."""
    options = BuildOptions(
        select=SELECTION, target=bank.engine, command="run",
        full_refresh=full_refresh, variables=variables,
    )  # fmt: skip
    build(bank.settings, options)
    return {
        name: Cells(bank.engine, bank.read(name))
        for name in bank.list_relations()
        if not name.startswith("ingestion_raw_data.")
    }


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_incremental_build_after_a_changed_variable_is_a_full_refresh(
    bank: Bank, name: str
) -> None:
    """Each test starts from what the one before left: a variable changes back, another changes."""
    incremental = run(bank, **{name: CHANGED[name]})
    rebuilt = run(bank, full_refresh=True, **{name: CHANGED[name]})
    assert set(incremental) == set(rebuilt)
    found = {
        relation: faults
        for relation, cells in rebuilt.items()
        if (faults := differences(cells, incremental[relation]))
    }
    assert found == {}

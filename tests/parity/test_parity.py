"""The same bank on every engine: each relation compared cell by cell, with no allow-list.

After the full load, and after three days of deltas with late rows, built incrementally.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.banks import OPENERS, Bank, Feeds, write_feeds
from tests.support.parity import Cells, differences

REFERENCE = "duckdb"
OTHERS = tuple(engine for engine in OPENERS if engine != REFERENCE)
STAGES = ("full", "incremental")
ROOT = Path(__file__).resolve().parents[2]


def _modelled() -> list[str]:
    """Return the relations that the models' files name, plus bronze."""
    folders = {"silver": "models/transform", "gold": "models/gold"}
    found = []
    for schema, folder in folders.items():
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".sql", ".py"}:
                vault = path.parent.name == "vault"
                found.append(f"{'silver_vault' if vault else schema}.{path.stem}")
    return found


@pytest.fixture(scope="session")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Feeds:
    return write_feeds(tmp_path_factory.mktemp("parity-feeds"))


@pytest.fixture(scope="session")
def banks(tmp_path_factory: pytest.TempPathFactory, feeds: Feeds) -> Iterator[dict[str, Bank]]:
    """Return the bank of each engine, loaded and built twice."""
    with ExitStack() as stack:
        opened = {}
        for engine, opener in OPENERS.items():
            folder = tmp_path_factory.mktemp(f"parity-{engine}")
            bank = stack.enter_context(opener(folder))
            bank.load(feeds, feeds.batches[:1])
            bank.build()
            bank.keep("full")
            bank.load(feeds, feeds.batches[1:])
            bank.build()
            bank.keep("incremental")
            opened[engine] = bank
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("relation", _modelled())
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("engine", OTHERS)
def test_relation_is_the_same(
    banks: dict[str, Bank], engine: str, stage: str, relation: str
) -> None:
    expected = banks[REFERENCE].cells(stage, relation)
    assert differences(expected, banks[engine].cells(stage, relation)) == []


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("engine", OTHERS)
def test_the_engines_have_the_same_relations(
    banks: dict[str, Bank], engine: str, stage: str
) -> None:
    assert banks[engine].stages[stage].keys() == banks[REFERENCE].stages[stage].keys()


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("engine", OTHERS)
def test_bronze_is_the_same(banks: dict[str, Bank], engine: str, stage: str) -> None:
    names = [n for n in banks[REFERENCE].stages[stage] if n.startswith("ingestion_raw_data.")]
    assert len(names) > 20
    found = {}
    for name in names:
        expected = banks[REFERENCE].cells(stage, name)
        if faults := differences(expected, banks[engine].cells(stage, name)):
            found[name] = faults
    assert found == {}


@pytest.mark.slow
def test_the_increment_changed_old_months(banks: dict[str, Bank]) -> None:
    """The comparison after the deltas would show little if they only appended."""
    full, later = (
        banks[REFERENCE].stages[stage]["gold.fact_transactions"].to_pandas() for stage in STAGES
    )
    last_month = full["transaction_month"].max()
    added = later[~later["transaction_id"].isin(full["transaction_id"])]
    assert (added["transaction_month"] < last_month).sum() == 5
    both = full.merge(later, on="transaction_id", suffixes=("", "_later"))
    old = both[both["transaction_month"] < last_month]
    assert (old["transaction_amount"] != old["transaction_amount_later"]).sum() >= 3


@pytest.mark.slow
@pytest.mark.parametrize("engine", OTHERS)
def test_a_rebuild_gives_what_the_increments_gave(banks: dict[str, Bank], engine: str) -> None:
    bank = banks[engine]
    bank.build(full_refresh=True)
    again = bank.snapshot()
    found = {
        name: faults
        for name, table in bank.stages["incremental"].items()
        if (faults := differences(Cells("increments", table), Cells("rebuild", again[name])))
    }
    assert found == {}

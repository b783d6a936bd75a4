"""The demo's bank, small, from feeds to facts: nothing is empty, dirt is where it was put."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from tests.support.lab import Lab
from tests.support.synthetic_lab import Bank, bank

pytestmark = pytest.mark.slow

FACTS = 13
NO_PERSON = "customer_natural_key > 0 and not is_inferred"


@pytest.fixture(scope="module")
def made() -> Bank:
    """Return the default bank with fewer customers."""
    return bank(customers=800, transactions=40_000)


@pytest.fixture(scope="module")
def lab(made: Bank, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab with its dimensions and facts."""
    lab = Lab(tmp_path_factory.mktemp("synthetic"))
    lab.load(made.folder / "full")
    lab.build("+tag:facts +dim_campaign")
    return lab


def test_every_fact_has_rows(lab: Lab) -> None:
    facts = [name for name in lab.relations("gold") if name.startswith("gold.fact_")]
    assert len(facts) == FACTS
    assert {name for name in facts if lab.value(f"select count(*) from {name}") == 0} == set()


def test_customers_have_history(lab: Lab) -> None:
    share = lab.value(
        "select avg(cast(version_count > 1 as integer)) from ("
        " select customer_natural_key, count(*) as version_count"
        f" from gold.dim_customer where {NO_PERSON} group by customer_natural_key)"
    )
    assert share >= 0.15


def test_quarantine_holds_the_planted_dirt_and_nothing_else(lab: Lab, made: Bank) -> None:
    ledger = pq.read_table(made.folder / "truth" / "latent_dirt.parquet").to_pandas()
    bad = ledger[ledger.outcome == "quarantined"]
    names = ["source_file", "source_row", "column_name"]
    found = lab.rows(f"select {', '.join(names)} from ingestion_raw_data.quarantine")
    assert len(bad) > 20
    assert sorted(found) == sorted(bad[names].itertuples(index=False, name=None))
    assert lab.value("select sum(rows_duplicate) from ingestion_raw_data._batches") == int(
        (ledger.outcome == "duplicate").sum()
    )


def test_facts_hold_every_clean_row_and_the_planted_orphans(lab: Lab, made: Bank) -> None:
    ledger = pq.read_table(made.folder / "truth" / "latent_dirt.parquet").to_pandas()
    orphans = ledger[(ledger.table_name == "transactions") & (ledger.outcome == "accepted")]
    clean = made.feed("transactions")
    assert len(orphans) > 0
    assert lab.value("select count(*) from gold.fact_transactions") == len(clean) + len(orphans)
    posted = clean[clean.decline_reason.isna()]
    strangers = "customer_natural_key not in (select customer_id from silver.stg_customers)"
    assert (
        lab.value(
            "select sum(transaction_amount) from gold.fact_transactions"
            f" where not is_declined and not ({strangers})"
        )
        == posted.amount.sum()
    )


def test_campaigns_say_what_they_are_for_and_whether_they_were_randomised(
    lab: Lab, made: Bank
) -> None:
    found = lab.rows(
        "select campaign_natural_key, objective, offer, is_randomised, contact_cost_amount"
        " from gold.dim_campaign where objective is not null order by campaign_natural_key"
    )
    plan = made.parameters["campaigns"]
    assert len(found) == len(plan) > 10
    for (number, objective, offer, randomised, cost), planned in zip(found, plan, strict=True):
        assert number == planned["campaign_id"]
        assert objective == ("Retention" if planned["is_retention"] else "Sales")
        assert (offer == planned["action"]) == planned["is_retention"]
        assert randomised == planned["is_randomised"]
        assert float(cost) == planned["spend_per_contact"]

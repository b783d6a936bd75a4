"""Configuration, files, deltas, dirt and the live stream."""

from __future__ import annotations

import datetime as dt
import hashlib
import mmap
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.synthetic_lab import bank

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.run import ingest
from financial_analytics.settings import Settings, find_project_dir
from financial_analytics.synthetic import generate, load_config
from financial_analytics.synthetic.live import live_events
from financial_analytics.synthetic.parcel import pack, unpack
from financial_analytics.synthetic.simulate import build_world
from financial_analytics.synthetic.workers import block_rows

SMALL = {"customers": 1200, "transactions": 24_000}


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("overrides", "sizes", "says"),
    [
        (["churn.fee_efect=0"], {}, "churn.fee_effect"),
        (["chrun.fee_effect=0"], {}, "churn.fee_effect"),
        (["churn.fee_effect"], {}, "--set churn.fee_effect=0"),
        (["churn.base_rate=2"], {}, "from 0 to 0.5"),
        (["churn.base_rate=nan"], {}, "from 0 to 0.5"),
        (["campaigns.count=1.5"], {}, "whole number"),
        (["campaigns.count=many"], {}, "whole number"),
        ([], {"customers": 0}, "from 1"),
        ([], {"start": "2023-13-01"}, "2025-12-31"),
        ([], {"start": "2026-01-01"}, "--start"),
        ([], {"start": "2025-12-01", "deltas": 31}, "at most 30"),
        (["customers.count=3"], {}, "campaigns.count"),
        (["branches.far_km=1"], {}, "branches.far_km"),
    ],
)
def test_config__wrong_values_say_what_is_valid(
    overrides: list[str], sizes: dict[str, object], says: str
) -> None:
    with pytest.raises(UserInputError) as caught:
        load_config(overrides=overrides, **sizes)
    assert says in f"{caught.value} {caught.value.hint}"


def test_config__yaml_then_set_then_sizes(tmp_path: Path) -> None:
    path = tmp_path / "bank.yml"
    path.write_text("customers: 10\nseed: 5\nchurn:\n  fee_effect: 0.1\n  base_rate: 0.02\n")
    config = load_config(path, ["churn.fee_effect=0", "seed=6"], customers=20, seed=None)
    assert (config.customers, config.seed) == (20, 6)
    assert (config.churn.fee_effect, config.churn.base_rate) == (0.0, 0.02)


def test_config__unreadable_yaml_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "bank.yml"
    path.write_text("churn: [")
    with pytest.raises(UserInputError, match="not YAML"):
        load_config(path)
    with pytest.raises(UserInputError, match="cannot read"):
        load_config(tmp_path / "none.yml")


def test_files__same_bytes_on_every_run_chunk_size_and_worker_count(tmp_path: Path) -> None:
    config = load_config(deltas=5, **SMALL | {"customers": 2500})
    generate(config, tmp_path / "one")
    generate(config, tmp_path / "two", chunk_blocks=7, workers=2)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert len(digest(tmp_path / "one")) > 30


def test_files__incomes_do_not_depend_on_the_number_of_cores() -> None:
    """BLAS rounds by the number of its threads; the income field is drawn without it."""
    code = (
        "from financial_analytics.synthetic.geography import build_geography\n"
        "from financial_analytics.synthetic.load import load_config\n"
        "print(build_geography(load_config()).field.tobytes().hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"OPENBLAS_NUM_THREADS": threads},
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1


def test_files__a_window_may_start_and_end_within_a_month(tmp_path: Path) -> None:
    config = load_config(start="2024-01-17", end="2024-06-10", **SMALL)
    report = generate(config, tmp_path)
    rows = pq.read_table(tmp_path / "full" / "transactions.parquet").to_pandas()
    assert report.rows["transactions"] > len(rows) > 20_000
    assert rows.transaction_date.min() >= pd.Timestamp("2024-01-17")
    assert rows.transaction_date.max() < pd.Timestamp("2024-06-11")
    left = pq.read_table(tmp_path / "truth" / "latent_customers.parquet").to_pandas().leave_date
    assert left.dropna().min() >= dt.date(2024, 1, 18)


def test_files__another_seed_gives_another_bank(tmp_path: Path) -> None:
    generate(load_config(seed=1, **SMALL), tmp_path / "one")
    generate(load_config(seed=2, **SMALL), tmp_path / "two")
    one, two = digest(tmp_path / "one"), digest(tmp_path / "two")
    assert one["full/transactions.parquet"] != two["full/transactions.parquet"]


def test_files__a_second_run_replaces_the_first_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    generate(load_config(deltas=3, customers=50, transactions=500), tmp_path)
    generate(load_config(customers=50, transactions=500), tmp_path)
    assert not (tmp_path / "deltas").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_files__have_the_contracts_columns_and_types() -> None:
    made = bank(**SMALL)
    for table in load_contract():
        kind = pq.read_schema(made.folder / "full" / f"{table.name}.parquet")
        assert tuple(kind.names) == table.column_names
        assert kind.field(table.key[0]).type in (pa.int32(), pa.int64(), pa.string(), pa.date32())


def test_files__unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="format is"):
        generate(load_config(customers=1), tmp_path, fmt="xml")


def test_files__the_number_of_transactions_is_about_what_was_asked() -> None:
    made = bank(customers=4000, transactions=200_000)
    clean = len(made.feed("transactions"))
    assert abs(clean / 200_000 - 1) < 0.1


def test_files__decline_and_fraud_shares_are_a_banks() -> None:
    table = bank(customers=4000, transactions=200_000).feed("transactions")
    assert 0.02 <= table.decline_reason.notna().mean() <= 0.05
    assert 0.0005 <= table.is_fraud.mean() <= 0.0015


def test_files__declines_stay_where_they_are_over_the_window() -> None:
    """Refused payments once weighed on all later months: 2.3 % grew to 5.4 %."""
    table = bank(customers=4000, transactions=200_000).feed("transactions")
    declined = table.decline_reason.notna()
    quarters = declined.groupby(table.transaction_date.dt.to_period("Q")).mean()
    assert len(quarters) == 12
    assert quarters.between(0.02, 0.05).all()


def test_files__balances_from_before_are_reported_and_nothing_moves() -> None:
    """They were once movements of the first second, and dwarfed the first month."""
    made = bank(customers=4000, transactions=200_000)
    table = made.feed("transactions")
    volume = table.amount.abs().astype(float)[table.decline_reason.isna()]
    months = volume.groupby(table.transaction_date.dt.to_period("M")).sum()
    assert months.iloc[:3].max() < 2 * months.median()
    accounts = made.feed("accounts")
    first = accounts[accounts.updated_at == pd.Timestamp(made.parameters["config"]["start"])]
    assert len(first) > 4000
    assert (first.current_balance != 0).mean() > 0.9


def test_parcel__rows_are_the_same_where_shared_memory_is_too_small() -> None:
    config = load_config(customers=60, transactions=1500)
    rows = block_rows(build_world(config), 0)
    for size in (1 << 12, 1 << 26):
        memory = mmap.mmap(-1, size)
        parcel = pack(rows, memory)
        assert bool(parcel.overflow) == (size == 1 << 12)
        back = unpack(parcel, memory)
        memory[:] = bytes(size)
        for (name, table, day), (name_, table_, day_) in zip(rows.feeds, back.feeds, strict=True):
            assert name == name_ and table.equals(table_) and (day == day_).all()
        assert [(n, t.num_rows) for n, t in rows.truths] == [
            (n, t.num_rows) for n, t in back.truths
        ]


def loaded(folder: Path, batches: list[Path]) -> duckdb.DuckDBPyConnection:
    settings = Settings(project_dir=find_project_dir(), data_dir=folder, reports_dir=folder)
    folder.mkdir(parents=True, exist_ok=True)
    for place, batch in enumerate(batches):
        ingest([batch], settings=settings, loaded_at=dt.datetime(2026, 1, 2, 0, place))  # noqa: DTZ001
    return duckdb.connect(str(settings.warehouse_path), read_only=True)


@pytest.mark.parametrize("fmt", ["parquet", "csv"])
def test_dirt__quarantine_has_the_planted_faults_and_only_them(tmp_path: Path, fmt: str) -> None:
    rates = ["duplicates", "missing_keys", "orphans", "bad_dates", "bad_amounts", "bad_enums",
             "mixed_currencies"]  # fmt: skip
    config = load_config(
        overrides=[f"dirt.{name}=0.004" for name in rates] + ["dirt.wrong_encoding=0.02"],
        customers=800, transactions=12_000, deltas=2,
    )  # fmt: skip
    report = generate(config, tmp_path / "feeds", fmt=fmt)
    ledger = pq.read_table(tmp_path / "feeds" / "truth" / "latent_dirt.parquet").to_pandas()
    assert len(ledger) == report.faults
    planted = set(ledger.rule)
    assert planted == {*rates, *(["wrong_encoding"] if fmt == "csv" else [])}
    if fmt == "csv":
        people = pd.read_csv(tmp_path / "feeds" / "full" / "customers.csv")
        # names with letters that Latin-1's neighbours spell otherwise are left out
        fit = ~(people.first_name + people.last_name).str.contains("[ñø]")
        expected = 0.02 * fit.sum()
        latin = (ledger.rule == "wrong_encoding").sum()
        assert abs(latin - expected) < 3.29 * np.sqrt(expected) < expected
    with loaded(tmp_path / "data", report.batches) as warehouse:
        found = warehouse.sql(
            "select source_file, source_row, column_name from ingestion_raw_data.quarantine"
        ).df()
        counts = warehouse.sql(
            "select sum(rows_read), sum(rows_duplicate), sum(rows_quarantined) "
            "from ingestion_raw_data._batches"
        ).fetchall()[0]
        strangers = warehouse.sql(
            "select count(*) from ingestion_raw_data.transactions where customer_id >= 2000000000"
        ).fetchall()[0]
    bad = ledger[ledger.outcome == "quarantined"]
    names = ["source_file", "source_row", "column_name"]
    assert set(found[names].itertuples(index=False)) == set(bad[names].itertuples(index=False))
    assert len(found) == len(bad)
    assert counts[0] == sum(report.rows.values())
    assert counts[1] == (ledger.outcome == "duplicate").sum()
    orphans = ledger[(ledger.rule == "orphans") & (ledger.table_name == "transactions")]
    assert strangers[0] == len(orphans)


def test_deltas__hold_late_out_of_order_and_corrected_rows(tmp_path: Path) -> None:
    config = load_config(
        overrides=["history.late_share=0.1", "history.corrected_share=0.05"],
        customers=1500, transactions=60_000, deltas=20,
    )  # fmt: skip
    report = generate(config, tmp_path)
    days = {Path(folder).name: folder for folder in report.batches[1:]}
    assert len(days) == 20
    rows = pd.concat([
        pq.read_table(folder / "transactions.parquet").to_pandas().assign(arrived=day)
        for day, folder in days.items()
        if (folder / "transactions.parquet").exists()
    ])  # fmt: skip
    happened = rows.transaction_date.dt.strftime("%Y-%m-%d")
    assert (rows.arrived >= happened).all()
    assert (rows.arrived > happened).any()
    again = rows[rows.transaction_id.duplicated(keep=False) & ~rows.is_fraud].sort_values("arrived")
    assert (again.groupby("transaction_id").amount.nunique() == 2).any()
    full = pq.read_table(tmp_path / "full" / "transactions.parquet").to_pandas()
    assert full.transaction_date.max() < pd.Timestamp("2025-12-12")
    versions = pd.concat([
        pq.read_table(folder / "customers.parquet").to_pandas().assign(arrived=day)
        for day, folder in days.items()
        if (folder / "customers.parquet").exists()
    ])  # fmt: skip
    assert (versions.arrived > versions.updated_at.dt.strftime("%Y-%m-%d")).any()


def test_stream__continues_where_the_batches_end() -> None:
    sizes = {"customers": 700, "transactions": 70_000}
    made = bank("stream.days=5", **sizes)
    batches = list(
        live_events(load_config(overrides=["stream.days=5"], **sizes), batch_seconds=3600)
    )
    known = made.feed("transactions")
    live = pd.concat([b.rows.to_pandas() for b in batches if b.table == "transactions"])
    assert not live.transaction_id.isin(known.transaction_id).any()
    assert live.transaction_date.is_monotonic_increasing
    assert live.transaction_date.min() >= pd.Timestamp("2026-01-01")
    assert live.transaction_date.max() < pd.Timestamp("2026-01-06")
    assert live.transaction_date.dt.floor("D").nunique() == 5
    none = load_config(overrides=["stream.days=0"], **sizes)
    assert list(live_events(none, batch_seconds=3600)) == []
    for batch in batches:
        if batch.table == "transactions":
            moments = batch.rows["transaction_date"].to_pandas()
            assert moments.max() < batch.until
            assert moments.min() >= batch.until - dt.timedelta(seconds=3600)
    # the same processes: as many events as in the same days of the months before, within chance
    days = known[known.transaction_date.dt.day <= 5]
    before = days[days.transaction_date >= "2025-07-01"].transaction_date.dt.month.value_counts()
    assert abs(len(live) - before.mean()) < 5 * np.sqrt(before.mean())
    # a longer window has about as many on those days
    longer = bank("stream.days=0", end="2026-01-05", **sizes).feed("transactions")
    same = int((longer.transaction_date >= "2026-01-01").sum())
    assert abs(len(live) - same) < 5 * np.sqrt(2 * same)
    assert np.isin(live.customer_id, made.feed("customers").customer_id).all()

"""Features know nothing of the future: all that is dated after a cut is changed, and none moves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from tests.support.lab import Lab

from financial_analytics.ingest.marks import write_mark
from financial_analytics.synthetic import generate, load_config

CUT = pd.Timestamp("2024-03-31")
FOLDER = Path(__file__).parents[2] / "models" / "gold" / "features"
KEYS = {
    "features_account": "account_natural_key",
    "features_customer": "customer_natural_key",
    "features_loan": "account_natural_key",
    "features_merchant": "merchant_natural_key",
}
COLUMNS = [
    (path.stem, column["name"])
    for path in sorted(FOLDER.glob("*.yml"))
    for column in yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["columns"]
]
# feed: the column that says when a row happened or became true
DATED = {
    "transactions": "transaction_date",
    "customer_interactions": "interaction_date",
    "account_events": "event_date",
    "credit_applications": "application_date",
    "loan_payments": "scheduled_date",
    "customers": "updated_at",
    "accounts": "updated_at",
    "products": "updated_at",
    "fraud_alerts": "alert_date",
    "campaign_touches": "touch_date",
    "economic_indicators": "date",
}
SPARED = {"currency", "country", "product_id", "date_of_birth", "signup_date", "open_date"}
"""Numbers and dates that identify, or that are no news: changing them makes another bank."""


def changed(table: pa.Table, dated: str) -> pa.Table:
    """Return a feed in which every row after the cut says something else, and every third is gone.

    Numbers are a fifth smaller, flags turned, later dates moved on. The last row stays, so that
    the feed ends where it did.
    """
    frame = table.to_pandas(date_as_object=False)
    when = pd.to_datetime(frame[dated])
    late = when > CUT + pd.Timedelta(days=1) - pd.Timedelta(seconds=1)
    last = when == when.max()
    frame = frame.copy()
    for name in frame.columns:
        if name == dated or name.endswith("_id") or name in SPARED:
            continue
        column = frame[name]
        rows = late & ~last & column.notna()
        if pd.api.types.is_bool_dtype(column.dropna()):
            frame.loc[rows, name] = ~column[rows].astype(bool)
        elif pd.api.types.is_numeric_dtype(column):
            frame.loc[rows, name] = (column[rows] * 0.8).astype(column.dtype)
        elif pd.api.types.is_datetime64_any_dtype(column):
            ahead = rows & (column > CUT)
            frame.loc[ahead, name] = column[ahead] + pd.Timedelta(days=3)
    if dated == "scheduled_date":  # what fell due before and is paid after is paid never
        paid = (frame["actual_date"] > CUT) & ~last
        frame.loc[paid, ["actual_date"]] = pd.NaT
        frame.loc[paid, ["actual_amount"]] = 0
    gone = late & ~last & (pd.Series(range(len(frame))) % 3 == 0)
    return pa.Table.from_pandas(
        frame[~gone].reset_index(drop=True), schema=table.schema, preserve_index=False, safe=False
    )


def features(lab: Lab, folder: Path) -> dict[str, pd.DataFrame]:
    assert not lab.load(folder).refused
    lab.build(*(f"+{name}" for name in KEYS))
    with duckdb.connect(str(lab.settings.warehouse_path), read_only=True) as connection:
        return {
            name: connection.sql(f"select * from gold.{name}")
            .to_arrow_table()
            .to_pandas(date_as_object=False)
            .sort_values([key, "cut_date"], ignore_index=True)
            for name, key in KEYS.items()
        }


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Features of a bank, and of the same bank with another future."""
    room = tmp_path_factory.mktemp("features")
    bank = load_config(
        customers=300, transactions=15_000, start=dt.date(2023, 1, 1), end=dt.date(2024, 9, 30)
    )
    generate(bank, room / "bank")
    full = room / "bank" / "full"
    lab = Lab(room / "lab")
    before = features(lab, full)
    found = set()
    other = room / "other"
    other.mkdir()
    for path in sorted(full.glob("*.parquet")):
        dated = DATED.get(path.stem)
        table = pq.read_table(path)
        if dated in table.column_names:
            found.add(path.stem)
            table = changed(table, dated)
        pq.write_table(table, other / path.name)
    assert found == set(DATED)
    write_mark(other, bank.identity(), complete=True)
    lab.reset()
    return before, features(lab, other)


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_feature_does_not_know_the_future(
    both: tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]], name: str, column: str
) -> None:
    before, after = (frames[name] for frames in both)
    known = [frame[frame["cut_date"] <= CUT].reset_index(drop=True) for frame in (before, after)]
    assert len(known[0]) > 100
    values = [frame[column].astype(object).where(frame[column].notna(), None) for frame in known]
    assert values[0].tolist() == values[1].tolist()


@pytest.mark.parametrize(
    ("name", "least"),
    [("features_customer", 15), ("features_account", 8), ("features_merchant", 6)],
)
def test_the_future_was_changed(
    both: tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]], name: str, least: int
) -> None:
    """The proof that the test above can fail: after the cut features are others."""
    before, after = (frames[name] for frames in both)
    late = [frame[frame["cut_date"] > CUT] for frame in (before, after)]
    key = [KEYS[name], "cut_date"]
    joined = late[0].merge(late[1], on=key, suffixes=("", "_other"))
    moved = {
        column
        for column in before.columns
        if column not in key and not joined[column].equals(joined[f"{column}_other"])
    }
    assert len(moved) > least

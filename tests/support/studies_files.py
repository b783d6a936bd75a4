"""Studies of how the feeds arrive: late and corrected rows, and dirt (mechanisms 16 and 17)."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq

from financial_analytics.synthetic.dirt import (
    BAD_AMOUNTS,
    BAD_DATES,
    PREFIXES,
    TARGETS,
    UNKNOWN_ID,
)
from tests.support.synthetic_lab import Bank
from tests.support.synthetic_studies import Estimates, Study, proportion, rate

RULES = ("duplicates", "missing_keys", "orphans", "bad_dates", "bad_amounts", "bad_enums",
         "mixed_currencies")  # fmt: skip


def arrivals(made: Bank) -> Estimates:
    """Shares of the transactions of daily files that came late, or twice with two amounts."""
    rows = pd.concat([
        pq.read_table(folder / "transactions.parquet",
                      columns=["transaction_id", "transaction_date", "amount"])
        .to_pandas().assign(arrived=pd.Timestamp(folder.name))
        for folder in made.report.batches[1:]
        if (folder / "transactions.parquet").exists()
    ])  # fmt: skip
    day = rows.transaction_date.dt.floor("D")
    # earlier frauds come again with their label; of the last days not all that is late has come
    first = pd.Timestamp(made.report.batches[1].name)
    rows = rows[(day >= first) & (day <= day.max() - pd.Timedelta(days=3))]
    group = rows.assign(day=rows.transaction_date.dt.floor("D")).groupby("transaction_id")
    known = group.agg(day=("day", "first"), first=("arrived", "min"), amounts=("amount", "nunique"))
    late, twice = known["first"] > known.day, known.amounts > 1
    return {
        "history.late_share": proportion(late.sum(), len(known)),
        "history.corrected_share": proportion(twice.sum(), len(known)),
    }


def dirt(made: Bank) -> Estimates:
    """Faults of each kind in the second files, per clean row that could have it."""
    seen, rows = dict.fromkeys(RULES, 0), dict.fromkeys(RULES, 0)
    for table, target in TARGETS.items():
        clean = pq.read_metadata(made.folder / "full" / f"{table}.parquet").num_rows
        can = {"orphans": target.owners, "bad_amounts": target.amount,
               "bad_enums": target.choice, "mixed_currencies": target.amount}  # fmt: skip
        for rule in RULES:
            rows[rule] += clean if can.get(rule, True) else 0
        path = made.folder / "full" / f"{table}_dirty.parquet"
        if not path.exists():
            continue
        bad = pq.read_table(path).to_pandas()
        amount = bad[target.amount].fillna("") if target.amount else pd.Series("", bad.index)
        found = {
            "missing_keys": bad[target.key].isna(),
            "bad_dates": bad[target.date].isin(BAD_DATES),
            "bad_amounts": amount.isin(BAD_AMOUNTS),
            "mixed_currencies": amount.str.startswith(PREFIXES),
            "bad_enums": bad[target.choice].eq("Unheard Of") if target.choice else amount.eq("x"),
            "orphans": pd.to_numeric(bad[target.owners[0]]).ge(UNKNOWN_ID)
            if target.owners
            else amount.eq("x"),
        }
        found["duplicates"] = ~pd.concat(found.values(), axis=1).any(axis=1)
        for rule, hits in found.items():
            seen[rule] += int(hits.sum())
    return {f"dirt.{rule}": rate(seen[rule], rows[rule]) for rule in RULES}


FILES = (
    Study(
        "shares of rows by their days of arrival", arrivals,
        finds=("history.late_share", "history.corrected_share"),
        planted=(), removed=("history.late_share=0", "history.corrected_share=0"),
        sizes={"customers": 1000, "transactions": 20_000, "start": "2025-10-01", "deltas": 40},
    ),
    Study(
        "faults in the second files per clean row", dirt,
        finds=tuple(f"dirt.{rule}" for rule in RULES),
        planted=tuple(f"dirt.{rule}=0.004" for rule in RULES),
        removed=tuple(f"dirt.{rule}=0" for rule in RULES),
        sizes={"customers": 1600, "transactions": 24_000},
    ),
)  # fmt: skip

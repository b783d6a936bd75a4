"""Accepted transaction rows per second, from Parquet and from CSV, with every column filled.

    .venv/bin/python benchmarks/ingest.py [--rows 2000000] [--format parquet csv csv.gz]

Each run loads into a warehouse of its own that already holds the same number of earlier
transactions, so that the look-up of known keys is part of what is measured. Wall and CPU
seconds are of the measured load alone; the best and the median of the repeats are printed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb

from financial_analytics.ingest import ingest
from financial_analytics.settings import Settings, find_project_dir

TARGETS = {"parquet": 500_000, "csv": 200_000}

TRANSACTIONS = """
select
    i as transaction_id,
    1 + i % 150000 as account_id,
    1 + i % 100000 as customer_id,
    1 + i % 5000 as merchant_id,
    timestamp '2023-01-01' + to_seconds((i * 7919) % 31536000) as transaction_date,
    ['Purchase', 'ATM Withdrawal', 'Transfer', 'Payment', 'Deposit', 'Refund', 'Fee'][1 + i % 7]
        as transaction_type,
    cast(((i * 131) % 200000 - 100000) / 100 as decimal(18, 2)) as amount,
    'USD' as currency,
    ['Online', 'Mobile', 'ATM', 'Branch', 'POS'][1 + i % 5] as channel,
    ['Groceries', 'Travel', 'Fuel', 'Dining'][1 + i % 4] as merchant_category,
    cast(5000 + i % 999 as varchar) as mcc_code,
    'Payment ' || i || ' at the corner shop' as description,
    i % 500 = 0 as is_fraud,
    (i * 17 % 1000) / 1000 as fraud_score,
    ['Springfield', 'Portland', 'Boston'][1 + i % 3] as location_city,
    ['IL', 'OR', 'MA'][1 + i % 3] as location_state,
    'US' as location_country,
    25 + (i * 13 % 24000) / 1000 as latitude,
    -120 + (i * 29 % 50000) / 1000 as longitude,
    'dev-' || (i % 90000) as device_id,
    '10.' || (i % 255) || '.' || (i % 251) || '.' || (i % 249) as ip_address,
    i % 40 = 0 as is_international,
    'A' || (100000 + i * 7 % 899999) as authorization_code,
    lpad(cast(i % 10000 as varchar), 4, '0') as card_last_four,
    i % 9 = 0 as is_recurring,
    i % 24 as hour_of_day,
    i % 7 as day_of_week,
    i % 7 in (0, 6) as is_weekend,
    (i * 11 % 90000) / 100 as distance_from_home_km,
    (i * 3 % 1000) / 1000 as merchant_risk_score,
    i % 12 as velocity_24h,
    (i * 23 % 6000) / 1000 - 3 as amount_deviation_score,
    20 + i % 900 as processing_time_ms,
    case when i % 25 = 0 then 'Insufficient funds' else 'none' end as decline_reason,
    timestamp '2023-01-01' + to_microseconds((i * 7919000077) % 31536000000000) as created_at
from range({first}, {last}) as numbers (i)
"""


def write_feed(path: Path, first: int, last: int) -> None:
    """Write transactions `first` to `last` in the form the name says."""
    options = "format parquet" if path.suffix == ".parquet" else "format csv, header"
    if path.suffix == ".gz":
        options += ", compression gzip"
    query = TRANSACTIONS.format(first=first, last=last)
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.execute(f"copy ({query}) to '{path}' ({options})")


def measure(feed: Path, history: Path, work: Path) -> tuple[float, float, int]:
    """Return wall seconds, CPU seconds and accepted rows of loading `feed` after `history`."""
    shutil.rmtree(work, ignore_errors=True)
    settings = Settings(find_project_dir(), data_dir=work, reports_dir=work)
    ingest([history], settings=settings, loaded_at=datetime(2024, 1, 1))  # noqa: DTZ001
    wall, cpu = time.perf_counter(), time.process_time()
    report = ingest([feed], settings=settings, loaded_at=datetime(2024, 1, 2))  # noqa: DTZ001
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    shutil.rmtree(work, ignore_errors=True)
    return wall, cpu, report.totals.accepted


def main() -> int:
    """Run the benchmark and return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--format", nargs="+", default=["parquet", "csv"])
    given = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory(prefix="fa-bench-") as folder:
        work = Path(folder)
        history = work / "transactions_history.parquet"
        write_feed(history, 1, given.rows + 1)
        print(f"{given.rows:,} rows, 35 columns, {os.cpu_count()} cores, {given.rows:,} stored")
        for suffix in given.format:
            feed = work / f"transactions_new.{suffix}"
            write_feed(feed, given.rows + 1, 2 * given.rows + 1)
            runs = [measure(feed, history, work / "data") for _ in range(given.repeats)]
            assert all(accepted == given.rows for _, _, accepted in runs)
            rates = [accepted / wall for wall, _, accepted in runs]
            best = min(runs)
            print(
                f"{suffix:8} {feed.stat().st_size / 1e6:8,.0f} MB  best {max(rates):10,.0f} "
                f"rows/s  median {statistics.median(rates):10,.0f} rows/s  "
                f"wall {best[0]:.2f} s  cpu {best[1]:.2f} s"
            )
            missed = missed or max(rates) < TARGETS.get(suffix, 0)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

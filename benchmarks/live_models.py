"""How long does each model of the live page take over the last two days of a long history?

    .venv/bin/python benchmarks/live_models.py [--rows 10000000] [--data DIR]

Takes what ``fa demo`` has left for the live page, and repeats customers, accounts, merchants and
transactions of the last two days until a history of the demo's length would have that many rows.
The models never read the history: what they cost follows the two days and the number of accounts.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb
import numpy as np

from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.basis import FILE_NAME, MODELS
from financial_analytics.live.now import Now
from financial_analytics.settings import load_settings

KEYS = ("transaction_id", "customer_natural_key", "account_natural_key", "merchant_natural_key")
REPEATED = ("recent", "int_realtime_customers", "int_realtime_accounts", "int_realtime_merchants",
            "int_realtime_account_states", "int_realtime_visits")  # fmt: skip
APART = 1_000_000
RUNS = 20


def repeat(connection: duckdb.DuckDBPyConnection, times: int) -> None:
    for table in REPEATED:
        place = f"gold_intermediate.{table}"
        names = [row[0] for row in connection.execute(f"describe {place}").fetchall()]
        moved = ", ".join(
            f"({name} + {APART} * copy)::{'bigint' if name == KEYS[0] else 'integer'} as {name}"
            for name in names if name in KEYS
        )  # fmt: skip
        connection.execute(
            f"insert into {place} by name select * exclude (copy) replace ({moved})"
            f" from {place}, range(1, {times}) as copies(copy)"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--data", type=Path, default=load_settings().data_dir)
    given = parser.parse_args()
    published = given.data / "published"
    with duckdb.connect(str(published / "warehouse.duckdb"), read_only=True) as snapshot:
        ((history,),) = snapshot.execute(
            "select row_count from gold.row_counts where relation = 'fact_transactions'"
        ).fetchall()
    with Now(published / FILE_NAME, load_contract()) as now:
        times = -(-given.rows // int(history))
        repeat(now.connection, times)
        ((recent,),) = now.connection.execute(
            "select count(*) from gold_intermediate.recent"
        ).fetchall()
        print(f"{history:,} transactions, {times} times: {recent:,} in the last two days")
        for name, ask in [
            ("rules", now.evaluate),
            *((model, lambda model=model: now.frame(model)) for model in MODELS),
        ]:
            spent, busy = [], time.process_time()
            for _ in range(RUNS):
                began = time.perf_counter()
                ask()
                spent.append(1000 * (time.perf_counter() - began))
            busy = 1000 * (time.process_time() - busy) / RUNS
            print(f"{name}: median {np.median(spent):.0f} ms, p95 {np.quantile(spent, 0.95):.0f} "
                  f"ms; {busy:.0f} ms of a processor")  # fmt: skip


if __name__ == "__main__":
    main()

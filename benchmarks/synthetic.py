"""Speed and memory of the synthetic bank at two sizes.

Run ``python benchmarks/synthetic.py [transactions …]`` (default 1,000,000 and
10,000,000, with 50 transactions per customer). Prints rows per second and the peak
memory of all processes; memory should hardly grow with the size.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from financial_analytics.synthetic import generate, load_config

PER_CUSTOMER = 50


def peak_megabytes() -> float:
    """Peak resident memory: this process, plus the largest worker once per worker."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    unit = 1024 if sys.platform == "linux" else 1024 * 1024
    return (own + 2 * worker) / unit


def measure(transactions: int, results: multiprocessing.Queue[tuple[float, ...]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="fa-bench-"))
    try:
        config = load_config(
            customers=max(1, transactions // PER_CUSTOMER), transactions=transactions
        )
        started, cpu = time.perf_counter(), time.process_time()
        report = generate(config, folder)
        wall = time.perf_counter() - started
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        rows = sum(report.rows.values())
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = time.process_time() - cpu + children.ru_utime + children.ru_stime
        results.put((wall, spent, report.rows["transactions"], rows, peak_megabytes(), size / 1e6))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transactions", nargs="*", type=int, default=[1_000_000, 10_000_000])
    sizes: list[int] = parser.parse_args().transactions
    print("transactions  wall s  cpu s  tx/s wall  tx/s per cpu s  all rows  peak MB  files MB")
    for size in sizes:
        results: multiprocessing.Queue[tuple[float, ...]] = multiprocessing.Queue()
        run = multiprocessing.Process(target=measure, args=(size, results))
        run.start()
        wall, cpu, transactions, rows, peak, files = results.get()
        run.join()
        print(
            f"{transactions:12,.0f}  {wall:6.1f}  {cpu:5.1f}  {transactions / wall:9,.0f}"
            f"  {transactions / cpu:14,.0f}  {rows:8,.0f}  {peak:7,.0f}  {files:8,.0f}"
        )


if __name__ == "__main__":
    main()

"""What a build costs that has little to do: CPU and wall seconds, as shares of a full build.

    .venv/bin/python benchmarks/skips.py [--transactions 1000000] [--feeds DIR]

Writes a synthetic bank (`--feeds` keeps it for the next run), loads it into a new data folder and
builds: everything; again, without news; after one new row of a campaign; after one ordinary day.
Each build is ``fa build``, data tests and publishing included. All are of one run on one machine,
so that the shares may be compared with those of another machine; seconds may not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from financial_analytics.ingest.marks import write_mark
from financial_analytics.synthetic import generate, load_config

PER_CUSTOMER = 50


def write_feeds(folder: Path, transactions: int) -> None:
    """Write the bank, one day after it, and a campaign that is new."""
    bank = load_config(customers=transactions // PER_CUSTOMER, transactions=transactions, deltas=1)
    written = generate(bank, folder)
    full = pq.read_table(folder / "full" / "marketing_campaigns.parquet")
    (row,) = full.slice(full.num_rows - 1).to_pylist()
    row["campaign_id"] = max(full["campaign_id"].to_pylist()) + 1
    campaign = folder / "campaign"
    campaign.mkdir()
    pq.write_table(
        pa.Table.from_pylist([row], schema=full.schema), campaign / "marketing_campaigns.parquet"
    )
    write_mark(campaign, bank.identity(), complete=True)  # of the same bank, so that it joins
    days = {str(path): str(moment) for path, moment in written.extracted_at.items()}
    (folder / "extracted_at.json").write_text(json.dumps(days), encoding="utf-8")


def run(data: Path, *arguments: str) -> tuple[float, float, str]:
    """Run ``fa``; return CPU and wall seconds and what it said of the build."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "financial_analytics.cli", *arguments],
        env={**os.environ, "FA_DATA_DIR": str(data)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = [line for line in done.stderr.splitlines() if line.startswith("build ")]
    return cpu, wall, " ".join(said)


def main() -> None:
    """Write, load, build four times and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--feeds", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        feeds = given.feeds or Path(scratch) / "feeds"
        if not (feeds / "extracted_at.json").exists():
            write_feeds(feeds, given.transactions)
        days = json.loads((feeds / "extracted_at.json").read_text(encoding="utf-8"))
        full, day = sorted(days, key=days.__getitem__)
        data = Path(scratch) / "data"
        loads: dict[str, list[str]] = {
            "everything": [full, "--extracted-at", days[full]],
            "without news": [],
            "one campaign row": [str(feeds / "campaign")],
            "an ordinary day": [day, "--extracted-at", days[day]],
        }
        whole = 0.0
        print("| build | CPU s | share | wall s | what it did |\n|---|---:|---:|---:|---|")
        for name, load in loads.items():
            if load:
                run(data, "ingest", *load)
            cpu, wall, said = run(data, "build")
            whole = whole or cpu
            print(f"| {name} | {cpu:.1f} | {cpu / whole:.3f} | {wall:.1f} | {said} |", flush=True)


if __name__ == "__main__":
    main()

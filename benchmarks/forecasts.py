"""How good forecasts of volume are beside the best that anyone could do, over banks of many seeds.

Each bank is a preset with another seed; its feed of transactions is all that is forecast from.
The best is `truth/latent_expected_volume`: the mean that the counts were drawn from.

    python benchmarks/forecasts.py [PRESET] [SEEDS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from financial_analytics.models.predictive.volume import (
    ALL_CHANNELS,
    backtests_of,
    each_series,
    scores_of,
    served,
    volume_backtest,
)
from financial_analytics.stats.forecast import NAIVE, Backtest, honest_coverage, mase
from financial_analytics.synthetic import generate, load_config

AHEAD = 90


def daily(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of int_daily_volume, and the expected counts, of a bank's feeds."""
    columns = ["transaction_date", "channel", "decline_reason"]
    rows = pq.read_table(folder / "full/transactions.parquet", columns=columns).to_pandas()
    rows = rows[rows["decline_reason"].isna()]
    rows["day"] = pd.to_datetime(rows["transaction_date"]).dt.normalize()
    counts = rows.pivot_table(
        index="day", columns=rows["channel"].fillna("Unknown"), aggfunc="size"
    )
    days = pd.date_range(counts.index.min(), counts.index.max())
    counts = counts.reindex(days).fillna(0.0)
    counts.insert(0, ALL_CHANNELS, counts.sum(axis=1))
    ahead = pd.date_range(days[0], periods=len(days) + AHEAD)
    held = pq.read_table(folder / "full/bank_holidays.parquet").to_pandas()["holiday_date"]
    holidays = set(pd.to_datetime(held))
    long = pd.concat(
        [
            pd.DataFrame(
                {
                    "series_name": name,
                    "observation_date": ahead,
                    "is_bank_holiday": [day in holidays for day in ahead],
                    "transaction_count": np.append(counts[name], np.full(AHEAD, np.nan)),
                }
            )
            for name in counts
        ]
    )
    truth = pq.read_table(folder / "truth/latent_expected_volume.parquet").to_pandas()
    truth["day"] = pd.to_datetime(truth["transaction_date"])
    expected = truth.pivot_table(
        index="day", columns=truth["channel"].fillna("Unknown"), values="expected_posted",
        aggfunc="sum",
    )  # fmt: skip
    expected.insert(0, ALL_CHANNELS, expected.sum(axis=1))
    return long, expected.reindex(days).fillna(0.0)


def judge(name: str, seed: int) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as home:
        config = load_config(preset=name, seed=20240 + seed)
        generate(config, Path(home))
        long, expected = daily(Path(home))
    seen = volume_backtest(long, ahead_days=AHEAD).to_pandas()
    found = []
    for series_name, series, _ in each_series(long):
        tests = backtests_of(seen[seen["series_name"] == series_name], series)
        scores = scores_of(series, tests)
        test = tests[served(scores)]
        mean = np.append(expected[series_name].to_numpy(), np.full(AHEAD, np.nan))
        best = Backtest(
            test.origins, np.array([mean[o : o + AHEAD] for o in test.origins]), test.actual
        )
        found.append(
            {
                "series": series_name,
                "seed": seed,
                "mase": mase(series.counts, test),
                "best": mase(series.counts, best),
                "naive": scores[NAIVE],
                "covered_95": honest_coverage(test, 0.95).share,
                "covered_80": honest_coverage(test, 0.80).share,
            }
        )
    return found


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "volume"
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    rows = pd.DataFrame([row for seed in range(seeds) for row in judge(name, seed)])
    rows["over_best"] = rows["mase"] / rows["best"]
    print(f"preset {name}, {seeds} seeds")
    print(rows.groupby("series").mean(numeric_only=True).drop(columns="seed").round(3).to_string())


if __name__ == "__main__":
    main()

"""Small synthetic banks for tests, generated once per session, and their feeds as frames."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from financial_analytics.synthetic import GenerateReport, generate, load_config

_HOME = Path(tempfile.mkdtemp(prefix="synthetic-lab-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)


class Bank:
    """A generated bank: `feed` reads the full load, `truth` the ledger."""

    def __init__(self, folder: Path, report: GenerateReport) -> None:
        self.folder, self.report = folder, report

    @lru_cache(maxsize=64)  # noqa: B019  (a bank lives as long as the tests)
    def feed(self, table: str) -> pd.DataFrame:
        return pq.read_table(self.folder / "full" / f"{table}.parquet").to_pandas()

    def columns(self, table: str, *names: str) -> pd.DataFrame:
        """Return some columns of a feed: the transactions have 35 of them."""
        path = self.folder / "full" / f"{table}.parquet"
        return pq.read_table(path, columns=list(names)).to_pandas()

    @lru_cache(maxsize=64)  # noqa: B019
    def truth(self, name: str) -> pd.DataFrame:
        return pq.read_table(self.folder / "truth" / f"latent_{name}.parquet").to_pandas()

    @property
    def parameters(self) -> dict[str, Any]:
        return json.loads((self.folder / "truth" / "parameters.json").read_text())  # type: ignore[no-any-return]

    @property
    def first_versions(self) -> pd.DataFrame:
        versions = self.feed("customers").sort_values("updated_at")
        return versions.groupby("customer_id").first()

    @property
    def last_versions(self) -> pd.DataFrame:
        versions = self.feed("customers").sort_values("updated_at")
        return versions.groupby("customer_id").last()


@lru_cache(maxsize=64)
def bank(*overrides: str, **sizes: Any) -> Bank:
    """Generate a bank (once) and return it."""
    folder = Path(tempfile.mkdtemp(dir=_HOME))
    return Bank(folder, generate(load_config(overrides=overrides, **sizes), folder))


def month_of(moments: pd.Series, start_year: int = 2023) -> np.ndarray:
    """Return months since the window's start."""
    when = pd.to_datetime(moments)
    return ((when.dt.year - start_year) * 12 + when.dt.month - 1).to_numpy()


def covers(estimate: float, error: float, truth: float, width: float = 2.58) -> bool:
    """Say whether the 99 % interval holds the truth: a right model fails once in 100 seeds."""
    return bool(abs(estimate - truth) <= width * error)

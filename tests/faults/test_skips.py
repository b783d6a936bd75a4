"""Whatever was loaded, changed or killed before: what a build leaves alone is as a full refresh.

One sequence on each engine here; `make sequences` plays more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from tests.support.banks import FIRST_LOAD, OPENERS, Bank
from tests.support.lab import write_feed
from tests.support.small_bank import account, customer, transaction
from tests.support.variables import CHANGED, settings_feeds

from financial_analytics.build import BuildOptions, build
from financial_analytics.ingest import ingest
from financial_analytics.settings import find_project_dir

HERE, ALL = 1, 8
STEPS = {True: 4, False: 8}
"""How many steps a sequence of every run has, and one of `make sequences`."""
PATIENCE_SECONDS = 600
WITHOUT_ROWS = ("transaction_id <> 4", "transaction_id <> 7")
EDITED = {
    "models/transform/stg_transactions.sql": WITHOUT_ROWS,
    "models/gold/facts/fact_transactions.sql": WITHOUT_ROWS,
    "models/transform/stg_products.sql": ("product_id <> 2", "1 = 1"),
}
"""Models, and conditions that one edit after the other puts around them."""
MACROS = ("macros/finance/money.sql", "macros/warehouse/facts.sql")
TOUCHED = ("gold.fact_transactions", "gold.dim_product", "silver.stg_transactions")


class Play:
    """A sequence of steps, drawn from a generator, on one bank."""

    def __init__(self, bank: Bank, rng: np.random.Generator) -> None:
        self.bank = bank
        self.rng = rng
        self.number = 1000
        self.told: list[str] = []

    def pick(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def load(self, feeds: dict[str, list[dict[str, Any]]]) -> None:
        self.bank.loads += 1
        folder = self.bank.settings.data_dir / "incoming" / f"{self.bank.loads:03d}"
        for table, rows in feeds.items():
            write_feed(folder, table, rows)
        moment = FIRST_LOAD + timedelta(hours=self.bank.loads)
        report = ingest(
            [folder], settings=self.bank.settings, loaded_at=moment, extracted_at=moment,
            target=self.bank.engine,
        )  # fmt: skip
        assert not report.refused

    def build(self, **options: Any) -> set[str]:
        """Build; return the models that were not left alone."""
        chosen = BuildOptions(target=self.bank.engine, command="run", **options)
        result = build(self.bank.settings, chosen)
        return {
            node.name for node in result.nodes if node.kind == "model" and not node.is_left_alone
        }

    # steps: each changes something, and what follows is one build

    def loads_rows(self) -> dict[str, Any]:
        self.number += 1
        day = f"2024-0{self.rng.integers(1, 5)}-1{self.rng.integers(10)}"
        known = int(self.pick([1, 2, 3, 5]))
        feed = self.pick(
            [
                {"transactions": [transaction(self.number, f"{day} 10:00:00", "-7.00")]},
                {"transactions": [transaction(known, f"{day} 11:00:00", f"-{self.number}.00")]},
                {"customers": [customer(1, f"{day} 00:00:00", credit_score=self.number)]},
                {"accounts": [account(30, 3, updated_at=f"{day} 00:00:00", credit_limit="9.00")]},
                {"transactions": [transaction(1, "2024-01-05 10:00:00", "1000.00")]},
            ]
        )
        self.told.append(f"loads {feed}")
        self.load(feed)
        return {}

    def changes_a_variable(self) -> dict[str, Any]:
        name = self.pick(sorted(CHANGED))
        self.told.append(f"changes {name}")
        return {"variables": {name: CHANGED[name]}}

    def edits_a_model(self) -> dict[str, Any]:
        name = self.pick(sorted(EDITED))
        path = self.bank.settings.project_dir / name
        self.told.append(f"edits {name}")
        plain = (find_project_dir() / name).read_text(encoding="utf-8")
        path.write_text(
            f"select * from (\n{plain}\n) as edited\nwhere {self.pick(EDITED[name])}\n",
            encoding="utf-8",
        )
        return {}

    def edits_a_macro(self) -> dict[str, Any]:
        self.number += 1
        path = self.bank.settings.project_dir / self.pick(MACROS)
        self.told.append(f"edits {path.name}")
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(") -%}\n", f") -%}}{{#- {self.number} -#}}\n", 1))
        return {}

    def changes_by_hand(self) -> dict[str, Any]:
        statement = self.pick(["delete from {}", "drop table {} {}"])
        relation = self.pick(TOUCHED)
        self.told.append(f"{statement} of {relation}")
        cascade = "cascade" if self.bank.engine == "postgres" else ""
        self.bank.execute(statement.format(relation, cascade))
        return {}

    def is_killed(self) -> dict[str, Any]:
        self.loads_rows()
        reached = int(self.rng.integers(1, 60))
        self.told.append(f"is killed after {reached} models")
        settings = self.bank.settings
        log = settings.data_dir / "logs" / "dbt.log"
        before = log.stat().st_size
        child = subprocess.Popen(
            [sys.executable, "-m", "financial_analytics.cli", "build", "--no-tests"],
            env={
                **os.environ, "FA_DATA_DIR": str(settings.data_dir),
                "FA_PROJECT_DIR": str(settings.project_dir), "FA_TARGET": self.bank.engine,
            },
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE_SECONDS
        while child.poll() is None and time.monotonic() < until:
            if log.read_text()[before:].count("OK created") >= reached:
                child.kill()
            time.sleep(0.01)
        child.kill()
        child.wait()
        return {}

    def step(self) -> None:
        steps: list[Callable[[], dict[str, Any]]] = [
            self.loads_rows, self.loads_rows, self.changes_a_variable, self.edits_a_model,
            self.edits_a_macro, self.changes_by_hand, self.is_killed,
        ]  # fmt: skip
        self.build(**self.pick(steps)())


def unequal(left: pa.Table, right: pa.Table) -> int:
    """Return how many rows are in one table alone, counted as often as they are there."""
    with duckdb.connect() as connection:
        connection.register("l", left)
        connection.register("r", right)
        ((count,),) = connection.execute(
            "select count(*) from ((from l except all from r) union all (from r except all from l))"
        ).fetchall()
    return int(count)


@pytest.fixture(scope="module", params=sorted(OPENERS))
def bank(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bank]:
    """A small bank whose project is a copy that steps may edit."""
    folder = tmp_path_factory.mktemp("skips")
    project = folder / "project"
    for name in ("models", "macros"):
        shutil.copytree(find_project_dir() / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(find_project_dir() / name, project / name)
    with OPENERS[request.param](folder / "data") as opened:
        opened.settings = replace(opened.settings, project_dir=project)
        Play(opened, np.random.default_rng(0)).load(settings_feeds())
        yield opened


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, marks=[pytest.mark.sequences] if seed >= HERE else [])
        for seed in range(ALL)
    ],
)
def test_what_is_left_alone_is_as_a_full_refresh(bank: Bank, seed: int) -> None:
    play = Play(bank, np.random.default_rng([seed, 14]))
    play.build()
    for _ in range(STEPS[seed < HERE]):
        play.step()
    play.build()
    assert play.build() == set(), play.told
    kept = bank.snapshot()
    assert play.build(full_refresh=True)
    rebuilt = bank.snapshot()
    assert set(kept) == set(rebuilt)
    found = {name: unequal(kept[name], rebuilt[name]) for name in kept}
    assert {name: count for name, count in found.items() if count} == {}, play.told
    assert play.build() == set(), "a full refresh makes the same"

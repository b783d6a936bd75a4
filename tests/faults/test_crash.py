# ruff: noqa: DTZ001
"""A load killed half-way leaves its batch absent or whole, and the next load finishes the work."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bank

KILLED_AT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from financial_analytics.ingest import ingest
from financial_analytics.settings import Settings

project, data, step, *feeds = sys.argv[1:]

def progress(event):
    if event.stage == step and event.number == 2:
        os.kill(os.getpid(), signal.SIGKILL)

ingest(feeds, settings=Settings(Path(project), Path(data), Path(data)),
       loaded_at=datetime(2024, 7, 1), progress=progress)
"""


@pytest.mark.parametrize(
    ("step", "second_landed"),
    [
        ("reading", False),
        ("comparing", False),
        ("writing", False),
        ("committing", False),
        ("done", True),
    ],
)
def test_killed(bank: Bank, step: str, second_landed: bool) -> None:
    before = bank.snapshot()
    feeds = [
        bank.transactions(
            *(f"{i},10,100,2024-05-09,Fee,-1.00,USD" for i in range(first, first + 3000)),
            f"bad-{first},10,100,2024-05-09,Fee,-1.00,USD",
            name=f"transactions_{first}.csv",
        )
        for first in (10_000, 20_000, 30_000)
    ]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(bank.settings.project_dir),
         str(bank.settings.data_dir), step, *map(str, feeds)],
        check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL

    landed = 2 if second_landed else 1
    batches = "select _batch_id from ingestion_raw_data._batches where _batch_id > 4 order by 1"
    rows = "select count(*) from ingestion_raw_data.transactions where _batch_id > 4"
    faults = "select count(*) from ingestion_raw_data.quarantine"
    assert bank.sql(batches) == [(5 + i,) for i in range(landed)]
    assert bank.sql(rows) == [(3000 * landed,)]
    assert bank.sql(faults) == [(landed,)]
    assert bank.snapshot() == before

    report = bank.ingest(*feeds, loaded_at=datetime(2024, 7, 1))
    assert [file.already_loaded for file in report.files] == [i < landed for i in range(3)]
    assert bank.sql(batches) == [(5,), (6,), (7,)]
    assert bank.sql(rows) == [(9000,)]
    assert bank.sql(faults) == [(3,)]
    assert not list((bank.settings.data_dir / "tmp").glob("ingest-*"))

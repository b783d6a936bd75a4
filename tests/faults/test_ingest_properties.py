# ruff: noqa: DTZ001, E501
"""Whatever mixture of rows arrives: none is lost, and the same again adds nothing."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from financial_analytics.settings import Settings, find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

AMOUNTS = ["-5.00", "7.5", "7.50", "12.345", "1,5", "NaN", "", "x"]
GOOD_AMOUNTS = {"-5.00": -500, "7.5": 750, "7.50": 750}
KINDS = ["Fee", "fee ", "Refund", "Fie"]
GOOD_KINDS = {"Fee": "Fee", "fee ": "Fee", "Refund": "Refund"}
BROKEN = ["1,2", "a,b,c,d,e,f,g,h", '1,"x', '1,"x"y,3,4,5,6,7', "\0", "1,10,100,\x00,Fee,1,USD"]

row = st.tuples(st.integers(1, 6), st.sampled_from(AMOUNTS), st.sampled_from(KINDS))
line = st.one_of(row, row, row, st.sampled_from(BROKEN))


def text_of(entry: tuple[int, str, str] | str, delimiter: str) -> str:
    if isinstance(entry, str):
        return entry.replace(",", delimiter)
    key, amount, kind = entry
    cells = [str(key), "10", "100", "2024-05-09", kind, amount, "USD"]
    return delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in cells)


def expected(
    entries: list[tuple[int, str, str] | str], stored: dict[int, tuple[int, str]]
) -> tuple[int, int, int, int]:
    """Accepted, duplicates, quarantined, corrections: the rules, one row at a time."""
    accepted = duplicates = quarantined = corrections = 0
    for entry in entries:
        if isinstance(entry, str) or entry[1] not in GOOD_AMOUNTS or entry[2] not in GOOD_KINDS:
            quarantined += 1
            continue
        values = GOOD_AMOUNTS[entry[1]], GOOD_KINDS[entry[2]]
        if stored.get(entry[0]) == values:
            duplicates += 1
            continue
        corrections += entry[0] in stored
        accepted += 1
        stored[entry[0]] = values
    return accepted, duplicates, quarantined, corrections


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    files=st.lists(st.lists(line, max_size=14), min_size=1, max_size=3),
    delimiter=st.sampled_from([",", ";", "\t"]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_every_row_is_accounted_for(
    loaded_bank: Path,
    bank_class: type[Bank],
    files: list[list[tuple[int, str, str] | str]],
    delimiter: str,
    newline: str,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(loaded_bank, folder, dirs_exist_ok=True)
        data = Path(folder) / "data"
        bank = bank_class(Path(folder), Settings(find_project_dir(), data, data))
        header = "transaction_id,account_id,customer_id,transaction_date,transaction_type,amount,currency"
        stored = {1: (-1250, "Purchase"), 2: (100000, "Deposit"), 3: (-100, "Fee")}
        stored = {key: (amount, f"{kind} of May") for key, (amount, kind) in stored.items()}
        paths = []
        for number, entries in enumerate(files):
            lines = [header.replace(",", delimiter), *(text_of(e, delimiter) for e in entries)]
            name = f"transactions_{number}.csv"
            paths.append(bank.write(name, newline.join([*lines, ""])))
        for path, entries in zip(paths, files, strict=True):
            counts = bank.ingest(path, loaded_at=datetime(2024, 7, 1)).totals
            assert counts.read == len(entries)
            assert counts.read == counts.accepted + counts.duplicates + counts.quarantined
            found = (counts.accepted, counts.duplicates, counts.quarantined, counts.corrections)
            assert found == expected(entries, stored)
        everything = bank.sql("from ingestion_raw_data.transactions"), bank.quarantine()
        counts = bank.ingest(*paths, loaded_at=datetime(2024, 7, 2)).totals
        assert counts.duplicates == counts.read == sum(len(entries) for entries in files)
        assert everything == (bank.sql("from ingestion_raw_data.transactions"), bank.quarantine())

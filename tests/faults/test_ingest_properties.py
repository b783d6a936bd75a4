# ruff: noqa: DTZ001, E501
"""Whatever mixture of rows arrives: none is lost, and the same again adds nothing."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from financial_analytics.settings import Settings, find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

AMOUNTS = ["-5.00", "7.5", "7.50", "12.345", "1,5", "NaN", "", "x"]
POINTS = {"-5.00": -500, "7.5": 750, "7.50": 750}
COMMAS = {"1,5": 150, "12.345": 1_234_500}
"""In a column of decimal commas the point parts thousands."""
KINDS = ["Fee", "fee ", "Refund", "Fie"]
GOOD_KINDS = {"Fee": "Fee", "fee ": "Fee", "Refund": "Refund"}
DAYS = ["2024-05-09", "2024-01-30", "2024-01-29"]  # the last is 101 days from the first
BROKEN = ["1,2", "a,b,c,d,e,f,g,h", '1,"x', '1,"x"y,3,4,5,6,7', "\0", "1,10,100,\x00,Fee,1,USD"]

Row = tuple[int, str, str, int, str]
"""Id, amount, type, account, day."""
Known = tuple[int, str, int, date]
"""Cents, type, account, day."""


def rows(amounts: list[str], kinds: list[str]) -> st.SearchStrategy[Row]:
    return st.tuples(
        st.integers(1, 6), st.sampled_from(amounts), st.sampled_from(kinds),
        st.sampled_from([10, 10, 10, 11]), st.sampled_from([*DAYS[:1] * 3, *DAYS]),
    )  # fmt: skip


row = rows(AMOUNTS, KINDS)
line = st.one_of(row, row, row, st.sampled_from(BROKEN))
colliding = rows(["-5.00", "7.5"], ["Fee", "Fee", "Refund"])


def text_of(entry: Row | str, delimiter: str) -> str:
    if isinstance(entry, str):
        return entry.replace(",", delimiter)
    key, amount, kind, account, day = entry
    cells = [str(key), str(account), "100", day, kind, amount, "USD"]
    return delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in cells)


def is_another(left: Known, right: Known) -> bool:
    """A correction keeps account and type, and lies within 100 days."""
    return left[1:3] != right[1:3] or abs((left[3] - right[3]).days) > 100


def expected(entries: list[Row | str], stored: dict[int, Known]) -> tuple[int, int, int, int]:
    """Accepted, duplicates, quarantined, corrections: the rules, one row at a time."""
    good: list[tuple[int, Known]] = []
    amounts = [entry[1] for entry in entries if not isinstance(entry, str)]
    has_commas = amounts.count("1,5") > sum(a in POINTS for a in amounts)
    good_amounts = COMMAS if has_commas else POINTS
    for entry in entries:
        if isinstance(entry, str) or entry[1] not in good_amounts or entry[2] not in GOOD_KINDS:
            continue
        key, amount, kind, account, day = entry
        good.append(
            (key, (good_amounts[amount], GOOD_KINDS[kind], account, date.fromisoformat(day)))
        )
    good = [(k, v) for k, v in good if k not in stored or not is_another(v, stored[k])]
    mixed = {
        key for key, left in good for other, right in good
        if key == other and is_another(left, right)
    }  # fmt: skip
    good = [(key, values) for key, values in good if key not in mixed]
    accepted = duplicates = corrections = 0
    for key, values in good:
        if stored.get(key) == values:
            duplicates += 1
            continue
        corrections += key in stored
        accepted += 1
        stored[key] = values
    return accepted, duplicates, len(entries) - accepted - duplicates, corrections


def known_in(bank: Bank) -> dict[int, Known]:
    """What the latest arrivals in bronze say."""
    found = bank.sql(
        "select distinct on (transaction_id) transaction_id, cast(amount * 100 as integer), "
        "transaction_type, account_id, cast(transaction_date as date) "
        "from ingestion_raw_data.transactions "
        "order by transaction_id, _batch_id desc, _source_row desc"
    )
    return {key: tuple(values) for key, *values in found}


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    files=st.one_of(
        st.lists(st.lists(line, max_size=14), min_size=1, max_size=3),
        st.lists(st.lists(colliding, max_size=4), min_size=2, max_size=4),
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@example(
    files=[[(1, "1,5", "Fee", 10, DAYS[0]), (4, "12.345", "Fee", 10, DAYS[0])]],
    delimiter=",",
    newline="\n",
)
def test_every_row_is_accounted_for(
    loaded_bank: Path,
    bank_class: type[Bank],
    files: list[list[Row | str]],
    delimiter: str,
    newline: str,
) -> None:
    """Whatever faults, ids used twice and orders of delivery."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(loaded_bank, folder, dirs_exist_ok=True)
        data = Path(folder) / "data"
        bank = bank_class(Path(folder), Settings(find_project_dir(), data, data))
        header = "transaction_id,account_id,customer_id,transaction_date,transaction_type,amount,currency"
        stored = known_in(bank)
        assert stored[1] == (-1250, "Purchase", 10, date(2024, 5, 1))
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
            assert known_in(bank) == stored
        everything = bank.sql("from ingestion_raw_data.transactions"), bank.quarantine()
        counts = bank.ingest(*paths, loaded_at=datetime(2024, 7, 2)).totals
        assert counts.duplicates == counts.read == sum(len(entries) for entries in files)
        assert everything == (bank.sql("from ingestion_raw_data.transactions"), bank.quarantine())

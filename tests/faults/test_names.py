"""A file's name is a name, whatever it looks like, and the same name for the same file."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.banks import FIRST_LOAD

from financial_analytics.engines.duckdb.gold import open_gold
from financial_analytics.engines.duckdb.snapshot import (
    open_snapshot,
    read_relation,
    write_snapshot,
)
from financial_analytics.errors import UserInputError
from financial_analytics.ingest import ingest
from financial_analytics.settings import Settings, find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

# The odd name, and the names of others that it fits as a pattern.
ODD_NAMES = [
    ("codes[1]", ["codes1"]),
    ("codes[!a]", ["codesb"]),
    ("codes[a-z", []),
    ("codes*", ["codes", "codes9"]),
    ("**", ["codes"]),
    ("codes?", ["codes1"]),
    ("codes{1,2}", ["codes1", "codes2"]),
    ("codes\\[1]", ["codes[1]", "codes1"]),
    ('it\'s "quoted"', []),
    ("-rf", []),
    ("two\nlines", []),
    ("50%20 #1;x", []),
    ("a=b", []),
    ("s3:x", []),
    ("²", []),
]


def write_csv(path: Path, code: str) -> None:
    path.write_text(f"mcc_code,description\n{code},from {code}\n")


def write_gzip(path: Path, code: str) -> None:
    with pa.output_stream(str(path), compression="gzip") as out:
        out.write(f"mcc_code,description\n{code},from {code}\n".encode())


def write_dirty(path: Path, code: str) -> None:
    path.write_bytes(f"mcc_code,description\n{code},from {code}\n".encode().replace(b"\n", b"\r"))


def write_parquet(path: Path, code: str) -> None:
    pq.write_table(pa.table({"mcc_code": [code], "description": [f"from {code}"]}), path)


Writer = Callable[[Path, str], None]
FORMS: list[tuple[Writer, str]] = [
    (write_csv, "csv"),
    (write_gzip, "csv.gz"),
    (write_dirty, "csv"),
    (write_parquet, "parquet"),
]


def codes(bank: Bank) -> list[tuple[str, str]]:
    """Code and file of every row, by arrival."""
    return bank.sql(
        "select mcc_code, _source_file from ingestion_raw_data.merchant_category_codes"
        " order by _batch_id, _source_row"
    )


@pytest.mark.parametrize(
    ("write", "suffix"), FORMS, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_name_is_read_as_a_name(bank: Bank, write: Writer, suffix: str) -> None:
    """Beside a file whose name is a pattern lies one that the pattern fits; each keeps its rows."""
    wanted = []
    paths = []
    for number, (name, others) in enumerate(ODD_NAMES):
        folder = bank.folder / f"{number}"
        folder.mkdir()
        for position, other in enumerate([name, *others]):
            path = folder / f"merchant_category_codes_{other}.{suffix}"
            write(path, f"{number}.{position}")
            paths.append(path)
            wanted.append((f"{number}.{position}", path.name))
    report = bank.ingest(*paths)
    assert not report.refused
    assert codes(bank) == wanted
    assert bank.ingest(*paths).totals.duplicates == len(wanted)


@pytest.mark.parametrize(
    "folder", ["d[1]", "st*r it's", "two\nlines {a,b}", "-50% #1", "mcc_code=no s3:x"]
)
def test_folders_of_feeds_and_data_may_have_any_name(tmp_path: Path, folder: str) -> None:
    """Feeds, warehouse and snapshot lie below a folder that is a pattern, beside one it fits."""
    (tmp_path / "d1").mkdir()
    home = tmp_path / folder
    feeds = home / "feeds[1]"
    feeds.mkdir(parents=True)
    for name, (write, suffix) in zip("abcd", FORMS, strict=True):
        write(feeds / f"merchant_category_codes_{name}.{suffix}", name)
    settings = Settings(find_project_dir(), home, home / "reports")
    report = ingest([feeds], settings=settings, loaded_at=FIRST_LOAD)
    assert report.totals.accepted == 4
    assert not report.refused
    assert not list((home / "tmp").glob("ingest-*"))
    assert not list((tmp_path / "d1").iterdir())
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema gold; create table gold.analytics_x as select 7 as x")
    snapshot = settings.published_dir / "warehouse.duckdb"
    with open_gold(settings) as gold:
        write_snapshot(
            gold,
            snapshot,
            snapshot.with_name("star.duckdb"),
            shown={},
            run_id="1",
            engine="duckdb",
            built_at=datetime.now(UTC),
        )
    with open_snapshot(snapshot) as connection:
        assert read_relation(connection, "analytics_x")["x"].tolist() == [7]


def test_a_data_folder_that_the_engine_cannot_name_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "what?"
    settings = Settings(find_project_dir(), home, home)
    with pytest.raises(UserInputError, match="no '\\?' in its name") as caught:
        ingest([], settings=settings, loaded_at=FIRST_LOAD)
    assert "FA_DATA_DIR" in (caught.value.hint or "")
    assert not home.exists()


def test_a_name_that_is_no_text_is_spelled_out(bank: Bank) -> None:
    (bank.folder / "odd").mkdir()
    odd = os.fsencode(bank.folder) + b"/odd/merchant_category_codes_\xfd.parquet"
    write_parquet(bank.folder / "odd" / "x", "2")
    (bank.folder / "odd" / "x").rename(os.fsdecode(odd))
    for number, byte in enumerate((b"\xff", b"\xfe")):
        path = os.fsencode(bank.folder) + b"/odd/merchant_category_codes_" + byte + b".csv"
        write_csv(Path(os.fsdecode(path)), str(number))
    report = bank.ingest(bank.folder / "odd")
    assert [file.source_file for file in report.files] == [
        f"merchant_category_codes_{name}" for name in ("\\xfd.parquet", "\\xfe.csv", "\\xff.csv")
    ]  # fmt: skip
    assert [code for code, _ in codes(bank)] == ["2", "1", "0"]


def test_a_folder_called_after_a_column_is_no_value(bank: Bank) -> None:
    """`description=x/` does not become the description of every row in it."""
    folder = bank.folder / "merchant_category_codes" / "description=x"
    folder.mkdir(parents=True)
    write_parquet(folder / "part-0.parquet", "7")
    bank.ingest(bank.folder / "merchant_category_codes")
    query = "select description from ingestion_raw_data.merchant_category_codes"
    assert bank.sql(query) == [("from 7",)]


def test_a_folder_s_own_files_come_before_those_of_its_folders(bank: Bank) -> None:
    """So the full load of a bank precedes its daily deltas, whose folder sorts before it."""
    for place in ("deltas/2024-01-10", "deltas/2024-01-9", "full"):
        folder = bank.folder / "bank" / place
        folder.mkdir(parents=True)
        write_csv(folder / "merchant_category_codes.csv", place)
    report = bank.ingest(bank.folder / "bank")
    assert [file.source_file.rpartition("/")[0] for file in report.files] == [
        "full", "deltas/2024-01-9", "deltas/2024-01-10"
    ]  # fmt: skip

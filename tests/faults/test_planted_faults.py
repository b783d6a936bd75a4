# ruff: noqa: DTZ001, E501
"""One planted fault per test: a clear message, an exit code, and everything else intact."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.ingest import as_text, ingest

if TYPE_CHECKING:
    from conftest import Bank

HEADER = "transaction_id,account_id,customer_id,transaction_date,transaction_type,amount,currency"
GOOD_LINE = "50,10,100,2024-05-09 08:00:00,Purchase,-5.00,USD"


@pytest.fixture(autouse=True)
def earlier_data_stay(bank: Bank) -> Iterator[None]:
    """Whatever is planted, the rows loaded before keep every value."""
    before = bank.snapshot()
    yield
    assert bank.snapshot() == before
    assert len(before) == 8


def refused(bank: Bank, path: Path, **options: Any) -> str:
    """Ingest a bad file together with a good one; return the message of the bad one."""
    good = bank.transactions(
        "51,10,100,2024-05-09 08:00:00,Fee,-1.00,USD", name="transactions_g.csv"
    )
    batches = bank.sql("select count(*) from ingestion_raw_data._batches")[0][0]
    report = bank.ingest(path, good, **options)
    assert report.exit_code == 3
    assert [entry.source_file for entry in report.refused] == [path.name]
    assert report.totals.accepted == 1
    assert bank.ids()[-1] == 51
    assert bank.sql("select count(*) from ingestion_raw_data._batches") == [(batches + 1,)]
    assert not bank.quarantine()
    text = as_text(report, width=500)
    assert f"refused {path.name}: " in text
    return " | ".join(line for line in text.splitlines() if "refused" in line or "hint" in line)


def one_fault(bank: Bank, line: str, **options: Any) -> tuple[str, str, str]:
    """Ingest a bad row before a good one; return column, rule and reason of its fault."""
    report = bank.ingest(bank.transactions(line, GOOD_LINE), **options)
    assert report.exit_code == 6  # half of the rows
    assert (report.totals.read, report.totals.accepted, report.totals.quarantined) == (2, 1, 1)
    assert bank.ids() == [1, 2, 3, 50]
    assert bank.sql("select max(_source_row) from ingestion_raw_data.transactions "
                    "where transaction_id = 50") == [(2,)]  # fmt: skip
    [(row, column, rule, reason)] = bank.quarantine()
    assert row == 1
    return column, rule, reason


# --- files that are refused whole ---------------------------------------------------------------


def test_empty_file(bank: Bank) -> None:
    assert "the file is empty" in refused(bank, bank.write("transactions_x.csv", ""))


def test_empty_parquet_file(bank: Bank) -> None:
    assert "the file is empty" in refused(bank, bank.write("transactions_x.parquet", b""))


def test_wrong_delimiter_given(bank: Bank) -> None:
    path = bank.write("transactions_x.csv", f"{HEADER}\n{GOOD_LINE}\n".replace(",", ";"))
    good = bank.write("transactions_g.csv", f"{HEADER}\n{GOOD_LINE}\n".replace(",", "|"))
    report = bank.ingest(path, good, delimiter="|")
    assert report.exit_code == 3
    assert report.refused[0].message == (
        "the header is one column with delimiter '|'; the file is separated by ';'"
    )
    assert "--delimiter ';'" in (report.refused[0].hint or "")
    assert bank.ids() == [1, 2, 3, 50]


def test_unknown_delimiter_names_what_was_found(bank: Bank) -> None:
    path = bank.write("transactions_x.csv", f"{HEADER}\n{GOOD_LINE}\n".replace(",", "@"))
    assert "one column with delimiter" in refused(bank, path)


def test_missing_required_column(bank: Bank) -> None:
    path = bank.write("transactions_x.csv", "transaction_id,account_id,amount\n1,2,3\n")
    message = refused(bank, path)
    assert "required column customer_id, transaction_date, transaction_type, currency" in message
    assert "columns found: transaction_id, account_id, amount" in message
    assert "--mapping" in message


def test_no_header(bank: Bank) -> None:
    assert "header line" in refused(bank, bank.write("transactions_x.csv", GOOD_LINE + "\n"))


def test_two_columns_of_one_name(bank: Bank) -> None:
    path = bank.write("transactions_x.csv", f"{HEADER},Amount\n{GOOD_LINE},1\n")
    assert "2 columns of the feed are amount" in refused(bank, path)


@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_truncated_gzip(bank: Bank, keep: float) -> None:
    rows = "".join(f"{i},10,100,2024-05-09,Fee,-{i}.00,USD\n" for i in range(100, 900))
    whole = gzip.compress(f"{HEADER}\n{rows}".encode())
    path = bank.write("transactions_x.csv.gz", whole[: int(len(whole) * keep)])
    assert "the gzip stream is damaged or ends too early" in refused(bank, path)


def test_gzip_by_name_only(bank: Bank) -> None:
    path = bank.write("transactions_x.csv.gz", f"{HEADER}\n{GOOD_LINE}\n")
    assert "the content is not compressed that way" in refused(bank, path)


def test_text_named_parquet(bank: Bank) -> None:
    path = bank.write("transactions_x.parquet", f"{HEADER}\n{GOOD_LINE}\n")
    assert "this is not a readable Parquet file" in refused(bank, path)


def test_truncated_parquet(bank: Bank, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(_transactions(), whole)
    path = bank.write("transactions_x.parquet", whole.read_bytes()[:-20])
    assert "this is not a readable Parquet file" in refused(bank, path)


def test_damaged_parquet_page(bank: Bank, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(_transactions(rows=5000), whole, compression="zstd", use_dictionary=False)
    data = bytearray(whole.read_bytes())
    data[4:64] = b"\xff" * 60  # the header of the first page
    path = bank.write("transactions_x.parquet", bytes(data))
    assert "cannot be read" in refused(bank, path)


def test_damaged_parquet_page_found_while_writing(bank: Bank, tmp_path: Path) -> None:
    """The keys are whole and new, so the damage shows only once rows are being written."""
    whole = tmp_path / "whole.parquet"
    pq.write_table(_transactions(rows=5000), whole, use_dictionary=False)
    column = pq.ParquetFile(whole).metadata.row_group(0).column(5)
    data = bytearray(whole.read_bytes())
    data[column.data_page_offset : column.data_page_offset + 30] = b"\xff" * 30
    path = bank.write("transactions_x.parquet", bytes(data))
    assert "cannot be read as transactions" in refused(bank, path)


def test_parquet_with_a_list(bank: Bank) -> None:
    data = _transactions().append_column("description", pa.array([["a", "b"]]))
    path = bank.folder / "feeds" / "transactions_x.parquet"
    pq.write_table(data, path)
    message = refused(bank, path)
    assert "column description has type varchar[], which cannot become text" in message


def test_excel_file_named_csv(bank: Bank) -> None:
    path = bank.write("transactions_x.csv", b"PK\x03\x04" + b"\0" * 40)
    assert "ZIP or Excel" in refused(bank, path)


def test_header_without_line_end(bank: Bank) -> None:
    path = bank.write("transactions_x.csv", HEADER + "," + "x" * 5000)
    assert "first line is longer than 1,000 bytes" in refused(bank, path, max_line=1000)


def test_named_file_of_no_table(bank: Bank) -> None:
    path = bank.write("movements.csv", f"{HEADER}\n{GOOD_LINE}\n")
    assert "the name belongs to no table" in refused(bank, path)


# --- files that are fine although they look odd ---------------------------------------------------


def test_header_only(bank: Bank) -> None:
    report = bank.ingest(bank.write("transactions_x.csv", HEADER + "\n"))
    assert report.exit_code == 0
    assert report.totals.read == 0
    assert bank.ids() == [1, 2, 3]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_utf16_and_byte_order_marks(bank: Bank, encoding: str) -> None:
    text = f"{HEADER},description\n{GOOD_LINE},Café Ünïcode\n"
    report = bank.ingest(bank.write("transactions_x.csv", text.encode(encoding)))
    assert (report.exit_code, report.totals.accepted) == (0, 1)
    stored = "select description from ingestion_raw_data.transactions where transaction_id = 50"
    assert bank.sql(stored) == [("Café Ünïcode",)]


def test_parquet_with_other_types(bank: Bank) -> None:
    """Text, wider integers, floats, dates: what can become the contract's type does."""
    data = pa.table(
        {
            "transaction_id": ["50", "51", "x"],
            "account_id": pa.array([10.0, 10.0, 10.0]),
            "customer_id": pa.array([100, 2**40, 100], type=pa.int64()),
            "transaction_date": pa.array(
                [datetime(2024, 5, 9)] * 3, type=pa.timestamp("ns", "UTC")
            ),
            "transaction_type": pa.array(["Fee"] * 3).dictionary_encode(),
            "amount": [-1.25, -1.5, -1.0],
            "currency": ["USD"] * 3,
            "mcc_code": pa.array([5411.0, None, None]),
        }
    )
    path = bank.folder / "feeds" / "transactions_x.parquet"
    pq.write_table(data, path)
    report = bank.ingest(path)
    assert (report.totals.accepted, report.totals.quarantined) == (1, 2)
    stored = (
        "select transaction_id, account_id, amount, mcc_code, transaction_date "
        "from ingestion_raw_data.transactions where _batch_id > 4"
    )
    rows = bank.sql(stored)
    assert [(r[0], r[1], str(r[2]), r[3], r[4]) for r in rows] == [
        (50, 10, "-1.25", "5411", datetime(2024, 5, 9))
    ]
    assert [(row, column, rule) for row, column, rule, _ in bank.quarantine()] == [
        (2, "customer_id", "overflow"),
        (3, "transaction_id", "number"),
    ]


def test_folder_reports_files_of_no_table(bank: Bank) -> None:
    folder = bank.write("more/transactions_x.csv", f"{HEADER}\n{GOOD_LINE}\n").parent
    bank.write("more/notes.csv", "a,b\n1,2\n")
    bank.write("more/_SUCCESS", "")
    report = bank.ingest(folder)
    assert (report.exit_code, report.unknown_files) == (0, ["notes.csv"])
    assert bank.ids()[-1] == 50


# --- rows that go to quarantine -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "rule", "reason"),
    [
        ("abc", "number", "'xxx' is not a number (column amount takes decimal(18, 2))"),
        ('"1,234,50"', "number", "is not a number"),
        ('"1.234,50"', "number", "is not a number"),
        ("1.234.567,50".replace(",", "."), "number", "is not a number"),
        ('"12,5"', "number", "'12,5' has a decimal comma"),
        ("NaN", "required", "'NaN' stands for no value, and the value is required"),
        ("nan(7)", "number", "is not a number"),
        ("-inf", "not_finite", "'-inf' is not a finite number"),
        ("12.345", "decimals", "'12.345' has more than 2 decimals"),
        ("1e3", "number", "'1e3' is in scientific notation"),
        ("99999999999999999.00", "overflow", "is too large"),
        ("1_000", "number", "is not a number"),
        ("", "required", "the value is required and blank"),
        ("  ", "required", "the value is required and blank"),
    ],
)
def test_amount(bank: Bank, amount: str, rule: str, reason: str) -> None:
    found = one_fault(bank, f"49,10,100,2024-05-09 08:00:00,Purchase,{amount},USD")
    assert found[:2] == ("amount", rule)
    assert reason in found[2]


@pytest.mark.parametrize(
    "amount", ["1234.560", "0.340", "12.3", "12", "+12.30", " 12.30 ", "012.30", ".5", "7."]
)
def test_amount_that_is_fine(bank: Bank, amount: str) -> None:
    report = bank.ingest(bank.transactions(f"49,10,100,2024-05-09,Fee,{amount},USD"))
    assert report.totals.accepted == 1
    stored = "select amount from ingestion_raw_data.transactions where transaction_id = 49"
    assert float(bank.sql(stored)[0][0]) == float(amount)


@pytest.mark.parametrize(
    ("time", "rule", "reason"),
    [
        ("2024-02-31", "calendar", "'2024-02-31' is not a day of the calendar"),
        ("2024-02-31T10:00:00", "calendar", "is not a day of the calendar"),
        ("31.05.2024", "timestamp", "is not a time written YYYY-MM-DD HH:MM:SS"),
        ("05/31/2024 10:00", "timestamp", "is not a time written"),
        ("2024-05-09 25:00:00", "calendar", "is not a day of the calendar or a time of the day"),
        ("2099-01-01", "past", "lies in the future: the file was loaded on 2024-06-02"),
        ("infinity", "timestamp", "is not a time written"),
        ("0001-01-01 00:00:00", "implausible", "is too old: the earliest is 1900-01-02"),
        ("1753-01-01", "implausible", "is too old"),
        ("1899-12-30", "implausible", "is too old"),
        ("1899-12-31 23:59:59", "implausible", "is too old"),
        ("1900-01-01", "implausible", "is too old"),
        ("1970-01-01T00:00:00", "implausible", "stands for an unknown date (date class event)"),
        ("1970-01-01 01:00:00", "implausible", "stands for an unknown date"),
        ("9999-12-31", "past", "lies in the future"),
    ],
)
def test_time(bank: Bank, time: str, rule: str, reason: str) -> None:
    found = one_fault(bank, f"49,10,100,{time},Purchase,-1.00,USD")
    assert found[:2] == ("transaction_date", rule)
    assert reason in found[2]


@pytest.mark.parametrize(
    ("open_date", "updated_at", "column"),
    [
        ("1753-01-01", "2024-05-09", None),  # no day is known
        ("9999-12-31", "2024-05-09", None),
        ("1799-12-31", "2024-05-09", "open_date"),
        ("1850-06-01", "2024-05-09", None),
        ("1900-01-01", "2024-05-09", None),
        ("2020-01-01", "0001-01-01", "updated_at"),
        ("2020-01-01", "9999-12-31 23:59:59", "updated_at"),
    ],
)
def test_an_opening_may_be_old_and_a_version_is_of_its_time(
    bank: Bank, open_date: str, updated_at: str, column: str | None
) -> None:
    header = "account_id,customer_id,product_id,account_status,open_date,updated_at"
    path = bank.write("accounts_x.csv", f"{header}\n77,100,1,Active,{open_date},{updated_at}\n")
    report = bank.ingest(path)
    assert report.totals.quarantined == (0 if column is None else 1)
    found = [(name, rule) for _, name, rule, _ in bank.quarantine()]
    assert found == ([] if column is None else [(column, "implausible")])


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        ("2024-05-09", datetime(2024, 5, 9)),
        ("2024-05-09T08:30:00Z", datetime(2024, 5, 9, 8, 30)),
        ("2024-05-09T08:30:00+02:00", datetime(2024, 5, 9, 6, 30)),
        ("2024-05-09 08:30:00-0500", datetime(2024, 5, 9, 13, 30)),
        ("2024-05-09 08:30:00.25+05", datetime(2024, 5, 9, 3, 30, 0, 250000)),
        ("2024-05-09 08:30:00.125", datetime(2024, 5, 9, 8, 30, 0, 125000)),
        ("2024-05-09 08:30+02", datetime(2024, 5, 9, 6, 30)),
        ("2024-05-09 08:30:00.123-05", datetime(2024, 5, 9, 13, 30, 0, 123000)),
        ("2024-05-09 08:30", datetime(2024, 5, 9, 8, 30)),
    ],
)
def test_time_that_is_fine(bank: Bank, time: str, stored: datetime) -> None:
    bank.ingest(bank.transactions(f"49,10,100,{time},Fee,-1.00,USD"))
    query = "select transaction_date from ingestion_raw_data.transactions where transaction_id = 49"
    assert bank.sql(query) == [(stored,)]


def test_an_event_of_2099_does_not_move_the_clock(bank: Bank) -> None:
    one_fault(bank, "49,10,100,2099-01-01 00:00:00,Purchase,-1.00,USD")
    clock = "select max(transaction_date) from ingestion_raw_data.transactions"
    assert bank.sql(clock) == [(datetime(2024, 5, 9, 8),)]


def test_unknown_enum(bank: Bank) -> None:
    column, rule, reason = one_fault(bank, "49,10,100,2024-05-09,Purchace,-1.00,USD")
    assert (column, rule) == ("transaction_type", "values")
    assert reason.startswith("'Purchace' is not one of Purchase, ATM Withdrawal, Transfer")


def test_enum_in_another_case_is_stored_canonically(bank: Bank) -> None:
    bank.ingest(bank.transactions("49,10,100,2024-05-09, atm WITHDRAWAL ,-1.00,USD"))
    query = "select transaction_type from ingestion_raw_data.transactions where transaction_id = 49"
    assert bank.sql(query) == [("ATM Withdrawal",)]


@pytest.mark.parametrize(
    ("value", "rule"), [("99999999999", "overflow"), ("1.5", "number"), ("0x1F", "number")]
)
def test_integer(bank: Bank, value: str, rule: str) -> None:
    column, found, _ = one_fault(bank, f"49,{value},100,2024-05-09,Fee,-1.00,USD")
    assert (column, found) == ("account_id", rule)


def test_range(bank: Bank) -> None:
    path = bank.write("transactions_x.csv", f"{HEADER},fraud_score\n{GOOD_LINE},1.01\n")
    assert bank.ingest(path).totals.quarantined == 1
    [(_, column, rule, reason)] = bank.quarantine()
    assert (column, rule, reason) == ("fraud_score", "maximum", "'1.01' is above the maximum 1")


def test_every_fault_of_a_row_is_listed(bank: Bank) -> None:
    bank.ingest(bank.transactions("x,y,100,2024-05-09,Fee,1.234,USD"))
    assert [(row, column) for row, column, *_ in bank.quarantine()] == [
        (1, "account_id"), (1, "amount"), (1, "transaction_id")
    ]  # fmt: skip


def test_personal_data_are_masked(bank: Bank) -> None:
    header = "customer_id,first_name,date_of_birth,ssn,signup_date,is_active,updated_at\n"
    row = "7,Clementine,1980-02-31,123-45-6789,2020-01-01,true,2024-01-01\n"
    bank.ingest(bank.write("customers_x.csv", header + row + "8,Secretname,1980-01-01\n"))
    everything = str(bank.sql("from ingestion_raw_data.quarantine"))
    for secret in ("Clementine", "1980-02-31", "123-45-6789", "Secretname"):
        assert secret not in everything
    assert "'9999-99-99' is not a day of the calendar" in everything
    assert "C*** (10 characters)" in everything
    assert "9,Xxxxxxxxxx,9999-99-99".lower() in everything


# --- lines that are no rows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "rule", "reason"),
    [
        (b"49,10,100", "too_few_columns", "the line has 3 columns, the header has 7"),
        (b"49,10,100,2024-05-09,Fee,-1,USD,x", "too_many_columns", "has 8 columns, the header has 7"),
        (b'49,10,100,2024-05-09,"Fee,-1.00,USD', "unterminated_quote", "a quote is opened"),
        (b'49,10,100,2024-05-09,"Fee"x,-1.00,USD', "bad_quote", "followed by more text"),
        (b"49,10,100,2024-05-09,Fee,-1.00,U\xff\xfeD", "invalid_encoding", "byte 0xff at position 33"),
        (b"49,10,100,2024-05-09,Fee,-1.00,U\0D", "nul_byte", "the line holds a NUL byte"),
        (b"49,10,100,2024-05-09,Fee,-1.00," + b"U" * 3000, "line_too_long", "the line is 3,031 bytes"),
    ],
)  # fmt: skip
def test_bad_line(bank: Bank, bad: bytes, rule: str, reason: str) -> None:
    lines = [HEADER.encode(), GOOD_LINE.encode(), bad, GOOD_LINE.replace("50", "51").encode()]
    lines += [b"x,10,100,2024-05-09,Fee,-1.00,USD", b"52" + GOOD_LINE.encode()[2:], b""]
    report = bank.ingest(bank.write("transactions_x.csv", b"\n".join(lines)), max_line=2000)
    assert (report.exit_code, report.totals.read) == (6, 5)
    assert (report.totals.accepted, report.totals.quarantined) == (3, 2)
    found = bank.quarantine()
    assert [(row, found_rule) for row, _, found_rule, _ in found] == [(2, rule), (4, "number")]
    assert reason in found[0][3]
    rows = "select transaction_id, _source_row from ingestion_raw_data.transactions where _batch_id = 5"
    assert bank.sql(f"{rows} order by 2") == [(50, 1), (51, 3), (52, 5)]


def test_several_kinds_of_bad_lines_keep_the_row_numbers(bank: Bank) -> None:
    lines = [HEADER, "", GOOD_LINE, "a,b", 'x,"y', "51" + GOOD_LINE[2:], "", "52\0,1", "c,d",
             "53" + GOOD_LINE[2:], "1,2,3,4,5,6,7,8", "54" + GOOD_LINE[2:]]  # fmt: skip
    report = bank.ingest(bank.write("transactions_x.csv", "\r\n".join(lines)))
    assert (report.totals.accepted, report.totals.quarantined) == (4, 5)
    rows = "select transaction_id, _source_row from ingestion_raw_data.transactions where _batch_id = 5"
    assert bank.sql(f"{rows} order by 2") == [(50, 1), (51, 4), (53, 7), (54, 9)]
    assert [(row, rule) for row, _, rule, _ in bank.quarantine()] == [
        (2, "too_few_columns"), (3, "unterminated_quote"), (5, "nul_byte"),
        (6, "too_few_columns"), (8, "too_many_columns"),
    ]  # fmt: skip


def test_line_of_a_gigabyte_in_bounded_memory(bank: Bank) -> None:
    path = bank.transactions(*(f"{i}{GOOD_LINE[2:]}" for i in range(50, 250)))
    with path.open("r+b") as file:
        file.seek(0, 2)
        file.write(b"900,10,100,2024-05-09,Fee,")
        file.seek(1 << 30, 1)  # sparse: a gigabyte of zero bytes that takes no disk
        file.write(b"\n" + b"999" + GOOD_LINE[2:].encode() + b"\n")
    script = (
        "import resource, sys; from datetime import datetime; from pathlib import Path\n"
        "from financial_analytics.ingest import ingest\n"
        "from financial_analytics.settings import Settings\n"
        "project, data, feed = map(Path, sys.argv[1:])\n"
        "report = ingest([feed], settings=Settings(project, data, data), "
        "loaded_at=datetime(2024, 7, 1))\n"
        # ru_maxrss holds the parent's peak on Linux, VmHWM this process's own
        "status = Path('/proc/self/status')\n"
        "kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "if status.exists(): kb = int(status.read_text().split('VmHWM:')[1].split()[0])\n"
        "print(report.totals.accepted, report.totals.quarantined, kb // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(bank.settings.project_dir),
         str(bank.settings.data_dir), str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    accepted, quarantined, megabytes = map(int, done.stdout.split())
    assert (accepted, quarantined) == (201, 1)
    assert megabytes < 600
    [(row, _, rule, reason)] = bank.quarantine()
    assert (row, rule) == (201, "line_too_long")
    assert "1,073,741,850 bytes" in reason


# --- keys, people, references -------------------------------------------------------------------


def test_duplicate_key_in_one_file(bank: Bank) -> None:
    """An equal event is a duplicate; another value under the same id corrects it, in file order."""
    other = GOOD_LINE.replace("-5.00", "-6.00")
    report = bank.ingest(bank.transactions(GOOD_LINE, GOOD_LINE, other, other, GOOD_LINE))
    totals = report.totals
    assert (totals.accepted, totals.duplicates, totals.corrections) == (3, 2, 2)
    rows = "select _source_row from ingestion_raw_data.transactions where transaction_id = 50"
    assert bank.sql(f"{rows} order by 1") == [(1,), (3,), (5,)]


def test_orphans_load_and_are_counted(bank: Bank) -> None:
    report = bank.ingest(
        bank.transactions("49,77,100,2024-05-09,Fee,-1,USD", "50,78,100,2024-05-09,Fee,-1,USD")
    )
    assert (report.exit_code, report.totals.accepted) == (0, 2)
    [warning] = report.warnings
    assert warning.startswith("transactions: 2 rows refer to 2 account_id not in accounts")


def test_customer_id_used_by_two_people_in_one_file(bank: Bank) -> None:
    header = "customer_id,first_name,last_name,date_of_birth,signup_date,is_active,updated_at\n"
    ann = "7,Cleo,Day,1970-01-01,2020-01-01,true,2024-01-01\n"
    bob = "7,Dora,Fox,1985-05-05,2020-01-01,true,2024-02-01\n"
    sue = "8,Sue,Fox,1985-05-05,2020-01-01,true,2024-02-01\n"
    report = bank.ingest(bank.write("customers_x.csv", header + ann + bob + sue))
    assert (report.totals.accepted, report.totals.quarantined) == (1, 2)
    assert {(rule, reason) for _, _, rule, reason in bank.quarantine()} == {
        (
            "identity",
            "customer_id 7 is used by two people in this file: two or more identity columns differ",
        )
    }
    assert bank.ids("customers", "customer_id") == [100, 101, 8]


def test_customer_id_used_by_two_people_across_files(bank: Bank) -> None:
    header = "customer_id,first_name,last_name,date_of_birth,signup_date,is_active,updated_at\n"
    married = "100,Ann,Moe,1980-01-02,2020-01-01,true,2024-03-01\n"
    stranger = "101,Zed,Zoo,1955-05-05,2020-01-01,true,2024-03-01\n"
    report = bank.ingest(bank.write("customers_x.csv", header + married + stranger))
    assert (report.totals.accepted, report.totals.quarantined) == (1, 1)
    [(row, column, rule, reason)] = bank.quarantine()
    assert (row, rule) == (2, "identity")
    assert column == "first_name, last_name, date_of_birth"
    assert "customer_id 101 belongs to another person already stored" in reason


def test_entity_twice_in_one_file_with_other_values(bank: Bank) -> None:
    header = "product_id,product_name,category,updated_at\n"
    rows = "5,A,Loan,2024-01-01\n5,B,Loan,2024-01-01\n6,C,Loan,2024-01-01\n6,C,Loan,2024-01-01\n"
    report = bank.ingest(bank.write("products_x.csv", header + rows))
    totals = report.totals
    assert (totals.accepted, totals.duplicates, totals.quarantined) == (1, 1, 2)
    assert {rule for _, _, rule, _ in bank.quarantine()} == {"ambiguous"}


# --- running twice, clocks, locks, disk -----------------------------------------------------------


def test_same_file_twice_adds_nothing(bank: Bank) -> None:
    path = bank.transactions(GOOD_LINE, "x,10,100,2024-05-09,Fee,-1,USD", GOOD_LINE)
    bank.ingest(path)
    before = bank.sql("from ingestion_raw_data.transactions"), bank.quarantine()
    report = bank.ingest(path)
    assert (report.totals.read, report.totals.duplicates) == (3, 3)
    assert report.files[0].already_loaded
    assert before == (bank.sql("from ingestion_raw_data.transactions"), bank.quarantine())


def test_known_content_under_another_name_adds_nothing(bank: Bank) -> None:
    """It is read: its good rows are duplicates, the others are set aside once more."""
    path = bank.transactions(GOOD_LINE, "x,10,100,2024-05-09,Fee,-1,USD", GOOD_LINE)
    bank.ingest(path)
    before = bank.sql("from ingestion_raw_data.transactions")
    renamed = bank.write("transactions_again.csv", path.read_bytes())
    totals = bank.ingest(renamed).totals
    assert (totals.read, totals.duplicates, totals.quarantined) == (3, 2, 1)
    assert before == bank.sql("from ingestion_raw_data.transactions")


def test_same_rows_in_another_form_add_nothing(bank: Bank) -> None:
    bank.ingest(bank.transactions(GOOD_LINE))
    path = bank.folder / "feeds" / "transactions_x.parquet"
    pq.write_table(_transactions(), path)
    totals = bank.ingest(path).totals
    assert (totals.read, totals.accepted, totals.duplicates) == (1, 0, 1)


def test_load_time_may_not_go_back(bank: Bank) -> None:
    with pytest.raises(UserInputError, match="earlier than the newest load") as caught:
        bank.ingest(bank.transactions(GOOD_LINE), loaded_at=datetime(2024, 5, 1))
    assert caught.value.exit_code == 2
    assert "never go back" in (caught.value.hint or "")
    assert bank.ids() == [1, 2, 3]


def test_missing_path(bank: Bank) -> None:
    with pytest.raises(UserInputError, match="does not exist"):
        bank.ingest(bank.folder / "nowhere")


def test_warehouse_locked_by_another_process(bank: Bank) -> None:
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('locked', flush=True); "
        "sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(bank.settings.warehouse_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(EngineError, match="in use by another process") as caught:
            ingest([], settings=bank.settings, loaded_at=datetime(2024, 7, 1))
        assert caught.value.exit_code == 5
    finally:
        holder.communicate("")


def test_damaged_warehouse(bank: Bank) -> None:
    whole = bank.settings.warehouse_path.read_bytes()
    bank.settings.warehouse_path.write_bytes(b"not a database" * 1000)
    with pytest.raises(EngineError, match=r"the warehouse .* is damaged: "):
        ingest([], settings=bank.settings, loaded_at=datetime(2024, 7, 1))
    bank.settings.warehouse_path.write_bytes(whole)


def test_a_damaged_block_is_no_lock(bank: Bank) -> None:
    whole = bank.settings.warehouse_path.read_bytes()
    damaged = bytearray(whole)
    for place in (4096, 8192):  # both headers: one is read
        damaged[place + 100] ^= 0xFF
    bank.settings.warehouse_path.write_bytes(damaged)
    with pytest.raises(EngineError, match=r"the warehouse .* is damaged: ") as caught:
        ingest([], settings=bank.settings, loaded_at=datetime(2024, 7, 1))
    assert "block" in str(caught.value)
    assert "in use" not in str(caught.value)
    bank.settings.warehouse_path.write_bytes(whole)


def test_more_rows_than_memory(bank: Bank) -> None:
    lines = (f"{i},10,100,2024-05-09,Fee,-1.00,USD" for i in range(1000, 201_000))
    report = bank.ingest(bank.transactions(*lines), memory_limit="60MB")
    assert report.totals.accepted == 200_000


def _transactions(rows: int = 1) -> pa.Table:
    return pa.table(
        {
            "transaction_id": pa.array(range(50, 50 + rows), type=pa.int64()),
            "account_id": pa.array([10] * rows, type=pa.int32()),
            "customer_id": pa.array([100] * rows, type=pa.int32()),
            "transaction_date": [datetime(2024, 5, 9, 8)] * rows,
            "transaction_type": ["Purchase"] * rows,
            "amount": [-5.0] * rows,
            "currency": ["USD"] * rows,
        }
    )

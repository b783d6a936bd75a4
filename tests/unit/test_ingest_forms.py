# ruff: noqa: DTZ001, E501
"""Forms in which a feed may come: names, delimiters, encodings, compression, folders, connectors."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest import IngestReport, as_text, ingest, load_contract
from financial_analytics.ingest.clean import blank_lines, clean, scan
from financial_analytics.ingest.connectors import connector_names, load_connector
from financial_analytics.ingest.decode import PlainText, check_encoding, sniff_encoding
from financial_analytics.ingest.discover import discover, table_of
from financial_analytics.ingest.header import (
    check_delimiter,
    find_delimiter,
    match_columns,
)
from financial_analytics.ingest.mapping import load_mapping
from financial_analytics.settings import Settings, find_project_dir

CODES = "mcc_code,description,category\n5411,Grocery Stores,Retail\n5812,Café,Food\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(find_project_dir(), tmp_path / "data", tmp_path / "reports")


def load(settings: Settings, *paths: Path, **options: Any) -> IngestReport:
    options.setdefault("loaded_at", datetime(2024, 6, 1))
    return ingest(paths, settings=settings, **options)


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(query).fetchall()


CODES_QUERY = (
    "select mcc_code, description, category from ingestion_raw_data.merchant_category_codes"
)
CODES_STORED = [("5411", "Grocery Stores", "Retail"), ("5812", "Café", "Food")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("merchant_category_codes.csv", CODES.encode()),
        ("Merchant-Category-Codes 2024.CSV", CODES.encode()),
        ("merchant_category_codes.tsv", CODES.replace(",", "\t").encode()),
        ("merchant_category_codes.csv", CODES.replace(",", ";").encode()),
        ("merchant_category_codes.csv", CODES.replace(",", "|").encode("utf-16")),
        ("merchant_category_codes.csv", CODES.replace("\n", "\r\n").encode("utf-8-sig")),
        ("merchant_category_codes.csv", CODES.replace("\n", "\r").encode()),
        ("merchant_category_codes.csv", CODES.rstrip("\n").encode()),
        ("merchant_category_codes.csv", ("\n" + CODES + "\n\n").encode()),
        ("merchant_category_codes.csv", CODES.encode("cp1252")),
        ("merchant_category_codes.csv.gz", gzip.compress(CODES.encode(), mtime=0)),
        ("merchant_category_codes.csv", gzip.compress(CODES.encode("utf-16"), mtime=0)),
        ("merchant_category_codes.csv", CODES.replace("mcc_code", " MCC Code ").encode()),
        ("merchant_category_codes.csv", CODES.replace("Café", '"Café"').encode()),
        ("merchant_category_codes/part-0.csv", CODES.encode()),
        ("merchant_category_codes/day=2/part-0.csv", CODES.encode()),
    ],
)  # fmt: skip
def test_forms_of_text(settings: Settings, tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "feeds" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    report = load(settings, tmp_path / "feeds")
    assert (report.exit_code, report.totals.accepted) == (0, 2)
    assert rows(settings, CODES_QUERY) == CODES_STORED


def test_zstd(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "merchant_category_codes.csv.zst"
    with pa.output_stream(path, compression="zstd") as stream:
        stream.write(CODES.encode())
    assert load(settings, path).totals.accepted == 2
    assert rows(settings, CODES_QUERY) == CODES_STORED


def test_given_encoding_and_delimiter(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "merchant_category_codes.csv"
    path.write_bytes(CODES.replace(",", "!").encode("cp850"))
    assert load(settings, path, encoding="cp850", delimiter="!").totals.accepted == 2
    assert rows(settings, CODES_QUERY) == CODES_STORED


def test_guessed_encoding_is_said(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "merchant_category_codes.csv"
    path.write_bytes(CODES.encode("cp1252"))
    assert "by its look; say --encoding if that is wrong" in as_text(load(settings, path))


def test_multi_line_values_are_one_row(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "merchant_category_codes.csv"
    path.write_text('mcc_code,description\n1,"a\n\nb, ""c"""\n2,d\n3,5" pipe\n')
    assert load(settings, path).totals.accepted == 3
    stored = rows(settings, CODES_QUERY + " order by mcc_code")
    assert [row[1] for row in stored] == ['a\n\nb, "c"', "d", '5" pipe']


def test_parquet_folder_of_parts(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "exchange_rates"
    folder.mkdir()
    for number in (2, 10):
        data = {
            "rate_date": [datetime(2024, 1, number)],
            "currency": ["EUR"],
            "rate_to_usd": [1.25],
        }
        pq.write_table(pa.table(data), folder / f"part-{number}.parquet")
    report = load(settings, folder)
    assert [file.source_file for file in report.files] == [
        "exchange_rates/part-2.parquet", "exchange_rates/part-10.parquet"
    ]  # fmt: skip
    query = "select cast(rate_date as varchar), rate_to_usd from ingestion_raw_data.exchange_rates"
    assert [(day, float(rate)) for day, rate in rows(settings, query)] == [
        ("2024-01-02", 1.25), ("2024-01-10", 1.25)
    ]  # fmt: skip


def test_parquet_read_directly_and_copied_agree(settings: Settings, tmp_path: Path) -> None:
    """The one-pass way (only new keys) and the way through a copy accept the same rows."""
    data = pa.table({"mcc_code": ["1", None, "3", " 4 "], "description": ["a", "b", None, "d"]})
    pq.write_table(data, tmp_path / "merchant_category_codes_1.parquet")
    both = pa.concat_tables([data, data.slice(0, 1)])
    pq.write_table(both, tmp_path / "merchant_category_codes_2.parquet")
    first = load(settings, tmp_path / "merchant_category_codes_1.parquet").totals
    assert (first.read, first.accepted, first.quarantined) == (4, 2, 2)
    second = load(settings, tmp_path / "merchant_category_codes_2.parquet").totals
    assert (second.read, second.duplicates, second.quarantined) == (5, 3, 2)
    query = "select mcc_code, _source_row from ingestion_raw_data.merchant_category_codes"
    assert rows(settings, query) == [("1", 1), ("4", 4)]
    faults = "select source_row, rule from ingestion_raw_data.quarantine where _batch_id = 1"
    assert rows(settings, faults) == [(2, "required"), (3, "required")]


def test_feed_names_and_mapping(settings: Settings, tmp_path: Path) -> None:
    feed = tmp_path / "economic_indicators.csv"
    feed.write_text("Date,10yr_treasury_yield,VIX,extra\n2024-01-01,4.1,13.2,x\n")
    mapping = tmp_path / "mapping.yml"
    mapping.write_text("economic_indicators: {vix: vix_index}\n")
    report = load(settings, feed, mapping=mapping)
    assert report.files[0].unknown_columns == ("extra",)
    assert "columns not in the contract, not loaded: extra" in as_text(report)
    query = "select treasury_yield_10yr, vix_index from ingestion_raw_data.economic_indicators"
    assert rows(settings, query) == [(4.1, 13.2)]


def test_same_file_under_another_mapping_is_loaded(settings: Settings, tmp_path: Path) -> None:
    feed = tmp_path / "economic_indicators.csv"
    feed.write_text("Date,VIX\n2024-01-01,13.2\n")
    load(settings, feed)
    report = load(settings, feed, mapping={"economic_indicators": {"VIX": "vix_index"}})
    assert (report.totals.accepted, report.totals.corrections) == (1, 1)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"nothing": {"a": "b"}}, "unknown table 'nothing'"),
        ({"products": {"a": "b"}}, "sends products.a to 'b'"),
        (["a"], "must have the form"),
        ({"products": {"a": 7}}, "sends products.a to 7"),
        ({"products": {"a": {"column": "product_id", "mark": "comma"}}}, "unknown option mark"),
        ({"products": {"min_balance": {"decimal": ","}}}, "decimal mark ',' is not valid"),
        ({"products": {"min_balance": {"null": [7]}}}, "null is a text"),
        ("/nowhere.yml", "cannot be read"),
    ],
)
def test_bad_mapping(mapping: Any, message: str) -> None:
    with pytest.raises(UserInputError) as caught:
        load_mapping(mapping, load_contract())
    assert message in caught.value.message


def test_no_feeds_make_empty_tables(settings: Settings) -> None:
    report = load(settings)
    assert report.totals.read == 0
    query = (
        "select count(*) from information_schema.tables where table_schema = 'ingestion_raw_data'"
    )
    assert rows(settings, query) == [(28,)]


@pytest.mark.parametrize(
    ("stem", "table"),
    [
        ("customers", "customers"), ("customer_segments_history_1", "customer_segments_history"),
        ("accounts2024", "accounts"), ("account_events.v2", "account_events"),
        ("accountsholders", None), ("customer", None), ("", None), ("TRANSACTIONS-x", "transactions"),
    ],
)  # fmt: skip
def test_table_of(stem: str, table: str | None) -> None:
    assert table_of(stem, load_contract()) == table


def test_discover_sorts_by_contract_and_number(tmp_path: Path) -> None:
    for name in (
        "transactions_10.csv",
        "transactions_9.csv",
        "products.csv",
        ".hidden.csv",
        "x.csv",
    ):
        (tmp_path / name).write_text("a")
    found = discover([tmp_path, tmp_path / "products.csv"], load_contract())
    assert [feed.source_file for feed in found.feeds] == [
        "products.csv", "transactions_9.csv", "transactions_10.csv"
    ]  # fmt: skip
    assert found.unknown == ["x.csv"]


def test_delimiter_is_the_one_that_makes_contract_columns() -> None:
    table = load_contract()["zip_codes"]
    assert find_delimiter("zip_code;city, town;state", table, {}, None)[0] == ";"
    assert find_delimiter("zip_code", table, {}, None) == (",", ["zip_code"])
    with pytest.raises(UserInputError, match="delimiter 'ab' is not valid"):
        check_delimiter("ab")
    assert check_delimiter("tab") == "\t"


def test_mapped_column_wins_over_its_namesake() -> None:
    table = load_contract()["zip_codes"]
    match = match_columns(["zip_code", "plz"], table, {"plz": "zip_code"})
    assert (match.columns, match.unknown) == ({"zip_code": 1}, ("zip_code",))
    with pytest.raises(FeedError, match="2 columns of the feed are city"):
        match_columns(["zip_code", "city", "CITY "], table, {})


@pytest.mark.parametrize(
    ("sample", "encoding"),
    [
        (b"plain", "utf-8"), ("für".encode(), "utf-8"), ("für\nab".encode("cp1252"), "cp1252"),
        (b"a\n\xff\xfe\x81\x8d\nb", "utf-8"), ("ab\ncd".encode("utf-16-le"), "utf-16-le"),
        ("ab\ncd".encode("utf-16-be"), "utf-16-be"), (b"a" + b"\0" * 99, "utf-8"),
    ],
)  # fmt: skip
def test_sniff_encoding(sample: bytes, encoding: str) -> None:
    assert sniff_encoding(sample)[0] == encoding


def test_unknown_encoding() -> None:
    with pytest.raises(UserInputError, match="unknown encoding 'klingon'"):
        check_encoding("klingon")


def cleaned(tmp_path: Path, content: bytes, **options: Any) -> tuple[bool, bytes, list[Any]]:
    path = tmp_path / "feed.csv"
    path.write_bytes(content)
    text = PlainText(path, "utf-8", guessed=False, offset=0)
    facts = scan(text, max_line=options.get("max_line", 1000))
    options = {"delimiter": ",", "width": 2, "max_line": 1000} | options
    bad = clean(text, tmp_path / "clean.csv", **options)
    return facts.needs_copy, (tmp_path / "clean.csv").read_bytes(), [(b.row, b.rule) for b in bad]


@pytest.mark.parametrize(
    ("content", "needed"),
    [
        (b"a,b\n1,2\n", False), (b"a,b\r\n1,2\r\n", False), (b'a,b\n1,"2"\n', False),
        ("a,b\n1,\u00e9\n".encode(), False), (b"a,b\n1,2\n\n3,4\n", False), (b"\na,b\n1,2\n", True),
        (b"a,b\n1,2\r\n3,4\n", True), (b'a,b\n1,"2\n', True), (b"a,b\n1,\xe9\n", True),
        (b"a,b\r1,2\r", True), (b"a,b\n1,\0\n", True), (b"a,b\n" + b"x" * 1001, True),
        (b"a,b\n" + b"x" * 1001 + b"\n1,2\n", True), (b"a,b\n" + b"x" * 1000 + b"\n", False),
    ],
)  # fmt: skip
def test_only_dirty_files_are_copied(tmp_path: Path, content: bytes, needed: bool) -> None:
    assert cleaned(tmp_path, content)[0] is needed


@pytest.mark.parametrize(("newline", "size"), [(b"\n", 5), (b"\r\n", 7), (b"\n", 1000)])
def test_blank_lines_are_found_across_chunks(
    tmp_path: Path, monkeypatch: Any, newline: bytes, size: int
) -> None:
    monkeypatch.setattr("financial_analytics.ingest.clean.CHUNK_BYTES", size)
    path = tmp_path / "feed.csv"
    path.write_bytes(newline.join([b"a,b", b"", b"1,2", b"", b"", b"3", b"4,5", b"", b""]))
    text = PlainText(path, "utf-8", guessed=False, offset=0)
    assert blank_lines(text, newline) == [2, 4, 5, 8]


def test_a_quote_that_never_closes_spoils_one_line_only(tmp_path: Path) -> None:
    content = b'a,b\n1,"x\n2,y\n3,"p\nq"\n4,z\n'
    _, kept, bad = cleaned(tmp_path, content)
    assert kept == b'a,b\n2,y\n3,"p\nq"\n4,z\n'
    assert bad == [(1, "unterminated_quote")]


def test_lines_around_the_chunk_end_stay_whole(tmp_path: Path, monkeypatch: Any) -> None:
    lines = [f"{i},{'é' * (i % 7)}" for i in range(400)]
    content = ("a,b\r\n" + "\r\n".join(lines) + "\r\n").encode()
    for size in (7, 16, 33):
        monkeypatch.setattr("financial_analytics.ingest.clean.CHUNK_BYTES", size)
        needed, kept, bad = cleaned(tmp_path, content)
        assert (needed, bad) == (False, [])
        assert kept == content.replace(b"\r\n", b"\n")


def test_connector_goes_the_same_way(settings: Settings, tmp_path: Path, monkeypatch: Any) -> None:
    def feeds(directory: Path) -> Mapping[str, pa.Table]:
        assert directory == tmp_path
        data = pa.table({"mcc_code": ["1", None], "description": ["a", "b"]})
        return {
            "merchant_category_codes": data.replace_schema_metadata({"source_file": "toy:x.asc"})
        }

    package = "financial_analytics.ingest.connectors"
    module = ModuleType(f"{package}.toy")
    module.feeds = feeds  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{package}.toy", module)
    monkeypatch.setattr(f"{package}.connector_names", lambda: ["toy"])
    report = load(settings, tmp_path, connector="toy")
    assert [(f.source_file, f.counts.accepted, f.counts.quarantined) for f in report.files] == [
        ("toy:x.asc", 1, 1)
    ]
    assert load(settings, tmp_path, connector="toy").files[0].already_loaded
    with pytest.raises(UserInputError, match="reads one folder"):
        load(settings, connector="toy")
    monkeypatch.setattr(module, "feeds", lambda _directory: {})
    with pytest.raises(UserInputError, match="connector toy found no feeds in"):
        load(settings, tmp_path, connector="toy")


def test_unknown_connector() -> None:
    assert "berka" in connector_names()
    with pytest.raises(UserInputError, match="there is no connector 'nope'") as caught:
        load_connector("nope")
    assert "berka" in (caught.value.hint or "")


def test_report_text_adds_up(settings: Settings, tmp_path: Path) -> None:
    feed = tmp_path / "merchant_category_codes.csv"
    feed.write_text(CODES + ",x,y\n")
    (tmp_path / "bank_holidays.csv").write_text("")
    text = as_text(load(settings, tmp_path), per_file=True, width=200)
    stream = io.StringIO(text)
    header = stream.readline().split()
    assert header == [
        "table",
        "file",
        "read",
        "accepted",
        "duplicates",
        "quarantined",
        "corrections",
    ]
    assert stream.readline().split()[2:] == ["3", "2", "0", "1", "0"]
    assert "quarantined 1, mcc_code (required): the value is required and blank" in text
    assert "refused bank_holidays.csv: the file is empty" in text

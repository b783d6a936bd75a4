"""No message, report, log or quarantine shows personal data, however wrong the feed is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import markers

from financial_analytics.errors import FeedError
from financial_analytics.ingest import as_text
from financial_analytics.ingest.blame import feed_errors
from financial_analytics.ingest.connectors._typed_text import Kind, load_typed
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.masking import shape_sql, shown_text, shown_value
from financial_analytics.settings import Settings, find_project_dir

if TYPE_CHECKING:
    from conftest import Bank

CONTRACT = load_contract()
PERSONAL = [table for table in CONTRACT if table.has_personal_data]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a data folder, and all that `fa ingest --verbose` printed about the marked feeds."""
    folder = tmp_path_factory.mktemp("marked")
    markers.write_all(folder / "feeds", CONTRACT)
    data = folder / "data"
    run = subprocess.run(
        [sys.executable, "-m", "financial_analytics.cli", "ingest", str(folder / "feeds"),
         "--verbose"],
        capture_output=True, text=True, check=False,
        env=os.environ | {"FA_DATA_DIR": str(data), "COLUMNS": "400"},
    )  # fmt: skip
    assert run.returncode == 3, run.stderr[-2000:]  # some files are refused, none stops the run
    return data, run.stdout + run.stderr


def ledgers(warehouse: Path) -> list[tuple[str, str]]:
    """Return table and text of each line of quarantine, and of the list of batches."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(
            "select table_name, concat_ws(' | ', column_name, rejected_value, reason, raw_row)"
            " from ingestion_raw_data.quarantine union all"
            " select table_name, source_file from ingestion_raw_data._batches"
        ).fetchall()


def test_nothing_that_is_printed_holds_a_marker(ingested: tuple[Path, str]) -> None:
    _, printed = ingested
    for table in CONTRACT:
        assert f"{table.name}_headerless.csv" in printed
    assert printed.count("the first line looks like data, not names") > len(CONTRACT)
    assert markers.leaks(printed, markers.secrets(CONTRACT)) == []


def test_quarantine_holds_no_marker(ingested: tuple[Path, str]) -> None:
    data, _ = ingested
    found = ledgers(data / "warehouse.duckdb")
    assert {table for table, _ in found} == set(CONTRACT.tables)
    marked = markers.secrets(CONTRACT)
    leaking = {(table, *markers.leaks(text, marked)) for table, text in found}
    assert sorted(leak for leak in leaking if len(leak) > 1) == []


def test_no_file_beside_the_warehouse_holds_a_marker(ingested: tuple[Path, str]) -> None:
    data, _ = ingested
    marked = markers.secrets(CONTRACT)
    found = {path.name: markers.leaks(text, marked) for path, text in markers.texts(data)}
    assert {name: leak for name, leak in found.items() if leak} == {}
    assert not list((data / "tmp").glob("ingest-*"))


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    table=st.sampled_from(PERSONAL),
    has_header=st.booleans(),
    steps=st.integers(-3, 3),
    cells=st.lists(st.integers(0, 60), max_size=6),
    delimiter=st.sampled_from([",", ";", "|"]),
    data=st.data(),
)
def test_whatever_is_wrong_with_a_feed(
    bank_class: type[Bank],
    table: markers.Table,
    has_header: bool,
    steps: int,
    cells: list[int],
    delimiter: str,
    data: st.DataObject,
) -> None:
    """Words of persons in any column, in any order: none is shown."""
    alphabet = st.characters(categories=["L"], max_codepoint=0x24F)
    word = st.text(alphabet, min_size=4, max_size=9).map(lambda text: f"Zq{text}")
    lines = markers.rows(table, 3)
    planted = set()
    for cell in cells:
        planted.add(secret := data.draw(word))
        line = lines[cell % 3]
        line[cell % len(line)] = secret
    lines = [line[steps:] + line[:steps] for line in lines]
    with tempfile.TemporaryDirectory() as folder:
        bank = bank_class(Path(folder), Settings(find_project_dir(), Path(folder), Path(folder)))
        header = [table.column_names] if has_header else []
        path = markers.write(Path(folder) / f"{table.name}.csv", [*header, *lines], delimiter)
        report = bank.ingest(path)
        text = as_text(report, width=500) + str(ledgers(bank.settings.warehouse_path))
        assert markers.leaks(text, planted | markers.secrets([table]) - {"7391", "02139"}) == []


def shown(table: str, column: str, text: str) -> str:
    """Return what a message shows of a value."""
    expression = shown_value(CONTRACT[table], CONTRACT[table].column(column), "t")
    with duckdb.connect() as connection:
        found = connection.execute(f"select {expression} from (select $1 as t)", [text]).fetchall()
    return str(found[0][0])


@pytest.mark.parametrize(
    ("column", "given", "expected"),
    [
        # what an operator needs to see: numbers, days, words of the lists
        ("accounts.account_status", "Activ", "Activ"),
        ("accounts.account_status", "FROZEN", "FROZEN"),
        ("accounts.current_balance", "1,234.50", "1,234.50"),
        ("accounts.current_balance", "12.345", "12.345"),
        ("accounts.open_date", "2024-02-31", "2024-02-31"),
        ("accounts.open_date", "31.05.2024", "31.05.2024"),
        ("accounts.account_id", "1000001", "1000001"),
        ("transactions.transaction_id", "123456789012", "123456789012"),
        ("transactions.account_id", "1.5", "1.5"),
        ("customers.credit_score", "1200", "1200"),
        ("customers.updated_at", "yesterday", "yesterday"),
        ("customers.signup_date", "2024-02-31", "2024-02-31"),
        ("products.product_name", "Giro Plus", "Giro Plus"),
        ("merchants.latitude", "x", "x"),
        # what may be a person's
        ("accounts.account_status", "Zquirrel", "xxxxxxxx"),
        ("accounts.customer_id", "49291044", "99999999"),
        ("customers.credit_score", "123456789", "999999999"),
        ("customers.credit_score", "02139", "99999"),
        ("customers.signup_date", "1961-07-23", "1961-99-99"),
        ("customers.signup_date", "23.07.1961", "99.99.9999"),
        ("customers.is_active", "Zquirrel", "xxxxxxxx"),
        ("customers.city", "Zquirrel", "xxxxxxxx"),
        ("customers.first_name", "Zquirrel", "Z*** (8 characters)"),
        ("customers.date_of_birth", "1961-02-31", "9999-99-99"),
        ("transactions.hour_of_day", "7391", "9999"),
        ("merchants.merchant_name", "ann@example.org", "xxx@xxxxxxx.xxx"),
        ("products.interest_rate", "ann@example.-org", "xxx@xxxxxxx.-xxx"),
        ("merchants.city", "078-05-1120", "999-99-9999"),
        ("products.product_name", "4111 1111 1111 1111", "9999 9999 9999 9999"),
    ],
)
def test_what_is_shown_of_a_value(column: str, given: str, expected: str) -> None:
    table, name = column.split(".")
    assert shown(table, name, given) == expected


def test_the_shape_of_any_script() -> None:
    with duckdb.connect() as connection:
        text = "Ωmega Łódź 東京 ٣٤ a-b"
        found = connection.execute(f"select {shape_sql('t')} from (select $1 as t)", [text])
        assert found.fetchall() == [("xxxxx xxxx xx xx x-x",)]
    assert shown_text("Łódź") == "xxxx"


def test_the_engine_s_own_words_are_masked_with_their_cause() -> None:
    table = CONTRACT["customers"]
    with duckdb.connect() as connection, pytest.raises(FeedError) as caught, feed_errors(table):
        connection.execute("select cast(t as integer) from (select 'Zquirrelina' as t)").fetchall()
    chain = [str(caught.value.message), str(caught.value.__cause__)]
    assert "Could not convert string 'xxxxxxxxxxx'" in chain[0]
    assert caught.value.__suppress_context__
    assert [markers.leaks(text, ["Zquirrelina"]) for text in chain] == [[], []]


def test_a_connector_shows_the_shape_of_what_it_cannot_read(tmp_path: Path) -> None:
    path = markers.write(tmp_path / "client.asc", [["id", "day"], ["1", "Zquirrelina"]], ";")
    columns = {
        "id": Kind("{0}", "a number", personal=True),
        "day": Kind("try_cast({0} as date)", "a day"),
    }
    with duckdb.connect() as connection:
        load_typed(connection, "client", path, columns, delimiter=";")
        doubts = connection.execute("select doubt from client").fetchall()
        assert doubts == [("client.asc line 2: day is 'xxxxxxxxxxx', not a day",)]
        connection.execute("drop table client")
        path.write_text("id;day\n1;Zquirrelina;1961-07-23\n")
        with pytest.raises(FeedError) as caught:
            load_typed(connection, "client", path, columns, delimiter=";")
        path.write_text("1;Zquirrelina;1961-07-23\n")
        with pytest.raises(FeedError) as headerless:
            load_typed(connection, "client", path, columns, delimiter=";")
    for error in (caught, headerless):
        assert markers.leaks(error.value.message, ["Zquirrelina", "1961-07-23"]) == []
    assert "Expected 2 columns, got 3" in caught.value.message
    assert caught.value.__suppress_context__
    shutil.rmtree(tmp_path)

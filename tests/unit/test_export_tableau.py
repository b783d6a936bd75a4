"""Tableau data sources: they name what there is, and Hyper counts the metrics as gold does."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from tests.support.star import GOLD, STAR, TABLES, by_hand
from typer.testing import CliRunner

from financial_analytics.cli import app
from financial_analytics.errors import UserInputError
from financial_analytics.export import tableau
from financial_analytics.export.star import KEPT
from financial_analytics.export.tableau import (
    ENCAPSULATED,
    EXTRACT,
    SCHEMA,
    calculation,
    data_source,
    export_tableau,
    extract_rows,
    field_names,
)
from financial_analytics.metrics import fact_of, measures, metrics, ratios

FACTS = [table for table in STAR if table.is_fact]
DIMENSIONS = {table.name: table for table in STAR if not table.is_fact}


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tableau") / "out"
    export_tableau(GOLD, STAR, folder)
    return folder


def in_hyper(formula: str) -> str:
    """Return a calculation as Hyper's SQL, word by word."""
    made = re.sub(r"COUNTD\(", "count(distinct ", formula)
    made = re.sub(r"\bIF\b", "case when", made)
    made = made.replace('"', "'")
    return re.sub(r"\[(\w+)\]", r'"\1"', made)


@pytest.mark.parametrize("name", list(measures()))
def test_hyper_counts_a_metric_as_it_is_counted_by_hand(extract: Path, name: str) -> None:
    import pantab  # noqa: PLC0415

    measure = measures()[name]
    query = f"select cast({in_hyper(calculation(measure))} as double precision) as n" \
        f' from "{SCHEMA}"."{measure.fact}"'  # fmt: skip
    rows = pantab.frame_from_hyper_query(extract / EXTRACT, query, return_type="pyarrow")
    expected = by_hand(measure, GOLD.table(measure.fact).to_pandas())
    assert rows["n"].to_pylist()[0] == pytest.approx(float(expected), abs=0.005, rel=1e-12)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_data_source_names_what_there_is_and_each_field_once(fact: Any) -> None:
    root = data_source(fact, DIMENSIONS, "hyper")
    tables = [
        r.attrib["name"] for r in root.iterfind(f"connection/{ENCAPSULATED}relation/relation")
    ]
    assert tables == [fact.name, *(str(column.refers_to) for column in fact.references)]
    fields = {m.attrib["key"]: m.attrib["value"] for m in root.iterfind("connection/cols/map")}
    assert len(fields) == sum(len(TABLES[name].columns) for name in tables)
    there = {f"[{name}].[{column}]" for name in tables for column in TABLES[name].names}
    assert set(fields.values()) == there
    columns = [column.attrib for column in root.iterfind("column")]
    names = [column["name"] for column in columns]
    assert len(set(names)) == len(names)
    captions = [column["caption"] for column in columns]
    assert len(set(captions)) == len(captions)
    assert set(fields) <= set(names)
    assert not [name for name in names if name.strip("[]").endswith(KEPT)]
    in_folders = [
        item.attrib["name"] for item in root.iterfind("folders-common/folder/folder-item")
    ]
    assert len(set(in_folders)) == len(in_folders)
    hidden = {column["name"] for column in columns if column.get("hidden")}
    assert set(in_folders) == set(names) - hidden
    assert f"[{fact.references[0].name}]" in hidden
    joins = root.findall(f"{ENCAPSULATED}object-graph/relationships/relationship")
    assert len(joins) == len(fact.references)
    for join in joins:
        left, right = (part.attrib["op"] for part in join.find("expression") or [])
        first, second = (join.find(f"{end}-end-point") for end in ("first", "second"))
        assert first is not None
        assert second is not None
        assert fields[left].startswith(f"[{fact.name}].")
        other = second.attrib["object-id"]
        assert fields[right] == f"[{other}].[{TABLES[other].key}]"


def test_calculations_are_those_of_the_registry_and_ratios_name_calculations() -> None:
    found = {}
    for fact in FACTS:
        root = data_source(fact, DIMENSIONS, "hyper")
        for column in root.iterfind("column"):
            made = column.find("calculation")
            if made is not None:
                found[column.attrib["name"].strip("[]")] = (fact.name, made.attrib["formula"])
    valued = {name: metric for name, metric in metrics().items() if metric.value is not None}
    assert set(found) == set(valued)
    for name, metric in valued.items():
        assert found[name] == (fact_of(metric), calculation(metric.value))  # type: ignore[arg-type]
    for name, ratio in ratios().items():
        parts = set(re.findall(r"\[(\w+)\]", found[name][1]))
        assert parts == {ratio.numerator, ratio.denominator}
        assert {found[part][0] for part in parts} == {found[name][0]}


def test_flows_add_up_and_levels_do_not() -> None:
    snapshot, transactions = TABLES["fact_account_daily_snapshot"], TABLES["fact_transactions"]
    by_name = {c.name: c for table in (snapshot, transactions) for c in table.columns}
    assert snapshot.summary(by_name["reporting_balance"]) == "average"
    assert transactions.summary(by_name["posted_amount"]) == "sum"
    assert transactions.summary(by_name["hour_number"]) == "none"
    assert transactions.summary(by_name["processing_time_ms"]) == "average"


def test_small_amounts_below_zero_reach_the_extract(tmp_path: Path) -> None:
    import pantab  # noqa: PLC0415

    amounts = [Decimal("-0.05"), Decimal("-0.99"), Decimal("0.05"), Decimal("-123456.78"), None]
    rows = pa.table({"amount": pa.array(amounts, pa.decimal128(18, 2))})
    pantab.frame_to_hyper(extract_rows(rows), tmp_path / "x.hyper", table="x")
    back = pantab.frame_from_hyper(tmp_path / "x.hyper", table="x", return_type="pyarrow")
    assert back["amount"].to_pylist() == [None if a is None else float(a) for a in amounts]


def test_an_extract_holds_every_row_and_type(extract: Path) -> None:
    import pantab  # noqa: PLC0415

    for name in ("fact_transactions", "dim_date", "fact_loan_payments"):
        back = pantab.frame_from_hyper(
            extract / EXTRACT, table=(SCHEMA, name), return_type="pyarrow"
        )
        given = extract_rows(GOLD.table(name)).select(TABLES[name].names)
        key = list(TABLES[name].grain)
        order = [(column, "ascending") for column in key]
        assert back.sort_by(order).to_pydict() == given.sort_by(order).to_pydict()


def test_text_files_hold_no_formulas_and_two_runs_are_equal(tmp_path: Path) -> None:
    for run in ("a", "b"):
        export_tableau(GOLD, STAR, tmp_path / run, "csv")
    first = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert "=cmd" not in pacsv.read_csv(tmp_path / "a" / "dim_customer.csv")["city"].to_pylist()
    tree = ET.parse(tmp_path / "a" / "fact_transactions.tds")
    assert tree.find("connection/named-connections/named-connection/connection").attrib[  # type: ignore[union-attr]
        "class"
    ] == "textscan"  # fmt: skip
    for relation in tree.iterfind(f".//{ENCAPSULATED}relation/relation"):
        file = relation.attrib["table"].strip("[]").replace("#", ".")
        assert (tmp_path / "a" / file).is_file()


def test_data_sources_of_two_runs_are_the_same_bytes(extract: Path, tmp_path: Path) -> None:
    export_tableau(GOLD, STAR, tmp_path / "out")
    for path in extract.glob("*.tds"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_without_pantab_it_says_what_to_do(tmp_path: Path, monkeypatch: Any) -> None:
    def missing() -> Any:
        raise UserInputError("a Tableau extract needs the package pantab", hint="--data csv")

    monkeypatch.setattr(tableau, "_pantab", missing)
    with pytest.raises(UserInputError, match="pantab"):
        export_tableau(GOLD, STAR, tmp_path / "out")
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserInputError, match="no data 'xls'"):
        export_tableau(GOLD, STAR, tmp_path / "out", "xls")


def test_names_are_those_that_tableau_gives() -> None:
    names = field_names([TABLES["fact_fraud_alerts"], TABLES["dim_customer"]])
    assert names["fact_fraud_alerts", "customer_key"] == "customer_key"
    assert names["dim_customer", "customer_key"] == "customer_key (dim_customer)"


def test_the_command_says_that_there_is_no_warehouse(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["export", "tableau", str(tmp_path / "out")], env={"FA_DATA_DIR": str(tmp_path)}
    )
    assert result.exit_code != 0
    assert not (tmp_path / "out").exists()

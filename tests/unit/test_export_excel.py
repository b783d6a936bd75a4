"""The workbook: metrics by month as gold has them, no formulas, long tables named."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from tests.support.star import GOLD, STAR, TABLES, FakeGold

from financial_analytics.errors import UserInputError
from financial_analytics.export.excel import (
    BY_MONTH,
    CONTENTS,
    SHEET_NAME,
    WORKBOOK,
    _Book,
    export_excel,
    metrics_by_month,
)
from financial_analytics.metrics import Ratio, measure_sql, measures, metrics, ratios

HEADS = {"metric", "unit", "definition"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path, long = export_excel(GOLD, STAR, tmp_path_factory.mktemp("excel") / "out")
    assert not long
    return openpyxl.load_workbook(path)


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_metrics_by_month_are_those_of_gold(written: Any) -> None:
    found = {row["metric"]: row for row in rows_of(written[BY_MONTH])}
    valued = [metric for metric in metrics().values() if metric.value is not None]
    assert set(found) == {metric.label for metric in valued}
    dates = GOLD.table("dim_date")
    for name, measure in measures().items():
        table = TABLES[measure.fact]
        key = next(c.name for c in table.references if c.refers_to == "dim_date")
        with duckdb.connect() as connection:
            connection.register("d", dates)
            connection.register("f", GOLD.table(measure.fact))
            expected = dict(
                connection.execute(
                    f"select year_month, {measure_sql(measure, 'f.')} from f, d"
                    f" where f.{key} = d.date_key and full_date is not null"
                    " and year_month is not null group by 1"
                ).fetchall()
            )
        expected = {f"{month[:4]}-{month[4:]}": value for month, value in expected.items()}
        row = found[metrics()[name].label]
        months = {month: value for month, value in row.items() if month not in HEADS}
        assert set(expected) <= set(months)
        for month, value in months.items():
            amount = expected.get(month)
            assert (value is None) == (amount is None), (name, month)
            assert value is None or value == pytest.approx(float(amount), abs=0.005)


def test_a_ratio_is_its_parts_of_the_same_month() -> None:
    months, found = metrics_by_month(GOLD, STAR)
    assert months == sorted(months)
    for name, ratio in ratios().items():
        assert isinstance(ratio, Ratio)
        for place in range(len(months)):
            above, below = found[ratio.numerator][place], found[ratio.denominator][place]
            value = found[name][place]
            if above is None or not below:
                assert value is None
            else:
                assert value == pytest.approx(ratio.scale * above / below)


def test_every_cell_of_a_table_reads_back_as_it_was(written: Any) -> None:
    for table in STAR:
        rows = GOLD.table(table.name).select(table.names)
        rows = rows.sort_by([(name, "ascending") for name in table.grain]).to_pylist()
        found = rows_of(written[table.name[:SHEET_NAME]])
        assert len(found) == len(rows)
        for given, read in zip(rows, found, strict=True):
            for name, value in given.items():
                cell = read[name]
                if isinstance(value, Decimal | float):
                    assert cell == pytest.approx(float(value), rel=1e-14)
                elif isinstance(value, dt.date):
                    assert cell.strftime("%F %T") == f"{value:%F %T}"
                else:
                    assert cell == value


def test_no_cell_is_a_formula_or_a_link(written: Any) -> None:
    texts = set()
    for sheet in written:
        assert not sheet._hyperlinks
        for row in sheet.iter_rows():
            assert not [cell for cell in row if cell.data_type == "f"]
            texts |= {cell.value for cell in row if cell.data_type == "s"}
    assert "=cmd" in texts  # as a text


def test_a_long_table_is_named_and_not_written(tmp_path: Path) -> None:
    path, long = export_excel(GOLD, STAR, tmp_path / "out", most_rows=59)
    assert set(long) == {table.name for table in STAR}
    assert set(long.values()) == {60}
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [CONTENTS, BY_MONTH]
    said = {row["table"]: row["in this book"] for row in rows_of(book[CONTENTS])}
    assert said["fact_transactions"] == "no, more than 59 rows: fa export csv or parquet has it"
    for wrong in (0, 1_048_576):
        with pytest.raises(UserInputError, match="do not fit"):
            export_excel(GOLD, STAR, tmp_path / "no", most_rows=wrong)
    assert not (tmp_path / "no").exists()


def test_two_workbooks_are_the_same_bytes(tmp_path: Path) -> None:
    for run in ("a", "b"):
        export_excel(GOLD, STAR, tmp_path / run)
    assert (tmp_path / "a" / WORKBOOK).read_bytes() == (tmp_path / "b" / WORKBOOK).read_bytes()
    with ZipFile(tmp_path / "a" / WORKBOOK) as parts:
        assert "docProps/core.xml" in parts.namelist()


def test_what_excel_does_not_hold_is_text(tmp_path: Path) -> None:
    book = _Book(tmp_path / "x.xlsx")
    sheet = book.sheet("x", ["value"], [10])
    given = [10**15, 10**15 - 1, float("nan"), dt.date(1900, 2, 28), "=1+1", "0012", True]
    for row, value in enumerate(given, start=1):
        book.write(sheet, row, 0, value)
    book.book.close()
    cells = [row["value"] for row in rows_of(openpyxl.load_workbook(tmp_path / "x.xlsx")["x"])]
    assert cells == ["1000000000000000", 10**15 - 1, "nan", "1900-02-28", "=1+1", "0012", True]


def test_sheets_have_names_of_their_own() -> None:
    assert len({table.name[:SHEET_NAME] for table in STAR}) == len(STAR)


def test_an_empty_warehouse_says_what_to_do(tmp_path: Path) -> None:
    empty: Any = FakeGold()
    empty.made = {"data_quality": pa.table({"a": [1]})}
    with pytest.raises(UserInputError, match="no dimensions and facts"):
        export_excel(empty, STAR, tmp_path / "out")

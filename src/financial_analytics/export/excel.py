"""An Excel workbook: what is in it, the metrics by month, and a sheet per dimension and fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa

from financial_analytics.engines.gold import SCHEMA, Gold
from financial_analytics.errors import UserInputError
from financial_analytics.export.files import exported, there_in, whole_folder
from financial_analytics.export.star import DAY, MOMENT, MONEY, NUMBER, WHOLE, Table
from financial_analytics.metrics import Measure, Ratio, measure_sql, metrics

WORKBOOK = "financial_analytics.xlsx"
SHEET_ROWS = 1_048_575
"""Rows of a sheet below its heading."""
SHEET_NAME = 31
"""Characters of a sheet's name."""
MOST_ROWS = 100_000
DIGITS = 10**15
"""Whole numbers from here on are not exact in Excel, so they are written as text."""
DATES = "dim_date"
BATCH = 20_000
CREATED = datetime(1980, 1, 1)  # noqa: DTZ001  (the same bytes whenever it is written)
FORMATS = {MONEY: "#,##0.00", NUMBER: "0.0000", DAY: "yyyy-mm-dd", MOMENT: "yyyy-mm-dd hh:mm:ss"}
CONTENTS, BY_MONTH = "Contents", "Metrics by month"
FIRST_DAY = date(1900, 3, 1)
"""Excel takes 1900 for a leap year: days before are written as text."""


def metrics_by_month(
    gold: Gold, tables: Sequence[Table]
) -> tuple[list[str], dict[str, list[float | None]]]:
    """Return the months (``2025-01``) and each metric's value in them, None where nothing counts.

    A row belongs to the month of the date that its fact refers to first; rows of no known day
    belong to none.

    Parameters
    ----------
    gold : Gold
        The warehouse; it is only read.
    tables : sequence of Table
        Dimensions and facts.
    """
    there = set(gold.names())
    counted: dict[str, dict[str, Any]] = {}
    for table in tables:
        key = next((c.name for c in table.references if c.refers_to == DATES), None)
        wanted = {
            name: metric.value
            for name, metric in metrics().items()
            if isinstance(metric.value, Measure) and metric.value.fact == table.name
        }
        if table.name not in there or key is None or not wanted:
            continue
        numbers = ", ".join(measure_sql(measure, "f.") for measure in wanted.values())
        rows = gold.rows(
            f"select d.year_month, {numbers} from {SCHEMA}.{table.name} as f"
            f" join {SCHEMA}.{DATES} as d on d.date_key = f.{key}"
            " where d.full_date is not null and d.year_month is not null group by d.year_month"
        )
        for place, name in enumerate(wanted, start=1):
            counted[name] = {_month(row[0]): row[place] for row in rows}
    months = sorted({month for values in counted.values() for month in values})
    found: dict[str, list[float | None]] = {}
    for name, metric in metrics().items():
        if name in counted:
            found[name] = [_number(counted[name].get(month)) for month in months]
        elif isinstance(metric.value, Ratio) and metric.value.numerator in found:
            above, below = found[metric.value.numerator], found.get(metric.value.denominator)
            if below is not None:
                found[name] = [
                    metric.value.scale * a / b if a is not None and b else None
                    for a, b in zip(above, below, strict=True)
                ]
    return months, found


def _month(partition: str) -> str:
    return f"{partition[:4]}-{partition[4:]}"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


class _Book:
    """A workbook being written, a row at a time: memory holds one row."""

    def __init__(self, path: Path) -> None:
        try:
            import xlsxwriter  # noqa: PLC0415
        except ImportError as error:
            raise UserInputError(
                "an Excel workbook needs the package xlsxwriter",
                hint="pip install 'financial-analytics[bi]', or pip install xlsxwriter",
            ) from error
        self.book = xlsxwriter.Workbook(
            str(path),
            {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
             "strings_to_numbers": False, "nan_inf_to_errors": False},
        )  # fmt: skip
        self.book.set_properties({"title": "Financial Analytics", "created": CREATED})
        self.bold = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.forms = {
            family: self.book.add_format({"num_format": form}) for family, form in FORMATS.items()
        }

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[int]) -> Any:
        """Return a sheet with a heading that stays in sight and can be filtered by."""
        sheet = self.book.add_worksheet(name)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        sheet.freeze_panes(1, 0)
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, self.bold)
        return sheet

    def write(self, sheet: Any, row: int, place: int, value: Any, family: str = "") -> None:
        """Write one cell as what it is; a text is never a formula, a link or a number."""
        form = self.forms.get(family)
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, place, value)
        elif isinstance(value, str) or not _fits(value):
            sheet.write_string(row, place, str(value))
        elif isinstance(value, date):
            sheet.write_datetime(row, place, value, form)
        else:
            sheet.write_number(row, place, value, form)


def _fits(value: date | Decimal | float) -> bool:
    """Tell whether Excel keeps a number or a day exactly."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day) >= FIRST_DAY
    return isfinite(value) and abs(float(value)) < DIGITS


def _table_sheet(book: _Book, table: Table, rows: pa.Table) -> None:
    widths = [
        {WHOLE: 12, MONEY: 14, DAY: 11, MOMENT: 19}.get(column.family, 18)
        for column in table.columns
    ]
    sheet = book.sheet(table.name[:SHEET_NAME], table.names, widths)
    row = 0
    for batch in rows.to_batches(max_chunksize=BATCH):
        columns = [batch.column(place).to_pylist() for place in range(batch.num_columns)]
        for values in zip(*columns, strict=True):
            row += 1
            for place, value in enumerate(values):
                book.write(sheet, row, place, value, table.columns[place].family)
    sheet.autofilter(0, 0, max(row, 1), len(table.columns) - 1)


def _month_sheet(book: _Book, months: list[str], found: dict[str, list[float | None]]) -> None:
    heads = ["metric", "unit", "definition", *months]
    sheet = book.sheet(BY_MONTH, heads, [32, 16, 48, *[13] * len(months)])
    sheet.freeze_panes(1, 1)
    for row, (name, values) in enumerate(found.items(), start=1):
        metric = metrics()[name]
        for place, text in enumerate((metric.label, metric.unit, metric.definition)):
            sheet.write_string(row, place, text, book.wrapped)
        counts = isinstance(metric.value, Measure) and metric.value.aggregate in {
            "count",
            "distinct",
        }
        for place, value in enumerate(values, start=3):
            book.write(sheet, row, place, value, "" if counts else MONEY)


def export_excel(
    gold: Gold, tables: Sequence[Table], folder: Path, most_rows: int = MOST_ROWS
) -> tuple[Path, dict[str, int]]:
    """Write the workbook; return it and the tables that are too long for it, with their rows.

    The first sheet says of every dimension and fact what a row is, how many there are and
    whether it is in the book; the second has the metrics by month, counted from all rows.

    Parameters
    ----------
    gold : Gold
        The warehouse; it is only read.
    tables : sequence of Table
        Dimensions and facts.
    folder : Path
        Where the workbook goes.
    most_rows : int
        Longer tables are named, not written.

    Raises
    ------
    UserInputError
        If gold has no dimensions and facts, xlsxwriter is missing, or `most_rows` is not between
        1 and the rows of a sheet.
    """
    if not 1 <= most_rows <= SHEET_ROWS:
        raise UserInputError(
            f"{most_rows} rows do not fit", hint=f"give a number from 1 to {SHEET_ROWS}"
        )
    wanted = there_in(gold, tables)
    counts = {table.name: gold.row_count(table.name) for table in wanted}
    long = {name: count for name, count in counts.items() if count > most_rows}
    with whole_folder(folder, WORKBOOK) as draft:
        book = _Book(draft / WORKBOOK)
        contents = book.sheet(
            CONTENTS, ["table", "rows", "in this book", "what it holds"], [34, 12, 40, 110]
        )
        for row, table in enumerate(wanted, start=1):
            contents.write_string(row, 0, table.name, book.wrapped)
            contents.write_number(row, 1, counts[table.name])
            too_long = f"no, more than {most_rows:,} rows: fa export csv or parquet has it"
            said = too_long if table.name in long else f"sheet {table.name[:SHEET_NAME]}"
            contents.write_string(row, 2, said, book.wrapped)
            contents.write_string(row, 3, table.description, book.wrapped)
        _month_sheet(book, *metrics_by_month(gold, wanted))
        for table in wanted:
            if table.name not in long:
                _table_sheet(book, table, exported(gold, table))
        book.book.close()
    return folder / WORKBOOK, long

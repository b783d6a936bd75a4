"""The data table behind a chart: every value is there, formatted, escaped; limits are stated."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.support.frames.descriptive import transaction_by_channel
from tests.support.frames.shared import HOSTILE, hostile

from financial_analytics.reports.page import templates
from financial_analytics.reports.tables import MOST_ROWS, Table, data_table, format_value


class Cells(HTMLParser):
    """Collects the rows of a table, and every tag that it meets."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside:
            self.rows[-1][-1] += data


def parse(html: str) -> Cells:
    cells = Cells()
    cells.feed(html)
    return cells


def parse_table(table: Table) -> Cells:
    return parse(templates().get_template("table.html").render(table=table))


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("volume", Decimal("314625746.80"), "314,625,746.80"),
        ("transaction_count", np.int64(46997), "46,997"),
        ("dau_count", 12.34, "12.3"),
        ("decline_rate_pct", 3.4, "3.40"),
        ("fraud_rate_pct", 0.0123, "0.012"),
        ("product_natural_key", 12345.0, "12345"),
        ("customer_key", np.int64(9223372036854775807), "9223372036854775807"),
        ("year", 2024, "2024"),
        ("is_active", np.bool_(True), "yes"),
        ("is_active", False, "no"),
        ("as_of_date", dt.date(2024, 2, 29), "2024-02-29"),
        ("raised_at", pd.Timestamp("2024-02-29 13:45"), "2024-02-29 13:45"),
        ("avg_clv", None, "–"),  # noqa: RUF001
        ("avg_clv", float("nan"), "–"),  # noqa: RUF001
        ("avg_clv", 0.0, "0.00"),
        ("month_start_date", pd.NaT, "–"),  # noqa: RUF001
    ],
)
def test_values_are_written_by_the_ending_of_their_column(
    column: str, value: Any, text: str
) -> None:
    assert format_value(column, value).text == text


def test_every_row_and_column_is_there() -> None:
    frame = transaction_by_channel()
    cells = parse_table(data_table(frame, caption="channels"))
    names = [name for name in frame.columns if name != "as_of_date"]
    assert cells.rows[0] == names
    assert len(cells.rows) == 1 + len(frame)
    mobile = next(row for row in cells.rows if row[0] == "Mobile")
    assert mobile[names.index("transaction_count")] == "410,000"


def test_one_row_is_shown_as_names_and_values() -> None:
    frame = pd.DataFrame({"total_customers": [10_050], "avg_clv": [Decimal("4310.55")]})
    cells = parse_table(data_table(frame, caption="x"))
    assert cells.rows[1:] == [["total_customers", "10,050"], ["avg_clv", "4,310.55"]]


def test_one_row_keeps_all_digits_of_a_key() -> None:
    frame = pd.DataFrame({"customer_key": [2**62 + 1], "avg_clv": [0.5]})
    cells = parse_table(data_table(frame, caption="x"))
    assert cells.rows[1:] == [["customer_key", str(2**62 + 1)], ["avg_clv", "0.50"]]


@pytest.mark.parametrize(("rows", "first"), [("first", "0"), ("last", "50")])
def test_a_long_table_is_cut_and_says_so(rows: Any, first: str) -> None:
    frame = pd.DataFrame({"day_count": range(MOST_ROWS + 50)})
    cells = parse_table(data_table(frame, caption="long", rows=rows))
    assert len(cells.rows) == 1 + MOST_ROWS
    assert cells.rows[1] == [first]
    assert f"the {rows} 300 of 350 rows" in cells.text


def test_a_wide_table_keeps_what_the_chart_needs() -> None:
    frame = pd.DataFrame({f"c{k}_count": [1, 2] for k in range(40)} | {"name": ["a", "b"]})
    cells = parse_table(data_table(frame, caption="wide", needs=("c7_count",)))
    assert cells.rows[0] == ["c7_count", "name"]
    assert "2 of 41 columns" in cells.text


def test_no_rows_is_a_table_without_rows() -> None:
    cells = parse_table(data_table(transaction_by_channel().iloc[0:0], caption="none"))
    assert len(cells.rows) == 1
    assert "Data: 0 rows" in cells.text


def test_hostile_text_stays_text() -> None:
    cells = parse_table(data_table(hostile(transaction_by_channel()), caption=HOSTILE))
    assert cells.tags <= {"details", "summary", "div", "table", "caption"} | {
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert cells.rows[1][0].startswith("</script><script>window.hacked=1")

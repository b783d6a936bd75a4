"""LookML: a view per dimension and fact, an explore per fact, the metrics as measures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from financial_analytics.errors import UserInputError
from financial_analytics.export.files import whole_folder, write_texts
from financial_analytics.export.star import (
    DAY,
    FLAG,
    MOMENT,
    MONEY,
    NUMBER,
    TEXT,
    WHOLE,
    Column,
    Table,
)
from financial_analytics.metrics import Measure, Metric, counted_sql, fact_of, metrics

TYPES = {TEXT: "string", WHOLE: "number", MONEY: "number", NUMBER: "number", FLAG: "yesno"}
FRAMES = ("raw", "date", "week", "month", "quarter", "year")
MEASURES = {"count": "sum", "distinct": "count_distinct", "sum": "sum", "mean": "average"}
FORMATS = {"%": "0.0", "basis points": "0.0"}
MODEL = "financial_analytics.model.lkml"
ROW = "${TABLE}."


def _said(text: str) -> str:
    # lkml escapes quotes when it writes and does not when it reads
    return text.replace('"', "'")


def _dimension(table: Table, column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name, "type": TYPES[column.family], "sql": f"{ROW}{column.name}",
        "description": _said(column.description),
    }  # fmt: skip
    if table.grain == (column.name,):
        made["primary_key"] = "yes"
    if column.is_hidden:
        made["hidden"] = "yes"
    return made


def _group(column: Column) -> dict[str, Any]:
    is_day = column.family == DAY
    return {
        "name": column.name.removesuffix("_date") if is_day else column.name,
        "type": "time", "timeframes": [*FRAMES] if is_day else ["time", *FRAMES],
        "datatype": "date" if is_day else "timestamp", "convert_tz": "no",
        "sql": f"{ROW}{column.name}", "description": _said(column.description),
    }  # fmt: skip


def _measure(metric: Metric) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": metric.name, "label": _said(metric.label), "description": _said(metric.definition),
        "group_label": _said(metric.question),
    }  # fmt: skip
    value = metric.value
    if isinstance(value, Measure):
        made["type"] = MEASURES[value.aggregate]
        inner, wanted = counted_sql(value, ROW)
        inner = f"{value.scale} * {inner}" if value.scale != 1 else inner
        if value.aggregate == "count":
            made["sql"] = f"case when {wanted} then 1 else 0 end" if wanted else "1"
        else:
            made["sql"] = f"case when {wanted} then {inner} end" if wanted else inner
    elif value is not None:
        made["type"] = "number"
        made["sql"] = (
            f"{value.scale}.0 * ${{{value.numerator}}} / nullif(${{{value.denominator}}}, 0)"
        )
    made["value_format"] = FORMATS.get(metric.unit, "#,##0.00" if _is_money(metric) else "#,##0.##")
    return made


def _is_money(metric: Metric) -> bool:
    return "currency" in metric.unit or metric.unit == "USD"


def view(table: Table, measured: Mapping[str, Metric]) -> dict[str, Any]:
    """Return the view of a table, with the metrics that are counted from it."""
    times = (DAY, MOMENT)
    return {
        "name": table.name,
        "sql_table_name": f"gold.{table.name}",
        # a month as yyyymm would be called like the month of the date beside it
        "dimensions": [
            _dimension(table, c)
            for c in table.columns
            if c.family not in times and not c.is_partition
        ],
        "dimension_groups": [_group(c) for c in table.columns if c.family in times],
        "measures": [_measure(m) for m in measured.values() if fact_of(m) == table.name],
    }


def explore(fact: Table, keys: Mapping[str, str]) -> dict[str, Any]:
    """Return the explore of a fact: its dimensions joined, many to one."""
    return {
        "name": fact.name,
        "description": _said(fact.description),
        "joins": [
            {
                "name": column.refers_to,
                "type": "left_outer",
                "relationship": "many_to_one",
                "sql_on": f"${{{fact.name}.{column.name}}} = "
                f"${{{column.refers_to}.{keys[str(column.refers_to)]}}}",
            }
            for column in fact.references
        ],
    }


def lookml(tables: list[Table], connection: str) -> dict[str, str]:
    """Return the files of the project: a view each, and the model that joins them.

    Raises
    ------
    UserInputError
        If lkml is not installed.
    """
    try:
        import lkml  # noqa: PLC0415
    except ImportError as error:
        raise UserInputError(
            "LookML needs the package lkml",
            hint="pip install 'financial-analytics[bi]', or pip install lkml",
        ) from error
    measured = {name: metric for name, metric in metrics().items() if metric.value is not None}
    keys = {table.name: table.key for table in tables}
    texts = {
        f"views/{table.name}.view.lkml": f"{lkml.dump({'views': [view(table, measured)]})}\n"
        for table in tables
    }
    model = {
        "connection": connection,
        "includes": ["/views/*.view.lkml"],
        "explores": [explore(table, keys) for table in tables if table.is_fact],
    }
    return texts | {MODEL: f"{lkml.dump(model)}\n"}


def export_looker(tables: list[Table], folder: Path, connection: str) -> list[Path]:
    """Write the LookML project to `folder`; return its files."""
    texts = lookml(tables, connection)
    with whole_folder(folder, MODEL) as draft:
        write_texts(draft, texts)
    return [folder / name for name in texts]

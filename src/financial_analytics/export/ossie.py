"""The semantic model after Ossie 0.1.1 (formerly Open Semantic Interchange), in one YAML file.

Specification: github.com/apache/ossie, folder ``core-spec``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from financial_analytics.export.files import whole_folder, write_texts
from financial_analytics.export.star import DAY, MOMENT, Column, Table
from financial_analytics.metrics import Measure, Metric, measure_sql, measures, metrics

VERSION = "0.1.1"
FILE = "financial_analytics.yaml"


def _expression(sql: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": sql}]}


def _field(column: Column) -> dict[str, Any]:
    made = {
        "name": column.name,
        "expression": _expression(column.name),
        "description": column.description,
    }
    if column.family in {DAY, MOMENT}:
        made["dimension"] = {"is_time": True}
    return made


def metric_expression(metric: Metric) -> str:
    """Return a metric as SQL over tables that are named in full; a ratio divides its measures."""
    value = metric.value
    assert value is not None
    if isinstance(value, Measure):
        return measure_sql(value, f"{value.fact}.")
    above, below = (
        measure_sql(measures()[name], f"{measures()[name].fact}.")
        for name in (value.numerator, value.denominator)
    )
    return f"{value.scale}.0 * ({above}) / nullif({below}, 0)"


def semantic_model(tables: list[Table]) -> dict[str, Any]:
    """Return the document: datasets, relationships and metrics."""
    keys = {table.name: table.key for table in tables}
    model = {
        "name": "financial_analytics",
        "description": "The star schema of a bank, and the metrics it is steered by.",
        "datasets": [
            {
                "name": table.name,
                "source": f"gold.{table.name}",
                "primary_key": list(table.grain),
                "description": table.description,
                "fields": [_field(column) for column in table.columns],
            }
            for table in tables
        ],
        "relationships": [
            {
                "name": f"{table.name}_{column.refers_to}",
                "from": table.name,
                "to": column.refers_to,
                "from_columns": [column.name],
                "to_columns": [keys[str(column.refers_to)]],
            }
            for table in tables
            if table.is_fact
            for column in table.references
        ],
        "metrics": [
            {
                "name": metric.name,
                "expression": _expression(metric_expression(metric)),
                "description": f"{metric.definition} Unit: {metric.unit}.",
            }
            for metric in metrics().values()
            if metric.value is not None
        ],
    }
    return {"version": VERSION, "semantic_model": [model]}


def export_ossie(tables: list[Table], folder: Path) -> Path:
    """Write the file to `folder`, and return it."""
    text = yaml.safe_dump(semantic_model(tables), sort_keys=False, width=100, allow_unicode=True)
    with whole_folder(folder, FILE) as draft:
        write_texts(draft, {FILE: text})
    return folder / FILE

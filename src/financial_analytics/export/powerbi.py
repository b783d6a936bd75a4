"""A Power BI project: a semantic model in TMDL over Parquet files, and a page of cards.

The files follow Microsoft's published schemas (github.com/microsoft/json-schemas, folder
``fabric``) and the TMDL overview (learn.microsoft.com/analysis-services/tmdl/tmdl-overview).
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from financial_analytics.engines.gold import Gold
from financial_analytics.export.files import whole_folder, write_table, write_texts
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
from financial_analytics.metrics import Measure, Metric, Ratio, Wanted, fact_of, metrics

NAME = "FinancialAnalytics"
PROJECT = f"{NAME}.pbip"
CONNECTION = "PostgreSQL.pbids"
SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
TYPES = {TEXT: "string", WHOLE: "int64", MONEY: "decimal", NUMBER: "double", FLAG: "boolean",
         DAY: "dateTime", MOMENT: "dateTime"}  # fmt: skip
DATES = "dim_date"
CALENDAR = (("Year", "year_number"), ("Quarter", "quarter_number"), ("Month", "month_name"),
            ("Day", "full_date"))  # fmt: skip
SORTED_BY = {"month_name": "month_number", "day_name": "day_of_week_number"}
CARDS = ("customers_moving_money", "purchase_volume", "average_month_end_balance", "fee_income",
         "fraud_basis_points", "late_instalment_pct", "approval_pct", "satisfaction")  # fmt: skip
FOLDER = "Folder"
"""Parameter of the model: where its Parquet files are."""
TMDL_WORD = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def quoted(name: str) -> str:
    """Return a name as TMDL writes it.

    Examples
    --------
    >>> quoted("Purchase volume"), quoted("dim_date")
    ("'Purchase volume'", 'dim_date')
    """
    return name if set(name) <= TMDL_WORD else "'" + name.replace("'", "''") + "'"


def _described(text: str, indent: str) -> list[str]:
    return [f"{indent}/// {text}"] if text else []


def _wanted(fact: str, name: str, wanted: Wanted) -> str:
    field = f"'{fact}'[{name}]"
    if isinstance(wanted, bool):
        return f"KEEPFILTERS({field} = {'TRUE' if wanted else 'FALSE'}())"
    if isinstance(wanted, str):
        return f'KEEPFILTERS({field} = "{wanted}")'
    words = ", ".join(f'"{word}"' for word in wanted)
    return f"KEEPFILTERS({field} IN {{{words}}})"


def dax(value: Measure | Ratio) -> str:
    """Return a metric as DAX; a ratio names the measures it is of.

    Examples
    --------
    >>> dax(Measure("sum", "fact_transactions", "posted_amount", {"is_fraud": True}))
    "CALCULATE(SUM('fact_transactions'[posted_amount]), KEEPFILTERS('fact_transactions'[is_fraud] = TRUE()))"
    """  # noqa: E501  (the formula is one line)
    if isinstance(value, Ratio):
        labels = [metrics()[name].label for name in (value.numerator, value.denominator)]
        times = f" * {value.scale}" if value.scale != 1 else ""
        return f"DIVIDE([{labels[0]}], [{labels[1]}]){times}"
    field = f"'{value.fact}'[{value.column}]"
    call = {"count": f"COUNTROWS('{value.fact}')", "distinct": f"DISTINCTCOUNTNOBLANK({field})",
            "sum": f"SUM({field})", "mean": f"AVERAGE({field})"}[value.aggregate]  # fmt: skip
    wanted = [_wanted(value.fact, name, what) for name, what in value.where.items()]
    call = f"CALCULATE({', '.join([call, *wanted])})" if wanted else call
    return call if value.scale == 1 else f"{value.scale} * {call}"


def _format(metric: Metric) -> str:
    if metric.unit in {"%", "basis points"}:
        return "#,0.0"
    is_count = isinstance(metric.value, Measure) and metric.value.aggregate in {"count", "distinct"}
    return "#,0" if is_count else "#,0.00"


def _measure(metric: Metric) -> list[str]:
    assert metric.value is not None
    return [
        *_described(f"{metric.definition} Unit: {metric.unit}.", "\t"),
        f"\tmeasure {quoted(metric.label)} = {dax(metric.value)}",
        f"\t\tformatString: {_format(metric)}",
        f"\t\tdisplayFolder: {metric.question}",
        "",
    ]


def _column(table: Table, column: Column) -> list[str]:
    lines = [
        *_described(column.description, "\t"),
        f"\tcolumn {quoted(column.name)}",
        f"\t\tdataType: {TYPES[column.family]}",
    ]
    if column.is_hidden:
        lines.append("\t\tisHidden: true")
    if table.name == DATES and column.name == "full_date":
        lines.append("\t\tisKey: true")
    if column.family in {DAY, MOMENT}:
        lines.append(
            f"\t\tformatString: {'yyyy-mm-dd' if column.family == DAY else 'General Date'}"
        )
    elif column.family == MONEY:
        lines.append("\t\tformatString: #,0.00")
    lines += [f"\t\tsummarizeBy: {table.summary(column)}", f"\t\tsourceColumn: {column.name}"]
    if table.name == DATES and column.name in SORTED_BY:
        lines.append(f"\t\tsortByColumn: {SORTED_BY[column.name]}")
    return [*lines, ""]


def table_tmdl(table: Table) -> str:
    """Return the file of one table: metrics, columns, hierarchies and where its rows are."""
    lines = [*_described(table.description, ""), f"table {quoted(table.name)}"]
    if table.name == DATES:
        lines.append("\tdataCategory: Time")
    lines.append("")
    for metric in metrics().values():
        if metric.value is not None and fact_of(metric) == table.name:
            lines += _measure(metric)
    for column in table.columns:
        lines += _column(table, column)
    if table.name == DATES:
        lines.append("\thierarchy Calendar")
        for label, column_name in CALENDAR:
            lines += [f"\t\tlevel {label}", f"\t\t\tcolumn: {column_name}"]
        lines.append("")
    source = f'Parquet.Document(File.Contents({FOLDER} & "/{table.name}.parquet"))'
    steps = [f"Source = {source}"]
    if table.name == DATES:
        # a marked date table has no empty day: the unknown one is left out
        steps.append("Known = Table.SelectRows(Source, each [full_date] <> null)")
    lines += [f"\tpartition {quoted(table.name)} = m", "\t\tmode: import", "\t\tsource =",
              "\t\t\t\tlet"]  # fmt: skip
    lines += [f"\t\t\t\t\t{step}{',' if step != steps[-1] else ''}" for step in steps]
    return "\n".join([*lines, "\t\t\t\tin", f"\t\t\t\t\t{steps[-1].split(' = ')[0]}", ""])


def relationships_tmdl(tables: list[Table]) -> str:
    """Return the relationships: each fact to its dimensions, by key, many to one.

    Dimensions refer to none: two ways from a fact to a dimension would be ambiguous.
    """
    keys = {table.name: table.key for table in tables}
    lines = []
    for fact in (table for table in tables if table.is_fact):
        for column in fact.references:
            target = str(column.refers_to)
            lines += [
                f"relationship {fact.name}_{target}",
                f"\tfromColumn: {fact.name}.{column.name}",
                f"\ttoColumn: {target}.{keys[target]}",
                "",
            ]
    return "\n".join(lines)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _identity(kind: str) -> str:
    # an id that two exports share, so that a project under version control does not change
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SCHEMAS}/{NAME}.{kind}"))


def _platform(kind: str) -> str:
    return _json({
        "$schema": f"{SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json",
        "metadata": {"type": kind, "displayName": NAME},
        "config": {"version": "2.0", "logicalId": _identity(kind)},
    })  # fmt: skip


def _card(place: int, metric: Metric) -> str:
    row, column = divmod(place, 4)
    reference = f"{fact_of(metric)}.{metric.label}"
    measure = {
        "Expression": {"SourceRef": {"Entity": fact_of(metric)}}, "Property": metric.label,
    }  # fmt: skip
    return _json({
        "$schema": f"{SCHEMAS}/item/report/definition/visualContainer/1.0.0/schema.json",
        "name": metric.name,
        "position": {"x": 20 + 315 * column, "y": 20 + 180 * row, "z": place, "width": 295,
                     "height": 160, "tabOrder": place},
        "visual": {
            "visualType": "card",
            "query": {"queryState": {"Values": {"projections": [
                {"field": {"Measure": measure}, "queryRef": reference,
                 "nativeQueryRef": metric.label}
            ]}}},
        },
    })  # fmt: skip


def report_files() -> dict[str, str]:
    """Return the report: one page with a card for each of eight metrics."""
    base, page = f"{NAME}.Report", "overview"
    definition = f"{SCHEMAS}/item/report/definition"
    return {
        f"{base}/.platform": _platform("Report"),
        f"{base}/definition.pbir": _json({
            "$schema": f"{SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
            "version": "4.0",
            "datasetReference": {"byPath": {"path": f"../{NAME}.SemanticModel"}},
        }),
        f"{base}/definition/version.json": _json({
            "$schema": f"{definition}/versionMetadata/1.0.0/schema.json", "version": "1.0.0",
        }),
        f"{base}/definition/report.json": _json({
            "$schema": f"{definition}/report/1.0.0/schema.json", "layoutOptimization": "None",
            "themeCollection": {},
        }),
        f"{base}/definition/pages/pages.json": _json({
            "$schema": f"{definition}/pagesMetadata/1.0.0/schema.json", "pageOrder": [page],
            "activePageName": page,
        }),
        f"{base}/definition/pages/{page}/page.json": _json({
            "$schema": f"{definition}/page/1.0.0/schema.json", "name": page,
            "displayName": "Overview", "displayOption": "FitToPage", "height": 720, "width": 1280,
        }),
    } | {
        f"{base}/definition/pages/{page}/visuals/{name}/visual.json": _card(k, metrics()[name])
        for k, name in enumerate(CARDS)
    }  # fmt: skip


def model_files(tables: list[Table], data: Path) -> dict[str, str]:
    """Return the semantic model; `data` is the folder of its Parquet files."""
    base = f"{NAME}.SemanticModel"
    where = data.as_posix().replace('"', '""')
    names = "\n".join(f"ref table {quoted(table.name)}" for table in tables)
    return {
        f"{base}/.platform": _platform("SemanticModel"),
        f"{base}/definition.pbism": _json({
            "$schema": f"{SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json",
            "version": "4.0", "settings": {},
        }),
        f"{base}/definition/database.tmdl": "database\n\tcompatibilityLevel: 1567\n",
        f"{base}/definition/model.tmdl": "model Model\n\tculture: en-US\n"
        "\tdefaultPowerBIDataSourceVersion: powerBI_V3\n\tsourceQueryCulture: en-US\n\n"
        f"{names}\n",
        f"{base}/definition/expressions.tmdl": f'expression {FOLDER} = "{where}" meta '
        '[IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]\n',
        f"{base}/definition/relationships.tmdl": relationships_tmdl(tables),
    } | {
        f"{base}/definition/tables/{table.name}.tmdl": table_tmdl(table) for table in tables
    }  # fmt: skip


def connection_file() -> str:
    """Return a ``.pbids``: Power BI opens with a connection to the local PostgreSQL."""
    details = {
        "protocol": "postgresql",
        "address": {"server": "localhost:5432", "database": "finance_analytics"},
    }
    return _json({"version": "0.1", "connections": [{"details": details, "mode": "Import"}]})


def export_powerbi(gold: Gold, tables: list[Table], folder: Path) -> Path:
    """Write the project and its Parquet files to `folder`; return the file to open.

    Raises
    ------
    UserInputError
        If gold lacks a dimension or fact, or the folder holds other files.
    """
    with whole_folder(folder, PROJECT) as draft:
        texts = report_files() | model_files(tables, folder.resolve() / "data")
        shortcut = {
            "$schema": f"{SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json", "version": "1.0",
            "artifacts": [{"report": {"path": f"{NAME}.Report"}}],
            "settings": {"enableAutoRecovery": True},
        }  # fmt: skip
        write_texts(draft, texts | {PROJECT: _json(shortcut), CONNECTION: connection_file()})
        (draft / "data").mkdir()
        for table in tables:
            write_table(gold, table, draft / "data" / f"{table.name}.parquet")
    return folder / PROJECT

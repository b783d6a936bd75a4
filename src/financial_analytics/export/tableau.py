"""Tableau: a data source (.tds) per fact, its dimensions related to it, over one extract or CSVs.

The XML is that of data sources with relationships (Tableau 2020.2 and later). Calculations follow
Tableau's reference of functions (help.tableau.com, "Tableau Functions").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa

from financial_analytics.engines.gold import Gold
from financial_analytics.errors import UserInputError
from financial_analytics.export.files import exported, whole_folder, write_table
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

DATA = ("hyper", "csv")
EXTRACT = "financial_analytics.hyper"
SCHEMA = "gold"
TYPES = {TEXT: "string", WHOLE: "integer", MONEY: "real", NUMBER: "real", FLAG: "boolean",
         DAY: "date", MOMENT: "datetime"}  # fmt: skip
SUMMARIES = {"sum": "Sum", "average": "Avg"}
AGGREGATES = {"distinct": "COUNTD", "sum": "SUM", "mean": "AVG"}
FEATURES = ("ObjectModelEncapsulateLegacy", "ObjectModelTableType", "SchemaViewerObjectModel")
"""What Tableau asks a file with relationships to name."""
ENCAPSULATED = "_.fcp.ObjectModelEncapsulateLegacy.true..."
TABLE_TYPED = "_.fcp.ObjectModelTableType.true..."
OBJECT_ID = "[__tableau_internal_object_id__]"


def condition(name: str, wanted: Wanted) -> str:
    """Return what a row must be, as a Tableau calculation.

    Examples
    --------
    >>> condition("channel", ("Online", "Mobile"))
    '([channel] = "Online" OR [channel] = "Mobile")'
    """
    if isinstance(wanted, bool):
        return f"[{name}]" if wanted else f"NOT [{name}]"
    words = [wanted] if isinstance(wanted, str) else wanted
    parts = [f'[{name}] = "{word}"' for word in words]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def calculation(value: Measure | Ratio) -> str:
    """Return a metric as a Tableau calculation; a ratio names the calculations it is of.

    Examples
    --------
    >>> calculation(Measure("sum", "fact_transactions", "posted_amount", {"is_fraud": True}))
    'SUM(IF [is_fraud] THEN [posted_amount] END)'
    >>> calculation(Ratio("declined", "transactions", 100))
    '100 * [declined] / [transactions]'
    """
    if isinstance(value, Ratio):
        return f"{value.scale} * [{value.numerator}] / [{value.denominator}]"
    wanted = " AND ".join(condition(name, what) for name, what in value.where.items())
    if value.aggregate == "count":
        call = f"SUM(IF {wanted} THEN 1 ELSE 0 END)" if wanted else "SUM(1)"
    else:
        inner = f"[{value.column}]"
        inner = f"IF {wanted} THEN {inner} END" if wanted else inner
        call = f"{AGGREGATES[value.aggregate]}({inner})"
    return call if value.scale == 1 else f"{value.scale} * {call}"


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    named = {name.rstrip("_").replace("_", "-"): text for name, text in attributes.items()}
    return ET.SubElement(parent, tag, named)


def _caption(name: str) -> str:
    """Return a column's name as words.

    Examples
    --------
    >>> _caption("posted_amount")
    'Posted amount'
    """
    return name.replace("_", " ").capitalize()


def _described(column: ET.Element, text: str) -> None:
    said = _add(_add(column, "desc"), "formatted-text")
    _add(said, "run").text = text


def _connection(data: str) -> tuple[str, dict[str, str]]:
    if data == "hyper":
        return "hyper.star", {
            "class": "hyper", "dbname": EXTRACT, "schema": SCHEMA, "authentication": "auth-none",
            "default-settings": "yes", "sslmode": "", "username": "tableau_internal_user",
        }  # fmt: skip
    return "textscan.star", {
        "class": "textscan", "directory": ".", "filename": "", "password": "", "server": "",
    }  # fmt: skip


def field_names(tables: Iterable[Table]) -> dict[tuple[str, str], str]:
    """Return what each column is called in the data source, by table and column.

    Tableau keeps a name for the first table that has it and puts the table behind it in others.
    """
    taken: set[str] = set()
    found = {}
    for table in tables:
        for column in table.columns:
            name = column.name if column.name not in taken else f"{column.name} ({table.name})"
            taken.add(name)
            found[table.name, column.name] = name
    return found


def _field(source: ET.Element, table: Table, column: Column, name: str, caption: str) -> None:
    summary = table.summary(column)
    is_measure = summary != "none"
    kind = "ordinal" if column.family in {DAY, MOMENT, WHOLE} else "nominal"
    given = {
        "caption": caption, "datatype": TYPES[column.family], "name": f"[{name}]",
        "role": "measure" if is_measure else "dimension",
        "type": "quantitative" if is_measure else kind,
    }  # fmt: skip
    if is_measure:
        given["aggregation"] = SUMMARIES[summary]
        given["default-format"] = "n#,##0.00" if column.family == MONEY else "n#,##0.####"
    if column.is_hidden:
        given["hidden"] = "true"
    _described(ET.SubElement(source, "column", dict(sorted(given.items()))), column.description)


def _calculated(source: ET.Element, metric: Metric) -> None:
    value = metric.value
    assert value is not None
    counts = isinstance(value, Measure) and value.aggregate in {"count", "distinct"}
    made = _add(
        source,
        "column",
        caption=metric.label,
        datatype="integer" if counts else "real",
        default_format="n#,##0" if counts else "n#,##0.00",
        name=f"[{metric.name}]",
        role="measure",
        type="quantitative",
    )
    _add(made, "calculation", class_="tableau", formula=calculation(value))
    _described(made, f"{metric.definition} Unit: {metric.unit}.")


def _relation(parent: ET.Element, table: Table, data: str) -> None:
    source = f"[{SCHEMA}].[{table.name}]" if data == "hyper" else f"[{table.name}#csv]"
    _add(
        parent,
        "relation",
        connection=_connection(data)[0],
        name=table.name,
        table=source,
        type="table",
    )


def _connected(
    root: ET.Element, tables: list[Table], names: Mapping[tuple[str, str], str], data: str
) -> None:
    """Say where the rows are, and which field is which column."""
    named, reached = _connection(data)
    connection = _add(root, "connection", class_="federated")
    holder = _add(connection, "named-connections")
    ET.SubElement(
        _add(holder, "named-connection", caption="star", name=named), "connection", reached
    )
    collection = _add(connection, f"{ENCAPSULATED}relation", type="collection")
    for table in tables:
        _relation(collection, table, data)
    columns = _add(connection, "cols")
    for (table_name, column_name), name in names.items():
        _add(columns, "map", key=f"[{name}]", value=f"[{table_name}].[{column_name}]")


def _fields(root: ET.Element, table: Table, names: Mapping[tuple[str, str], str]) -> None:
    """Say what a table and its columns are called and how they are shown."""
    _add(
        root,
        f"{TABLE_TYPED}column",
        caption=_caption(table.name),
        datatype="table",
        name=f"{OBJECT_ID}.[{table.name}]",
        role="measure",
        type="quantitative",
    )
    for column in table.columns:
        name = names[table.name, column.name]
        caption = _caption(column.name)
        if name != column.name:
            caption = f"{caption} ({table.name.removeprefix('dim_')})"
        _field(root, table, column, name, caption)


def data_source(fact: Table, dimensions: Mapping[str, Table], data: str) -> ET.Element:
    """Return the data source of a fact.

    Its dimensions are related many to one by their keys; columns stand in a folder of their
    table, metrics in folders named by the question that they answer; keys are hidden.

    Parameters
    ----------
    fact : Table
        What the metrics are counted from.
    dimensions : mapping of str to Table
        All dimensions, by name.
    data : str
        One of `DATA`: where the rows are.
    """
    joined = [dimensions[str(column.refers_to)] for column in fact.references]
    tables = [fact, *joined]
    names = field_names(tables)
    root = ET.Element(
        "datasource",
        {"caption": _caption(fact.name.removeprefix("fact_")), "formatted-name": fact.name,
         "inline": "true", "version": "18.1"},
    )  # fmt: skip
    manifest = _add(root, "document-format-change-manifest")
    for feature in FEATURES:
        _add(manifest, f"_.fcp.{feature}.true...{feature}")
    _connected(root, tables, names, data)
    _add(root, "aliases", enabled="yes")
    for table in tables:
        _fields(root, table, names)
    asked: dict[str, list[str]] = {}
    for metric in metrics().values():
        if metric.value is not None and fact_of(metric) == fact.name:
            _calculated(root, metric)
            asked.setdefault(metric.question, []).append(metric.name)
    shown = {
        _caption(table.name): [names[table.name, c.name] for c in table.columns if not c.is_hidden]
        for table in tables
    }
    folders = _add(root, "folders-common")
    for name, fields in (asked | shown).items():
        folder = _add(folders, "folder", name=name)
        for field in fields:
            _add(folder, "folder-item", name=f"[{field}]", type="field")
    _add(root, "layout", dim_ordering="alphabetic", measure_ordering="alphabetic",
         show_structure="true")  # fmt: skip
    graph = _add(root, f"{ENCAPSULATED}object-graph")
    objects = _add(graph, "objects")
    for table in tables:
        there = _add(objects, "object", caption=table.name, id=table.name)
        _relation(_add(there, "properties", context=""), table, data)
    relationships = _add(graph, "relationships")
    for column, table in zip(fact.references, joined, strict=True):
        related = _add(relationships, "relationship")
        equal = _add(related, "expression", op="=")
        _add(equal, "expression", op=f"[{names[fact.name, column.name]}]")
        _add(equal, "expression", op=f"[{names[table.name, table.key]}]")
        _add(related, "first-end-point", object_id=fact.name)
        _add(related, "second-end-point", object_id=table.name, unique_key="true")
    return root


def extract_rows(rows: pa.Table) -> pa.Table:
    """Return rows as the extract takes them: money as doubles, exact to the cent up to 10^13.

    pantab 5.3 refuses decimals between -0.1 and 0 (``findings/pantab_small_negative_decimals.sh``).
    """
    kinds = [
        field.with_type(pa.float64()) if pa.types.is_decimal(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(kinds))


def _pantab() -> Any:
    try:
        import pantab  # noqa: PLC0415
    except ImportError as error:
        raise UserInputError(
            "a Tableau extract needs the package pantab, whose Hyper runtime is proprietary",
            hint="pip install 'financial-analytics[tableau]', or --data csv for text files",
        ) from error
    return pantab


def export_tableau(
    gold: Gold, tables: list[Table], folder: Path, data: str = "hyper"
) -> list[Path]:
    """Write a data source for each fact that gold has, with the rows; return the files.

    Parameters
    ----------
    gold : Gold
        The warehouse; it is only read.
    tables : list of Table
        Dimensions and facts.
    folder : Path
        Where the files go; they refer to each other by name, so the folder can be moved.
    data : str
        ``hyper``: one extract of all tables; ``csv``: a text file each, without formulas.

    Raises
    ------
    UserInputError
        If gold has no facts, `data` is not one of `DATA`, or pantab is missing for ``hyper``.
    """
    if data not in DATA:
        raise UserInputError(f"no data {data!r}", hint=f"give one of: {', '.join(DATA)}")
    there = set(gold.names())
    dimensions = {t.name: t for t in tables if not t.is_fact and t.name in there}
    facts = [t for t in tables if t.is_fact and t.name in there]
    if not facts:
        raise UserInputError("gold has no facts", hint="build them: fa build")
    pantab = _pantab() if data == "hyper" else None
    wanted = [*dimensions.values(), *facts]
    files = [f"{fact.name}.tds" for fact in facts]
    with whole_folder(folder, files[0]) as draft:
        for place, table in enumerate(wanted):
            if pantab is None:
                write_table(gold, table, draft / f"{table.name}.csv")
            else:
                pantab.frames_to_hyper(
                    {(SCHEMA, table.name): extract_rows(exported(gold, table))},
                    draft / EXTRACT,
                    table_mode="a" if place else "w",
                )
        for fact, name in zip(facts, files, strict=True):
            tree = data_source(fact, dimensions, data)
            ET.indent(tree)
            text = ET.tostring(tree, encoding="unicode")
            (draft / name).write_text(
                f"<?xml version='1.0' encoding='utf-8' ?>\n{text}\n", encoding="utf-8", newline="\n"
            )
    rows = [EXTRACT] if data == "hyper" else [f"{table.name}.csv" for table in wanted]
    return [folder / name for name in [*files, *rows]]

"""The registry of metrics: what a number is called, means and is counted from (``metrics.yml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeAlias

import yaml

from financial_analytics.errors import InvalidInputError

Wanted: TypeAlias = str | bool | tuple[str, ...]
AGGREGATES = ("count", "distinct", "sum", "mean")


@dataclass(frozen=True)
class Measure:
    """A number counted from the rows of one fact.

    Attributes
    ----------
    aggregate : str
        ``count`` of rows, ``distinct`` values, ``sum`` or ``mean`` of a column.
    fact : str
        Relation of gold.
    column : str
        What is aggregated; empty for ``count``.
    where : mapping of str to value
        Columns of the fact and what they must be: a word, one of some words, true or false.
        Rows where the column is NULL are not counted.
    scale : int
        Multiplies the result; -1 turns money out into a positive number.
    """

    aggregate: str
    fact: str
    column: str = ""
    where: Mapping[str, Wanted] = field(default_factory=dict)
    scale: int = 1


@dataclass(frozen=True)
class Ratio:
    """One metric over another, times `scale`; nothing where the other is zero."""

    numerator: str
    denominator: str
    scale: int = 1


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : str
        What columns (``meta.metric``), charts (``metrics``) and exports call it.
    label, definition : str
        What pages print: a few words, and a sentence.
    unit : str
        What is counted.
    owner : str
        Who answers for the definition.
    question : str
        What it helps to answer; empty for one that only columns and charts name.
    good : str
        ``up`` or ``down`` is good news, or ``none``.
    value : Measure, Ratio or None
        How it is counted, for exports; None where no one fact has it.
    """

    name: str
    label: str
    definition: str
    unit: str
    owner: str
    question: str = ""
    good: str = "none"
    value: Measure | Ratio | None = None


def _value(given: Mapping[str, Any] | None) -> Measure | Ratio | None:
    if given is None:
        return None
    scale = given.get("scale", 1)
    if "ratio" in given:
        numerator, denominator = given["ratio"]
        return Ratio(numerator, denominator, scale)
    aggregate = next(kind for kind in AGGREGATES if kind in given)
    fact, _, column = given[aggregate].partition(".")
    where = {
        name: tuple(wanted) if isinstance(wanted, list) else wanted
        for name, wanted in given.get("where", {}).items()
    }
    return Measure(aggregate, fact, column, where, scale)


@cache
def metrics() -> Mapping[str, Metric]:
    """Return the registered metrics by name, in the order of the file."""
    text = resources.files("financial_analytics").joinpath("metrics.yml").read_text("utf-8")
    return MappingProxyType({
        entry["name"]: Metric(**entry | {"value": _value(entry.get("value"))})
        for entry in yaml.safe_load(text)["metrics"]
    })  # fmt: skip


def get_metric(name: str) -> Metric:
    """Return one metric by its name.

    Raises
    ------
    InvalidInputError
        If no metric has this name.
    """
    if name not in metrics():
        raise InvalidInputError(
            f"no metric {name!r}", hint=f"metrics are: {', '.join(sorted(metrics()))}"
        )
    return metrics()[name]


def measures() -> dict[str, Measure]:
    """Return the metrics that are counted from one fact, by name."""
    return {
        name: metric.value
        for name, metric in metrics().items()
        if isinstance(metric.value, Measure)
    }


def ratios() -> dict[str, Ratio]:
    """Return the metrics that are one metric over another, by name."""
    return {
        name: metric.value for name, metric in metrics().items() if isinstance(metric.value, Ratio)
    }


def sql_condition(column: str, wanted: Wanted) -> str:
    """Return what a row must be, as SQL that every engine takes.

    Examples
    --------
    >>> sql_condition("channel", ("Online", "Mobile"))
    "channel in ('Online', 'Mobile')"
    """
    if isinstance(wanted, bool):
        return column if wanted else f"not {column}"
    words = [wanted] if isinstance(wanted, str) else wanted
    quoted = ["'" + word.replace("'", "''") + "'" for word in words]
    return f"{column} = {quoted[0]}" if len(quoted) == 1 else f"{column} in ({', '.join(quoted)})"


def fact_of(metric: Metric) -> str:
    """Return the fact that a metric is counted from; that of its numerator for a ratio."""
    value = metric.value
    while isinstance(value, Ratio):
        value = metrics()[value.numerator].value
    return value.fact if value else ""


def counted_sql(measure: Measure, prefix: str = "") -> tuple[str, str]:
    """Return what is aggregated, and what a row must be (empty for any), as SQL."""
    wanted = " and ".join(
        sql_condition(f"{prefix}{name}", value) for name, value in measure.where.items()
    )
    return f"{prefix}{measure.column}" if measure.column else "1", wanted


def measure_sql(measure: Measure, prefix: str = "") -> str:
    """Return the aggregate of a measure as SQL that every engine takes.

    Parameters
    ----------
    prefix : str
        Put before each column, such as ``fact_transactions.``.

    Examples
    --------
    >>> measure_sql(Measure("sum", "fact_transactions", "posted_amount", {"is_fraud": True}, -1))
    '-1 * sum(case when is_fraud then posted_amount end)'
    """
    inner, wanted = counted_sql(measure, prefix)
    inner = f"case when {wanted} then {inner} end" if wanted else inner
    call = {"count": f"count({inner})", "distinct": f"count(distinct {inner})",
            "sum": f"sum({inner})", "mean": f"avg({inner})"}[measure.aggregate]  # fmt: skip
    return call if measure.scale == 1 else f"{measure.scale} * {call}"

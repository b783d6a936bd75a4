"""The star schema as the project's YAML describes it: tables, columns, what refers to what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import UserInputError

DOC_BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.S)
DOC_CALL = re.compile(r"""{{ *doc\(['"](\w+)['"]\) *}}""")
REFERENCE = re.compile(r"ref\('(\w+)'\)")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TEXT, WHOLE, MONEY, NUMBER, DAY, MOMENT, FLAG = (
    "text", "whole", "money", "number", "day", "moment", "flag",
)  # fmt: skip
FAMILIES = {
    "text": TEXT, "integer": WHOLE, "bigint": WHOLE, "smallint": WHOLE, "double": NUMBER,
    "boolean": FLAG, "date": DAY, "timestamp": MOMENT,
}  # fmt: skip
MOST_PLACES = 4
"""Decimal places of Power BI's fixed decimal numbers."""
KEPT = ("_hash",)
"""Endings of columns that stay in the warehouse: they tell one person from all others."""


@dataclass(frozen=True)
class Column:
    """A column: its type's family, what it means, and the dimension that it is a key of."""

    name: str
    family: str
    description: str
    unit: str
    refers_to: str | None
    scale: int = 0
    """Decimal places of money."""

    @property
    def is_hidden(self) -> bool:
        """Keys, partitions, fingerprints and batches serve joins and checks, not readers."""
        return self.name.endswith("_key") or self.name.startswith("_") or self.is_partition

    @property
    def is_partition(self) -> bool:
        """A month as yyyymm, by which builds replace rows."""
        return self.description.startswith("Partition")


LEVELS = ("balance", "limit", "income", "average", "lifetime_value", "cost_per", "budget")
"""Words in the names of amounts that are so at a moment: two of them do not add up."""


@dataclass(frozen=True)
class Table:
    """A dimension or a fact: its columns, and those that tell its rows apart."""

    name: str
    description: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...]

    @property
    def is_fact(self) -> bool:
        """Facts refer to dimensions."""
        return self.name.startswith("fact_")

    @cached_property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    @property
    def key(self) -> str:
        """Key of a dimension: its first column."""
        return self.columns[0].name

    def summary(self, column: Column) -> str:
        """Return how tools put a column's values together unless told: sum, average or none.

        Flows of a fact add up; levels, scores and durations, and what a dimension says of its
        member, are averaged; the rest, such as keys and parts of dates, tells rows apart.
        """
        is_count = column.name.endswith("_count")
        is_number = column.family in {MONEY, NUMBER} or (column.family == WHOLE and column.unit)
        if column.is_hidden or not (is_number or is_count):
            return "none"
        is_flow = column.family == MONEY or is_count
        is_level = any(word in column.name for word in LEVELS)
        return "sum" if self.is_fact and is_flow and not is_level else "average"

    @property
    def references(self) -> list[Column]:
        """Columns that refer to a dimension, the first of each dimension in front.

        A second date of a fact, such as the day of payment, is no reference: tools join on one.
        """
        found: dict[str, Column] = {}
        for column in self.columns:
            if column.refers_to and column.refers_to not in found:
                found[column.refers_to] = column
        return list(found.values())


@cache
def doc_blocks(project: Path) -> dict[str, str]:
    """Return the texts that several YAML files share, by name."""
    return {
        name: text.strip()
        for path in sorted((project / "models").rglob("*.md"))
        for name, text in DOC_BLOCK.findall(path.read_text(encoding="utf-8"))
    }


def with_blocks(text: str, blocks: dict[str, str]) -> str:
    """Return a description with the texts that it calls, on one line."""
    return " ".join(DOC_CALL.sub(lambda call: blocks[call[1]], text).split())


def _family(data_type: str) -> tuple[str, int]:
    """Return family and decimal places; of more places than tools keep exactly, a number."""
    if data_type.startswith("decimal"):
        places = int(data_type.rstrip(")").rsplit(",", 1)[1])
        return (MONEY, places) if places <= MOST_PLACES else (NUMBER, 0)
    return FAMILIES[data_type], 0


def _column(given: dict[str, Any], blocks: dict[str, str]) -> Column:
    referred = None
    for test in given.get("data_tests", []):
        if isinstance(test, dict) and "in_dimension" in test:
            match = REFERENCE.search(test["in_dimension"]["arguments"]["to"])
            referred = match[1] if match else None
    text = with_blocks(given["description"], blocks)
    meta = given.get("config", {}).get("meta", {})
    family, places = _family(given["data_type"])
    return Column(given["name"], family, text, str(meta.get("unit", "")), referred, places)


def star_schema(project: Path) -> list[Table]:
    """Return what `described_tables` does.

    Raises
    ------
    UserInputError
        If the project has no dimensions and facts.
    """
    tables = described_tables(project)
    if not tables:
        raise UserInputError(
            f"{project} has no dimensions and facts", hint="set FA_PROJECT_DIR to the checkout"
        )
    return tables


def described_tables(project: Path) -> list[Table]:
    """Return dimensions, then facts, by name; none of a project that has none.

    Without columns that tell one person from all others (`KEPT`); what a warehouse with
    ``include_pii`` has besides is not in the YAML, so it is in no table here.
    """
    blocks = doc_blocks(project)
    tables = []
    for folder in ("dimensions", "facts"):
        for path in sorted((project / "models" / "gold" / folder).glob("*.yml")):
            for model in yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)["models"]:
                columns = [
                    _column(column, blocks)
                    for column in model["columns"]
                    if not column["name"].endswith(KEPT)
                ]
                said = " ".join(model["description"].split()).split(" Answers: ")[0]
                grain = next(
                    test["grain"]["arguments"]["columns"]
                    for test in model["data_tests"]
                    if isinstance(test, dict) and "grain" in test
                )
                tables.append(Table(model["name"], said, tuple(columns), tuple(grain)))
    return tables

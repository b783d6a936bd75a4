"""What a user declares about the columns of a feed: their names, and how they are written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import UserInputError
from financial_analytics.ingest import numbers, units
from financial_analytics.ingest.contract import Column, Contract, Table
from financial_analytics.ingest.header import normalise
from financial_analytics.ingest.source import Source

ColumnMapping = Mapping[str, Mapping[str, Any]]
_FORM = "{column: contract column, decimal: comma, null: [text], unit: percent}"
_OPTIONS = {"column", "decimal", "null", "unit"}


@dataclass(frozen=True)
class Form:
    """How a column is written: decimal mark, what stands for no value, unit of a rate."""

    decimal: str | None = None
    nulls: tuple[str, ...] = ()
    unit: str | None = None


@dataclass(frozen=True)
class TableMapping:
    """What is declared for one table.

    Attributes
    ----------
    names : mapping of str to str
        Normalised feed column to contract column.
    forms : mapping of str to Form
        By contract column.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)

    def declared(self, default: Form) -> Any:
        """Return what tells this reading of a file from another one, None if nothing does."""
        if default == Form() and not self.forms:
            return dict(self.names) or None
        return [asdict(self), asdict(default)]

    def apply(self, source: Source, default: Form) -> Source:
        """Return `source` with what is declared for its columns; `default` is of all columns."""
        columns = dict(source.columns)
        for name, feed in columns.items():
            form = self.forms.get(name, Form())
            decimal = form.decimal or default.decimal
            columns[name] = replace(
                feed,
                decimal=decimal,
                is_declared=decimal is not None,
                nulls=(*default.nulls, *form.nulls),
                unit=form.unit,
            )
        return replace(source, columns=columns)


def check_form(decimal: str | None, nulls: Collection[str]) -> Form:
    """Return what the options of a command say of every column.

    Raises
    ------
    UserInputError
        If `decimal` is no decimal mark.
    """
    if decimal is not None and decimal not in numbers.MARKS:
        raise UserInputError(
            f"decimal mark {decimal!r} is not valid", hint=f"valid are {', '.join(numbers.MARKS)}"
        )
    return Form(decimal, tuple(text.strip() for text in nulls if text.strip()))


def load_mapping(
    mapping: Path | str | ColumnMapping | None, contract: Contract
) -> dict[str, TableMapping]:
    """Read a mapping ``{table: {feed column: contract column}}`` and check it.

    In place of the contract column there may be ``{column: ..., decimal: comma, null: [text],
    unit: percent}``; ``column`` may be left out where the feed's name is the contract's.

    Raises
    ------
    UserInputError
        If the file is missing or not YAML, or names an unknown table, column or option.
    """
    if mapping is None:
        return {}
    document: Any = mapping
    if isinstance(mapping, (str, Path)):
        path = Path(mapping)
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UserInputError(f"the mapping {path} cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UserInputError(f"the mapping {path} is not valid YAML: {error}") from error
    if not isinstance(document, Mapping) or not all(
        isinstance(columns, Mapping) for columns in document.values()
    ):
        raise UserInputError(
            "the mapping must have the form {table: {feed column: contract column}}",
            hint="for example: transactions: {txn_amt: amount}",
        )
    checked: dict[str, TableMapping] = {}
    for name, columns in document.items():
        if name not in contract:
            raise UserInputError(
                f"the mapping names the unknown table {name!r}",
                hint=f"valid are {', '.join(t.name for t in contract)}",
            )
        checked[name] = _table(contract[name], columns)
    return checked


def check_mapped(mapping: Mapping[str, TableMapping], tables: Collection[str]) -> None:
    """Make sure that each table of a mapping is among the tables that files were found for.

    Raises
    ------
    UserInputError
        If one is not.
    """
    unused = [name for name, table in mapping.items() if table.names and name not in tables]
    if unused:
        raise UserInputError(
            f"the mapping is for {', '.join(unused)}, of which there is no file",
            hint="files were found for "
            + (", ".join(sorted(tables)) or "no table")
            + "; take the other tables out of the mapping, or give their files too",
        )


def _unit(column: Column, unit: object, here: str) -> str:
    if not units.has_unit(column):
        raise UserInputError(
            f"the mapping of {here} has a unit; {column.name} is no rate",
            hint="only rates, shares and scores come in fractions or in per cent",
        )
    if unit not in units.UNITS:
        raise UserInputError(
            f"the mapping of {here} has the unit {unit!r}",
            hint=f"valid are {', '.join(units.UNITS)}",
        )
    return str(unit)


def _table(table: Table, columns: Mapping[Any, Any]) -> TableMapping:
    names: dict[str, str] = {}
    forms: dict[str, Form] = {}
    for feed_name, said in columns.items():
        here = f"{table.name}.{feed_name}"
        entry = {"column": said} if isinstance(said, str) else said
        if not isinstance(entry, Mapping):
            raise UserInputError(
                f"the mapping sends {here} to {said!r}", hint=f"give a contract column, or {_FORM}"
            )
        unknown = sorted(set(entry) - _OPTIONS)
        if unknown:
            raise UserInputError(
                f"the mapping of {here} has the unknown option {', '.join(map(str, unknown))}",
                hint=f"the form is {_FORM}",
            )
        name = str(entry.get("column", normalise(str(feed_name))))
        if name not in table.column_names:
            raise UserInputError(
                f"the mapping sends {here} to {name!r}, which {table.name} does not have",
                hint=f"columns of {table.name}: {', '.join(table.column_names)}",
            )
        names[normalise(str(feed_name))] = name
        words = entry.get("null", ())
        words = [words] if isinstance(words, str) else words
        if not all(isinstance(word, str) for word in words):
            raise UserInputError(f"the mapping of {here}: null is a text or a list of texts")
        form = check_form(entry.get("decimal"), words)
        if "unit" in entry:
            form = replace(form, unit=_unit(table.column(name), entry["unit"], here))
        if form != Form():
            forms[name] = form
    return TableMapping(names, forms)

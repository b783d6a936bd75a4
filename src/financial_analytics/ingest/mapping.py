"""What a user declares about the columns of a feed: their names, and how they are written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest import numbers, signs, units, vocabulary
from financial_analytics.ingest.contract import Column, Contract, Table
from financial_analytics.ingest.header import normalise
from financial_analytics.ingest.source import Posted, Source

ColumnMapping = Mapping[str, Mapping[str, Any]]
_FORM = (
    "{column: contract column, decimal: comma, null: [text], unit: percent, sign: inverted, "
    "values: {their word: contract's word}}"
)
_OPTIONS = {"column", "decimal", "null", "unit", "sign", "values"}
IGNORED = vocabulary.IGNORED
"""In place of a contract column: the column is known and says nothing."""


@dataclass(frozen=True)
class Form:
    """How a column is written: decimal mark, what is no value, unit of a rate, its words."""

    decimal: str | None = None
    nulls: tuple[str, ...] = ()
    unit: str | None = None
    sign: str | None = None
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Marks:
    """A column that says which way an amount goes; words in lower case."""

    feed_name: str
    out: tuple[str, ...]
    into: tuple[str, ...]


@dataclass(frozen=True)
class TableMapping:
    """What is declared for one table.

    Attributes
    ----------
    names : mapping of str to str
        Normalised feed column to contract column.
    forms : mapping of str to Form
        By contract column.
    marks : Marks, optional
        The debit/credit column of the amounts.
    posted : tuple of str
        Feed column, and its words for rows that moved money.
    ignored : tuple of str
        Feed columns that are known to say nothing.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    marks: Marks | None = None
    posted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is declared."""
        return self == TableMapping()

    def declared(self, default: Form) -> Any:
        """Return what tells this reading of a file from another one, None if nothing does."""
        if default == Form() and self == TableMapping(self.names):
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
                words=form.words,
            )
        return self._apply_signs(replace(source, columns=columns))

    def _apply_signs(self, source: Source) -> Source:
        needed = [*self.posted[:1], *self.ignored, *([self.marks.feed_name] if self.marks else [])]
        absent = [name for name in needed if name not in source.others]
        if absent:
            raise FeedError(
                f"the mapping names {', '.join(absent)}, which this file does not have",
                hint="each file of a table has each of the columns of its mapping",
            )
        others = {name: feed for name, feed in source.others.items() if name not in needed}
        amount = source.columns.get(signs.AMOUNT)
        sign = self.forms.get(signs.AMOUNT, Form()).sign
        if amount and self.marks:
            mark = source.others[self.marks.feed_name]
            factor = signs.factor_of_marks(mark, self.marks.out, self.marks.into)
            amount = replace(amount, factor=factor, is_unsigned=True)
        elif amount and sign == signs.INVERTED:
            amount = replace(amount, factor="-1")
        elif amount and sign == signs.BY_TYPE:
            factor = signs.factor_of_types(source.columns[signs.KIND])
            amount = replace(amount, factor=factor, is_unsigned=True)
        columns = {**source.columns, signs.AMOUNT: amount} if amount else source.columns
        posted = None
        if self.posted:
            name, *words = self.posted
            posted = Posted(name, source.others[name].expression, tuple(words))
        unknown = tuple(name for name in source.unknown if normalise(name) not in needed)
        return replace(source, columns=columns, others=others, posted=posted, unknown=unknown)


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
    unit: percent, values: {their word: contract's word}}``; ``column`` may be left out where the
    feed's name is the contract's.

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
    unused = [name for name, table in mapping.items() if not table.is_empty and name not in tables]
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
    beside: dict[str, Any] = {}
    for feed_name, said in columns.items():
        here = f"{table.name}.{feed_name}"
        if _is_beside(table, normalise(str(feed_name)), said, here, beside):
            continue
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
        empty = entry.get("null", ())
        empty = [empty] if isinstance(empty, str) else empty
        if not all(isinstance(word, str) for word in empty):
            raise UserInputError(f"the mapping of {here}: null is a text or a list of texts")
        form = check_form(entry.get("decimal"), empty)
        if "unit" in entry:
            form = replace(form, unit=_unit(table.column(name), entry["unit"], here))
        if "sign" in entry:
            form = replace(form, sign=_sign(table, name, entry["sign"], here))
        if "values" in entry:
            meant = vocabulary.declared(table.column(name), entry["values"], here)
            form = replace(form, words=meant)
        if form != Form():
            forms[name] = form
    if "marks" in beside and forms.get(signs.AMOUNT, Form()).sign:
        raise UserInputError(f"the mapping of {table.name} declares the sign of amount twice")
    return TableMapping(names, forms, **beside)


def _sign(table: Table, name: str, sign: object, here: str) -> str:
    if (table.name, name) != (signs.TABLE, signs.AMOUNT) or sign not in signs.SIGNS:
        raise UserInputError(
            f"the mapping of {here} has the sign {sign!r}",
            hint=f"{signs.TABLE}.{signs.AMOUNT} may have the sign {' or '.join(signs.SIGNS)}",
        )
    return str(sign)


def _is_beside(table: Table, name: str, said: Any, here: str, beside: dict[str, Any]) -> bool:
    """Read what is said of a column beside the contract's into `beside`, and tell if it was."""
    if said == IGNORED:
        beside["ignored"] = (*beside.get("ignored", ()), name)
        return True
    if not isinstance(said, Mapping) or not {"sign_of", "posted"} & set(said):
        return False
    hint = (
        f"the forms are {name}: {{sign_of: {signs.AMOUNT}, out: [D], in: [C]}} and"
        f" {name}: {{posted: [posted]}}, for {signs.TABLE}"
    )
    key = "marks" if "sign_of" in said else "posted"
    options = {"sign_of", "out", "in"} if key == "marks" else {"posted"}
    lists = [said.get(option) for option in sorted(options - {"sign_of"})]
    words = [_words(entry) for entry in lists]
    fits = set(said) == options and said.get("sign_of", signs.AMOUNT) == signs.AMOUNT
    if table.name != signs.TABLE or not fits or not all(words):
        raise UserInputError(f"the mapping of {here} cannot be understood: {dict(said)}", hint=hint)
    if key in beside:
        raise UserInputError(f"the mapping of {here}: another column says so already", hint=hint)
    if key == "marks":
        into, out = words
        if set(into) & set(out):
            raise UserInputError(f"the mapping of {here} has a word in and out", hint=hint)
        beside[key] = Marks(name, out, into)
    else:
        beside[key] = (name, *words[0])
    return True


def _words(entry: Any) -> tuple[str, ...]:
    listed = [entry] if isinstance(entry, (str, int, bool)) else entry
    if not isinstance(listed, (list, tuple)):
        return ()
    return tuple(str(word).strip().lower() for word in listed)

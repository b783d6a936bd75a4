"""What a user declares about a source: names of columns, how they are written, what is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import UserInputError
from financial_analytics.ingest import signs, vocabulary
from financial_analytics.ingest.contract import Contract, Table
from financial_analytics.ingest.file_form import FILE_OPTIONS, FOUND, FileForm, file_form
from financial_analytics.ingest.forms import (
    COLUMN_OPTIONS,
    PLAIN,
    SHARED_OPTIONS,
    Form,
    check_form,
    column_form,
    shared_form,
)
from financial_analytics.ingest.header import normalise
from financial_analytics.ingest.kept import as_read, kept_columns, namespace
from financial_analytics.ingest.made import PARTS, SPLIT, Made, check_reads, is_made, read_made
from financial_analytics.ingest.source import Posted, Source

__all__ = [
    "ColumnMapping", "Form", "SourceMapping", "TableMapping", "check_form", "check_mapped",
    "load_mapping",
]  # fmt: skip
ColumnMapping = Mapping[str, Mapping[str, Any]]
ALL_TABLES, ALL_COLUMNS = "all_tables", "all_columns"
"""In place of a table, of a column: what is said of all of them."""
_FORM = (
    "{column: contract column, decimal: comma, null: [text], unit: percent, sign: inverted, "
    "values: {their word: contract's word}}"
)
_OPTIONS = ("column", *COLUMN_OPTIONS)
IGNORED = vocabulary.IGNORED
"""In place of a contract column: the column is known and says nothing."""


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
    made : tuple of Made
        Columns that the mapping makes.
    shared : Form
        How all columns are written that say nothing else.
    file : FileForm
        How the files are to be read.
    kept : tuple of (str, str)
        Columns whose ids go through the kept table, and what they name.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    marks: Marks | None = None
    posted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    made: tuple[Made, ...] = ()
    shared: Form = PLAIN
    file: FileForm = FOUND
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def made_columns(self) -> frozenset[str]:
        """Contract columns that no column of the feed has to hold."""
        return frozenset(made.column for made in self.made)

    def declared(self, default: Form) -> Any:
        """Return what tells this reading of a file from another one, None if nothing does."""
        if default == Form() and self == TableMapping(self.names):
            return dict(self.names) or None
        return [asdict(self), asdict(default)]

    def read_as(self, table: Table) -> Table:
        """Return the table as its files are read: ids of the kept table are texts."""
        return as_read(table, dict(self.kept)) if self.kept else table

    def apply(self, table: Table, source: Source, default: Form) -> Source:
        """Return `source` with what is declared for its columns; `default` is of all columns.

        Raises
        ------
        FeedError
            If the feed lacks a column that the mapping reads.
        """
        needed = [*self.posted[:1], *self.ignored, *([self.marks.feed_name] if self.marks else [])]
        needed += [name for made in self.made for name in made.reads]
        check_reads(source, table, tuple(needed))
        shared = self.shared.over(default)
        columns = {
            name: self.forms.get(name, Form()).over(shared).apply(table.column(name), feed)
            for name, feed in source.columns.items()
        }
        for made in self.made:
            wider = shared if made.takes_defaults else Form(rounding=shared.rounding)
            form = made.form.over(wider)
            columns[made.column] = form.apply(table.column(made.column), made.feed_column(source))
        ordered = {name: columns[name] for name in table.column_names if name in columns}
        kept = {name: of for name, of in self.kept if name in ordered}
        return self._apply_signs(replace(source, columns=ordered, kept=kept), needed)

    def _apply_signs(self, source: Source, needed: list[str]) -> Source:
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


@dataclass(frozen=True)
class SourceMapping:
    """What is declared for a source: `tables` by name, `shared` for all others."""

    tables: Mapping[str, TableMapping] = field(default_factory=dict)
    rest: Mapping[str, TableMapping] = field(default_factory=dict)

    def of(self, table: str) -> TableMapping:
        """Return what is declared for a table."""
        return self.tables.get(table) or self.rest.get(table) or TableMapping()


def load_mapping(mapping: Path | str | ColumnMapping | None, contract: Contract) -> SourceMapping:
    """Read a mapping ``{table: {feed column: contract column}}`` and check it.

    In place of the contract column there may be ``{column: ..., decimal: comma, null: [text],
    unit: percent, values: {their word: contract's word}}``; ``column`` may be left out where the
    feed's name is the contract's. ``docs/ingest.md`` lists all keys.

    Raises
    ------
    UserInputError
        If the file is missing or not YAML, or names an unknown table, column or option.
    """
    if mapping is None:
        return SourceMapping()
    document = _document(mapping)
    shared = document.get(ALL_TABLES) or {}
    _refuse_unknown(shared, (*SHARED_OPTIONS, *FILE_OPTIONS, "ids"), ALL_TABLES)
    form, file = shared_form(shared, ALL_TABLES), file_form(shared, ALL_TABLES)
    tables: dict[str, TableMapping] = {}
    for name, columns in document.items():
        if name == ALL_TABLES:
            continue
        if name not in contract:
            raise UserInputError(
                f"the mapping names the unknown table {name!r}",
                hint=f"valid are {ALL_TABLES}, {', '.join(t.name for t in contract)}",
            )
        tables[name] = _table(contract[name], columns)
    kept = _kept(shared.get("ids", ()), contract, tables)

    def wider(table: Table, own: TableMapping) -> TableMapping:
        return replace(
            own,
            shared=own.shared.over(form),
            file=own.file.over(file),
            kept=tuple(kept_columns(table, kept).items()),
        )

    rest = {t.name: wider(t, TableMapping()) for t in contract if t.name not in tables}
    return SourceMapping({name: wider(contract[name], own) for name, own in tables.items()}, rest)


def _document(mapping: Path | str | ColumnMapping) -> Mapping[Any, Any]:
    document: Any = mapping
    if isinstance(mapping, (str, Path)):
        path = Path(mapping)
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
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
    return document


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice: of two lines for a column one would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key!r} is there twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _refuse_unknown(entry: Mapping[Any, Any], valid: Iterable[str], here: str) -> None:
    unknown = sorted(str(key) for key in set(entry) - set(valid))
    if unknown:
        raise UserInputError(
            f"the mapping of {here} has the unknown option {', '.join(unknown)}",
            hint=f"valid are {', '.join(valid)}",
        )


def _kept(said: Any, contract: Contract, tables: Mapping[str, TableMapping]) -> frozenset[str]:
    """Return the tables whose ids go through the kept table."""
    listed = [said] if isinstance(said, str) else said
    valid = [t.name for t in contract if len(t.key) == 1 and namespace(t, t.key[0])]
    wrong = (
        [name for name in listed if name not in valid]
        if isinstance(listed, (list, tuple))
        else [said]
    )
    if wrong:
        raise UserInputError(
            f"the mapping of {ALL_TABLES} has ids of {', '.join(map(str, wrong))}",
            hint=f"ids is a list of tables whose key is a number: {', '.join(valid)}",
        )
    parts = {
        namespace(contract[name], made.column)
        for name, table in tables.items()
        for made in table.made
        if made.kind == PARTS
    }
    return frozenset([*listed, *(name for name in parts if name)])


def check_mapped(mapping: SourceMapping, tables: Collection[str]) -> None:
    """Make sure that each table of a mapping is among the tables that files were found for.

    Raises
    ------
    UserInputError
        If one is not.
    """
    unused = [name for name in mapping.tables if name not in tables]
    if unused:
        raise UserInputError(
            f"the mapping is for {', '.join(unused)}, of which there is no file",
            hint="files were found for "
            + (", ".join(sorted(tables)) or "no table")
            + "; take the other tables out of the mapping, or give their files too",
        )


def _table(table: Table, columns: Mapping[Any, Any]) -> TableMapping:
    names: dict[str, str] = {}
    forms: dict[str, Form] = {}
    beside: dict[str, Any] = {}
    made: list[Made] = []
    shared, file = Form(), FileForm()
    for feed_name, said in columns.items():
        here = f"{table.name}.{feed_name}"
        if feed_name == ALL_COLUMNS and isinstance(said, Mapping):
            _refuse_unknown(said, (*SHARED_OPTIONS, *FILE_OPTIONS), here)
            shared, file = shared_form(said, here), file_form(said, here)
            continue
        if is_made(said):
            made.append(read_made(table, str(feed_name), said, here))
            continue
        if _is_beside(table, normalise(str(feed_name)), said, here, beside):
            continue
        name, form = _column(table, feed_name, said, here)
        names[normalise(str(feed_name))] = name
        if form != Form():
            forms[name] = form
    doubled = [m.column for m in made if m.column in names.values()]
    if doubled:
        raise UserInputError(
            f"the mapping of {table.name} both makes and names {', '.join(doubled)}",
            hint="keep one of the two",
        )
    has_sign = forms.get(signs.AMOUNT, Form()).sign or any(m.kind == SPLIT for m in made)
    if "marks" in beside and has_sign:
        raise UserInputError(f"the mapping of {table.name} declares the sign of amount twice")
    return TableMapping(names, forms, **beside, made=tuple(made), shared=shared, file=file)


def _column(table: Table, feed_name: Any, said: Any, here: str) -> tuple[str, Form]:
    entry = {"column": said} if isinstance(said, str) else said
    if not isinstance(entry, Mapping):
        raise UserInputError(
            f"the mapping sends {here} to {said!r}", hint=f"give a contract column, or {_FORM}"
        )
    unknown = sorted(set(map(str, entry)) - set(_OPTIONS))
    if unknown:
        raise UserInputError(
            f"the mapping of {here} has the unknown option {', '.join(unknown)}",
            hint=f"valid are {', '.join(_OPTIONS)}; the form is {_FORM}",
        )
    name = str(entry.get("column", normalise(str(feed_name))))
    if name not in table.column_names:
        raise UserInputError(
            f"the mapping sends {here} to {name!r}, which {table.name} does not have",
            hint=f"columns of {table.name}: {', '.join(table.column_names)}",
        )
    return name, column_form(table, table.column(name), entry, here)


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

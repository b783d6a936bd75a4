"""Folders of files that are swapped in whole, and the star schema as Parquet or CSV."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from financial_analytics.drafts import clear_drafts
from financial_analytics.engines.gold import Gold
from financial_analytics.errors import UserInputError
from financial_analytics.export.star import DAY, FLAG, MOMENT, MONEY, NUMBER, WHOLE, Table

FORMATS = ("parquet", "csv")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell."""
KINDS = {
    WHOLE: pa.int64(), NUMBER: pa.float64(), FLAG: pa.bool_(),
    DAY: pa.date32(), MOMENT: pa.timestamp("us"),
}  # fmt: skip


@contextmanager
def whole_folder(folder: Path, mark: str) -> Iterator[Path]:
    """Give a folder to write to, and put it in the place of `folder` when all is written.

    Parameters
    ----------
    folder : Path
        Where the files go; an earlier export is replaced.
    mark : str
        A file that an earlier export of this kind has.

    Raises
    ------
    UserInputError
        If `folder` holds something else than an earlier export.
    """
    if folder.exists() and not folder.is_dir():
        raise UserInputError(f"{folder} is a file", hint="give a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / mark).exists():
        raise UserInputError(
            f"{folder} holds other files than an earlier export", hint="give an empty folder"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    clear_drafts(folder.parent)
    draft = folder.with_name(f".{folder.name}.draft.{os.getpid()}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        yield draft
        old = folder.with_name(f".{folder.name}.draft.{os.getpid()}.old")
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files by their names relative to `folder`, in UTF-8 with plain line ends."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def exported(gold: Gold, table: Table) -> pa.Table:
    """Return a relation as tools get it: the columns of its YAML, typed, in order of its grain.

    Money is a decimal of 18 digits, other numbers are doubles, whole numbers 64 bits wide:
    types that every tool reads.
    """
    rows = gold.table(table.name)
    columns = []
    for column in table.columns:
        values = rows[column.name]
        kind = KINDS.get(column.family, pa.string())
        if column.family == MONEY:
            kind = pa.decimal128(18, column.scale)
        if column.family == DAY and pa.types.is_timestamp(values.type):
            values = values.cast(pa.date32(), safe=False)
        columns.append(values.cast(kind))
    made = pa.Table.from_arrays(columns, names=table.names)
    return made.sort_by([(name, "ascending") for name in table.grain])


def without_formulas(rows: pa.Table) -> pa.Table:
    """Return rows in which no text begins like a formula: such a text gets an apostrophe.

    Examples
    --------
    >>> without_formulas(pa.table({"name": ["=1+1", "plain"]}))["name"].to_pylist()
    ["'=1+1", 'plain']
    """
    for place, name in enumerate(rows.column_names):
        if pa.types.is_string(rows[name].type):
            begins = pc.is_in(pc.utf8_slice_codeunits(rows[name], 0, 1), pa.array(FORMULA))
            quoted = pc.binary_join_element_wise(pa.scalar("'"), rows[name], "")
            rows = rows.set_column(place, name, pc.if_else(begins, quoted, rows[name]))
    return rows


def write_table(gold: Gold, table: Table, path: Path) -> None:
    """Write one relation to `path`, in the form that its ending says."""
    rows = exported(gold, table)
    if path.suffix == ".csv":
        pacsv.write_csv(without_formulas(rows), path)
    else:
        pq.write_table(rows, path, compression="zstd")


def there_in(gold: Gold, tables: Iterable[Table]) -> list[Table]:
    """Return the tables that gold has.

    Raises
    ------
    UserInputError
        If it has none of them.
    """
    there = set(gold.names())
    wanted = [table for table in tables if table.name in there]
    if not wanted:
        raise UserInputError("gold has no dimensions and facts", hint="build them: fa build")
    return wanted


def export_tables(gold: Gold, tables: list[Table], folder: Path, form: str) -> list[Path]:
    """Write every dimension and fact that gold has to ``NAME.FORM``; return the files.

    Raises
    ------
    UserInputError
        If gold has none of them, or `form` is not one of `FORMATS`.
    """
    if form not in FORMATS:
        raise UserInputError(f"no form {form!r}", hint=f"give one of: {', '.join(FORMATS)}")
    wanted = there_in(gold, tables)
    with whole_folder(folder, f"{wanted[0].name}.{form}") as draft:
        for table in wanted:
            write_table(gold, table, draft / f"{table.name}.{form}")
    return [folder / f"{table.name}.{form}" for table in wanted]

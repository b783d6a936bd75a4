"""The bronze contract: which tables and columns a bank's feeds may hold.

``models/ingestion/sources.yml`` is the one place that says so; dbt reads it as sources, this
module reads the same file for the loader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import UserInputError
from financial_analytics.settings import find_project_dir

# libyaml where it is built in: a tenth of the time
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CONTRACT_PATH = Path("models") / "ingestion" / "sources.yml"
BRONZE_SCHEMA = "ingestion_raw_data"
UNKNOWN_ID = -1
"""Natural key of every unknown member (macros/warehouse/members.sql): no source may use it."""
KINDS = ("entity", "event", "accumulating", "reference")
_DATE_CLASS = {"earliest", "latest", "placeholders", "real"}
_TABLE_META = {
    "kind", "key", "version_time", "event_time", "references", "identity", "correction",
}  # fmt: skip
_COLUMN_META = {
    "required", "values", "code_list", "above", "minimum", "maximum", "usual_maximum",
    "unit", "pii", "past", "date_class", "feed_names",
}  # fmt: skip
CODE_LISTS = ("currency",)
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
_PLAIN_TYPES = {
    "integer": "integer",
    "bigint": "bigint",
    "text": "varchar",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "double": "double",
}


@dataclass(frozen=True)
class DateClass:
    """What dates of one kind can be.

    `placeholders` are days that stand for "unknown"; `real` are sentinel dates of the contract that
    are days like any other here.
    """

    name: str
    earliest: date
    latest: date | None = None
    placeholders: tuple[date, ...] = ()
    real: tuple[date, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a feed.

    Attributes
    ----------
    name, type : str
        Name in bronze, and contract type (``text``, ``integer``, ``decimal(18, 2)`` …).
    required : bool
        A blank value sends the row to quarantine.
    values : tuple of str
        Closed list in canonical spelling; empty when any value goes.
    code_list : str, optional
        Name of a standard list, one of `CODE_LISTS`, whose codes go, in any spelling it knows.
    above : float or int, optional
        Exclusive lower bound.
    minimum, maximum : float or int, optional
        Inclusive bounds.
    usual_maximum : float or int, optional
        Of fractions: a column with more above is thought to be in per cent.
    unit, pii : str, optional
        Unit of a number; class of personal data.
    past : bool
        The value may not lie more than a day after the load.
    dates : DateClass, optional
        What the date can be.
    is_id : bool
        The value names a member of some table, so it may not be `UNKNOWN_ID`.
    sentinels : tuple of date
        Days that stand for "no date" in an optional column.
    feed_names : tuple of str
        Other names under which a feed may deliver the column.
    """

    name: str
    type: str
    required: bool = False
    values: tuple[str, ...] = ()
    code_list: str | None = None
    above: float | int | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    usual_maximum: float | int | None = None
    unit: str | None = None
    pii: str | None = None
    past: bool = False
    dates: DateClass | None = None
    is_id: bool = False
    sentinels: tuple[date, ...] = ()
    feed_names: tuple[str, ...] = ()

    @property
    def has_list(self) -> bool:
        """Whether only values of a closed list go."""
        return bool(self.values or self.code_list)

    @property
    def sql_type(self) -> str:
        """Type of the bronze column."""
        return _PLAIN_TYPES.get(self.type, self.type)

    @property
    def family(self) -> str:
        """Type without its parameters: ``decimal`` for ``decimal(18, 2)``."""
        return "decimal" if _DECIMAL.fullmatch(self.type) else self.type

    @property
    def scale(self) -> int:
        """Decimals that a decimal column keeps (0 for every other type)."""
        match = _DECIMAL.fullmatch(self.type)
        return int(match.group(2)) if match else 0


@dataclass(frozen=True)
class Correction:
    """When a second row of an event's key is the same thing, said again: else it is another.

    `same` columns agree, `within_days` columns lie at most so many days apart.
    """

    same: tuple[str, ...]
    within_days: Mapping[str, int]


@dataclass(frozen=True)
class Table:
    """One table of the contract; `kind` decides what a second arrival of a key means."""

    name: str
    kind: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    version_time: str | None = None
    event_time: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()
    correction: Correction | None = None
    description: str = ""

    def column(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, in contract order."""
        return tuple(column.name for column in self.columns)

    @property
    def has_personal_data(self) -> bool:
        """Whether any column is personal data."""
        return any(column.pii for column in self.columns)


@dataclass(frozen=True)
class Contract:
    """The tables of the contract, by name, in the order of the file."""

    tables: Mapping[str, Table]

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __len__(self) -> int:
        return len(self.tables)


def load_contract(project_dir: Path | None = None) -> Contract:
    """Read and check the contract.

    Parameters
    ----------
    project_dir : Path, optional
        Folder with ``dbt_project.yml``; found from the working directory by default.

    Raises
    ------
    UserInputError
        If the file is missing, is not YAML or contradicts itself. The message names the
        table, the column and the key at fault.
    """
    path = (project_dir or find_project_dir()) / CONTRACT_PATH
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise UserInputError(
            f"the contract {path} is missing",
            hint="restore models/ingestion/sources.yml from the repository",
        ) from error
    return _load(path, stamp)


@lru_cache(maxsize=4)
def _load(path: Path, _stamp: int) -> Contract:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.YAMLError as error:
        raise UserInputError(f"{path} is not valid YAML: {error}") from error
    return parse_contract(document, where=str(path))


def parse_contract(document: Any, *, where: str = "contract") -> Contract:
    """Turn the parsed YAML of the contract into a `Contract`, checking every entry."""
    sources = document.get("sources") if isinstance(document, dict) else None
    source = next(
        (s for s in sources or [] if isinstance(s, dict) and s.get("name") == BRONZE_SCHEMA), None
    )
    if source is None:
        raise UserInputError(f"{where} has no source called {BRONZE_SCHEMA}")
    classes = _date_classes(_meta(source).get("date_classes") or {}, where)
    sentinels = _sentinel_dates(_meta(source).get("sentinel_dates") or (), where)
    tables: dict[str, Table] = {}
    for entry in source.get("tables") or []:
        table = _table(entry, where, classes, sentinels)
        if table.name in tables:
            raise UserInputError(f"{where}: table {table.name} is listed twice")
        tables[table.name] = table
    for table in tables.values():
        for column, target in table.references.items():
            if target not in tables:
                raise UserInputError(
                    f"{where}: {table.name}.{column} refers to the unknown table {target}"
                )
            if len(tables[target].key) != 1:
                raise UserInputError(
                    f"{where}: {table.name}.{column} refers to {target}, whose key has "
                    f"{len(tables[target].key)} columns; a reference needs one"
                )
    return Contract(tables)


def _meta(entry: Mapping[str, Any]) -> dict[str, Any]:
    return dict((entry.get("config") or {}).get("meta") or {})


def _date_classes(entries: Mapping[str, Any], where: str) -> dict[str, DateClass]:
    classes: dict[str, DateClass] = {}
    for name, entry in entries.items():
        here = f"{where}: date class {name}"
        _refuse_unknown(entry, _DATE_CLASS, here)
        try:
            found = DateClass(
                name=str(name),
                earliest=date.fromisoformat(entry["earliest"]),
                latest=date.fromisoformat(entry["latest"]) if "latest" in entry else None,
                placeholders=tuple(map(date.fromisoformat, entry.get("placeholders") or ())),
                real=tuple(map(date.fromisoformat, entry.get("real") or ())),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UserInputError(
                f"{here} needs earliest, and all dates as 'YYYY-MM-DD' in quotes: {error}"
            ) from error
        if found.latest and found.earliest > found.latest:
            raise UserInputError(f"{here}: earliest is after latest")
        classes[found.name] = found
    return classes


def _sentinel_dates(entries: Any, where: str) -> tuple[date, ...]:
    try:
        return tuple(map(date.fromisoformat, entries))
    except (TypeError, ValueError) as error:
        raise UserInputError(
            f"{where}: sentinel_dates are dates as 'YYYY-MM-DD' in quotes: {error}"
        ) from error


def _table(
    entry: Mapping[str, Any],
    where: str,
    classes: Mapping[str, DateClass],
    sentinels: tuple[date, ...],
) -> Table:
    name = str(entry.get("name"))
    here = f"{where}: table {name}"
    meta = _meta(entry)
    _refuse_unknown(meta, _TABLE_META, here)
    kind = meta.get("kind")
    if kind not in KINDS:
        raise UserInputError(f"{here} has kind {kind!r}; valid are {', '.join(KINDS)}")
    columns = tuple(_column(column, here, classes) for column in entry.get("columns") or [])
    names = [column.name for column in columns]
    repeated = {column for column in names if names.count(column) > 1}
    if repeated:
        raise UserInputError(f"{here} lists {', '.join(sorted(repeated))} twice")
    members = {*(meta.get("key") or ()), *(meta.get("references") or ())}
    columns = tuple(
        replace(
            column,
            is_id=column.name in members or column.name.endswith("_id"),
            sentinels=() if column.name == meta.get("version_time") else _own(column, sentinels),
        )
        for column in columns
    )
    table = Table(
        name=name,
        kind=kind,
        key=tuple(meta.get("key") or ()),
        columns=columns,
        version_time=meta.get("version_time"),
        event_time=meta.get("event_time"),
        references=dict(meta.get("references") or {}),
        identity=tuple(meta.get("identity") or ()),
        correction=_correction(meta.get("correction"), here),
        description=str(entry.get("description") or ""),
    )
    _check_table(table, here)
    return table


def _own(column: Column, sentinels: tuple[date, ...]) -> tuple[date, ...]:
    """Return the sentinel dates that stand for "no date" in a column."""
    if column.required or column.family not in ("date", "timestamp"):
        return ()
    real = column.dates.real if column.dates else ()
    return tuple(day for day in sentinels if day not in real)


def _correction(meta: Any, here: str) -> Correction | None:
    if meta is None:
        return None
    here = f"{here}: correction"
    if not isinstance(meta, dict) or not meta.get("same"):
        raise UserInputError(
            f"{here} has the form {{same: [column], within_days: {{column: 100}}}}"
        )
    _refuse_unknown(meta, {"same", "within_days"}, here)
    days = dict(meta.get("within_days") or {})
    for name, number in days.items():
        if type(number) is not int or number < 0:
            raise UserInputError(f"{here}: within_days of {name} is a whole number, not {number!r}")
    return Correction(tuple(meta["same"]), days)


def _check_table(table: Table, here: str) -> None:
    if not table.key:
        raise UserInputError(f"{here} has no key")
    if (table.kind in ("entity", "accumulating")) != (table.version_time is not None):
        raise UserInputError(
            f"{here}: version_time belongs to the kinds entity and accumulating, not {table.kind}"
        )
    if (table.kind in ("event", "accumulating")) != (table.correction is not None):
        raise UserInputError(
            f"{here}: every table of kind event and accumulating, and no other, says under"
            " correction what two rows of one key have in common"
        )
    rule = table.correction or Correction((), {})
    used = [*table.key, *table.identity, *table.references, *rule.same, *rule.within_days]
    used += [name for name in (table.version_time, table.event_time) if name]
    missing = [name for name in used if name not in table.column_names]
    if missing:
        raise UserInputError(f"{here} names columns it does not have: {', '.join(missing)}")
    other = [n for n in rule.within_days if table.column(n).family not in ("date", "timestamp")]
    if other:
        raise UserInputError(f"{here}: within_days counts between dates, not {', '.join(other)}")
    optional = [name for name in table.key if not table.column(name).required]
    if optional:
        raise UserInputError(f"{here}: key column {', '.join(optional)} must be required")


def _column(entry: Mapping[str, Any], here: str, classes: Mapping[str, DateClass]) -> Column:
    name = str(entry.get("name"))
    here = f"{here}, column {name}"
    kind = str(entry.get("data_type") or "")
    if kind not in _PLAIN_TYPES and not _DECIMAL.fullmatch(kind):
        raise UserInputError(
            f"{here} has type {kind!r}; valid are {', '.join(_PLAIN_TYPES)} and decimal(p, s)"
        )
    meta = _meta(entry)
    _refuse_unknown(meta, _COLUMN_META, here)
    minimum, maximum = meta.get("minimum"), meta.get("maximum")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise UserInputError(f"{here}: minimum {minimum} is above maximum {maximum}")
    usual = meta.get("usual_maximum")
    if usual is not None and not str(meta.get("unit")).startswith("fraction"):
        raise UserInputError(f"{here} has a usual_maximum; only a fraction has one")
    values = tuple(str(value) for value in meta.get("values") or ())
    if len({value.lower() for value in values}) != len(values):
        raise UserInputError(f"{here}: two entries of values differ in case only")
    if values and kind != "text":
        raise UserInputError(f"{here}: a closed list needs type text, not {kind}")
    code_list = meta.get("code_list")
    if code_list is not None and (code_list not in CODE_LISTS or kind != "text" or values):
        raise UserInputError(
            f"{here} has code_list {code_list!r}; valid are {', '.join(CODE_LISTS)}, "
            "on a text without values"
        )
    date_class = meta.get("date_class")
    if date_class is not None and (date_class not in classes or kind not in ("date", "timestamp")):
        raise UserInputError(
            f"{here} has date_class {date_class!r}; valid are {', '.join(classes)}, "
            "on a date or timestamp"
        )
    return Column(
        name=name,
        type=kind,
        required=bool(meta.get("required", False)),
        values=values,
        code_list=code_list,
        above=meta.get("above"),
        minimum=minimum,
        maximum=maximum,
        usual_maximum=usual,
        unit=meta.get("unit"),
        pii=meta.get("pii"),
        past=bool(meta.get("past", False)),
        dates=classes[date_class] if date_class else None,
        feed_names=tuple(str(other) for other in meta.get("feed_names") or ()),
    )


def _refuse_unknown(meta: Mapping[str, Any], valid: set[str], here: str) -> None:
    unknown = sorted(set(meta) - valid)
    if unknown:
        raise UserInputError(
            f"{here} has unknown meta {', '.join(unknown)}; valid are {', '.join(sorted(valid))}"
        )

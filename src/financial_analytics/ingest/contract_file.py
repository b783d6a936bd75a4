"""Reads the bronze contract from ``models/ingestion/sources.yml``, and refuses what it cannot mean.

dbt reads the same file as sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract import (
    BRONZE_SCHEMA,
    CODE_LISTS,
    DECIMAL,
    EXTRACT_DAY,
    PLAIN_TYPES,
    Column,
    Contract,
    Correction,
    DateClass,
    Table,
)
from financial_analytics.ingest.vocabulary import plain
from financial_analytics.settings import find_project_dir

# libyaml where it is built in: a tenth of the time
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CONTRACT_PATH = Path("models") / "ingestion" / "sources.yml"
KINDS = ("entity", "event", "accumulating", "reference")
_DATE_CLASS = {"earliest", "latest", "placeholders", "real"}
_TABLE_META = {
    "kind", "key", "version_time", "event_time", "references", "identity", "correction",
    "ended",
}  # fmt: skip
_COLUMN_META = {
    "required", "values", "code_list", "above", "minimum", "maximum", "usual_maximum",
    "unit", "pii", "past", "date_class", "feed_names", "words", "synonyms", "null_words",
}  # fmt: skip


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
    return Contract(tables, _name_words(_meta(source).get("name_words") or {}, tables, where))


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


def _name_words(
    entries: Any, tables: Mapping[str, Table], where: str
) -> dict[str, tuple[str, ...]]:
    """Return what feeds write for words of column names, or for whole names."""
    names = {column for table in tables.values() for column in table.column_names}
    known = names | {word for name in names for word in name.split("_")}
    found: dict[str, tuple[str, ...]] = {}
    for word, others in entries.items():
        if word not in known:
            raise UserInputError(f"{where}: name_words of {word!r}, which no column name has")
        if not isinstance(others, list) or not others:
            raise UserInputError(f"{where}: name_words of {word} is a list of words")
        found[str(word)] = tuple(str(other) for other in others)
    return found


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
        ended=dict(meta.get("ended") or {}),
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
    for name, value in table.ended.items():
        _check_ended(table, name, value, here)
    optional = [name for name in table.key if not table.column(name).required]
    if optional:
        raise UserInputError(f"{here}: key column {', '.join(optional)} must be required")


def _check_ended(table: Table, name: str, value: str | bool, here: str) -> None:
    if table.kind != "entity" or name not in table.column_names:
        raise UserInputError(f"{here}: ended belongs to columns of an entity, {name} is none")
    column = table.column(name)
    fits = {
        "text": value in column.values,
        "boolean": isinstance(value, bool),
        "date": value == EXTRACT_DAY,
    }
    if not fits.get(column.family):
        raise UserInputError(f"{here}: {name} cannot say by {value!r} that a row has ended")


def _column(entry: Mapping[str, Any], here: str, classes: Mapping[str, DateClass]) -> Column:
    name = str(entry.get("name"))
    here = f"{here}, column {name}"
    kind = str(entry.get("data_type") or "")
    if kind not in PLAIN_TYPES and not DECIMAL.fullmatch(kind):
        raise UserInputError(
            f"{here} has type {kind!r}; valid are {', '.join(PLAIN_TYPES)} and decimal(p, s)"
        )
    meta = _meta(entry)
    _refuse_unknown(meta, _COLUMN_META, here)
    minimum, maximum = meta.get("minimum"), meta.get("maximum")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise UserInputError(f"{here}: minimum {minimum} is above maximum {maximum}")
    usual = meta.get("usual_maximum")
    if usual is not None and not str(meta.get("unit")).startswith("fraction"):
        raise UserInputError(f"{here} has a usual_maximum; only a fraction has one")
    values, words, synonyms = _lists(meta, kind, here)
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
        words=words,
        synonyms=synonyms,
        null_words=tuple(str(word).lower() for word in meta.get("null_words") or ()),
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


def _lists(
    meta: Mapping[str, Any], kind: str, here: str
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Return the closed and the open list of a column, and the synonyms of their words."""
    values = tuple(str(value) for value in meta.get("values") or ())
    words = tuple(str(word) for word in meta.get("words") or ())
    listed = values or words
    if len({plain(word) for word in listed}) != len(listed):
        raise UserInputError(f"{here}: two words of a list differ in case or hyphens only")
    if listed and kind != "text":
        raise UserInputError(f"{here}: a list of words needs type text, not {kind}")
    if values and words:
        raise UserInputError(f"{here} has values and words; a list is closed or open")
    synonyms: dict[str, str] = {}
    taken = {plain(word) for word in listed}
    for meant, others in (meta.get("synonyms") or {}).items():
        if meant not in listed:
            raise UserInputError(f"{here}: synonyms of {meant!r}, which its list does not have")
        for other in others:
            if plain(str(other)) in taken:
                raise UserInputError(f"{here}: the synonym {other!r} is there twice")
            taken.add(plain(str(other)))
            synonyms[plain(str(other))] = str(meant)
    return values, words, synonyms


def _refuse_unknown(meta: Mapping[str, Any], valid: set[str], here: str) -> None:
    unknown = sorted(set(meta) - valid)
    if unknown:
        raise UserInputError(
            f"{here} has unknown meta {', '.join(unknown)}; valid are {', '.join(sorted(valid))}"
        )

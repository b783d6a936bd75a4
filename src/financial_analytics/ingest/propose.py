"""What a mapping of some files may say, found from a sample: names, forms, words, ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from financial_analytics.engines.duckdb.session import Connection, sql_name, sql_text
from financial_analytics.ingest import closeness, made, names, numbers, signs, units
from financial_analytics.ingest.contract import Column, Table
from financial_analytics.ingest.header import normalise
from financial_analytics.ingest.kept import namespace
from financial_analytics.masking import looks_personal, shown_names, shown_text

DATES = (
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%m/%d/%y", "%d.%m.%y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%H%M%S")
_MOST_WORDS = 40
_MOST_DATES = 500
_FILL_ONE = 0.95
"""Share of rows from which two columns are taken for debits and credits."""
_ISO = r"\d{4}-\d{2}-\d{2}.*"


@dataclass
class Sample:
    """A table of the contract with a sample of one file as text.

    Attributes
    ----------
    table : Table
        Where the file belongs.
    relation : str
        SQL of the sample; its columns have the names of the feed.
    names : sequence of str
        Columns of the feed.
    """

    table: Table
    relation: str
    names: Sequence[str]


@dataclass
class Proposal:
    """A mapping in parts, with what a person has to decide.

    Attributes
    ----------
    shared : dict
        Entry of ``all_tables``.
    tables : dict
        Entries by table and feed column.
    remarks : dict
        Sentences by table.
    """

    shared: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the mapping as `load_mapping` takes it."""
        found: dict[str, Any] = {"all_tables": self.shared} if self.shared else {}
        return found | {name: entries for name, entries in self.tables.items() if entries}


def propose(
    connection: Connection, samples: Sequence[Sample], words: Mapping[str, Sequence[str]]
) -> Proposal:
    """Return what a mapping of the samples may say."""
    proposal = Proposal()
    matched = {}
    for sample in samples:
        known = {normalise(name): name for name in sample.names}
        others = {normalise(o): c.name for c in sample.table.columns for o in c.feed_names}
        own = {
            column: known[name]
            for name in known
            if (column := others.get(name, name)) in sample.table.column_names
        }
        free = [name for name in sample.names if name not in own.values()]
        beside = [name for name in free if _is_beside(sample.table, name)]
        free = [name for name in free if name not in beside]
        entries = proposal.tables.setdefault(sample.table.name, {})
        if pair := _debit_and_credit(connection, sample, free):
            entries[signs.AMOUNT] = dict(zip(("debit", "credit"), pair, strict=True))
            own[signs.AMOUNT] = pair[0]  # how it writes amounts
            free = [name for name in free if name not in pair]
        found = names.propose_names(free, sample.table, words, own)
        for name in sample.names:
            if name in found:
                entries.setdefault(name, found[name])
        matched[id(sample)] = own | {column: name for name, column in found.items()}
        remarks = proposal.remarks.setdefault(sample.table.name, [])
        known_names = {*matched[id(sample)].values(), *beside}
        places = {place for place, name in enumerate(sample.names) if name in known_names}
        shown = dict(zip(sample.names, shown_names(sample.names, places), strict=True))
        remarks += [
            f"{' '.join(shown[name].split())} is no column of the contract and is not loaded"
            for name in free
            if name not in found
        ]
        remarks += [
            f"{column.name} is required and not in the file: name it, or {column.name}:"
            " {constant: …}"
            for column in sample.table.columns
            if column.required and column.name not in matched[id(sample)]
        ]
    _propose_times(connection, samples, matched, proposal)
    _propose_numbers(connection, samples, matched, proposal)
    for sample in samples:
        columns = matched[id(sample)]
        for target in sample.table.columns:
            if target.name in columns:
                _propose_words(connection, sample, target, columns[target.name], proposal)
                _propose_unit(connection, sample, target, columns[target.name], proposal)
        _propose_signs(connection, sample, columns, proposal)
    return proposal


def _debit_and_credit(
    connection: Connection, sample: Sample, free: Sequence[str]
) -> tuple[str, str] | None:
    """Return two columns of which nearly each row fills one: money out and money in."""
    if sample.table.name != signs.TABLE or signs.AMOUNT in map(normalise, sample.names):
        return None
    out, into = (
        [name for name in free if set(names.pieces(name)) & set(words)]
        for words in (signs.OUT_WORDS, signs.IN_WORDS)
    )
    for debit in out:
        for credit in into:
            given = [made.is_amount(_text(name)) for name in (debit, credit)]
            rows, one = connection.execute(
                f"select count(*), count(*) filter (where ({given[0]}) <> ({given[1]})) "
                f"from {sample.relation}"
            ).fetchall()[0]
            if debit != credit and rows and one >= _FILL_ONE * rows:
                return debit, credit
    return None


def _is_beside(table: Table, name: str) -> bool:
    return table.name == signs.TABLE and normalise(name) in signs.MARK_COLUMNS


def _option(sample: Sample, proposal: Proposal, name: str, column: str, **said: Any) -> None:
    """Say more of a column: in its entry, in place of a bare name."""
    entries = proposal.tables[sample.table.name]
    entry = entries.get(name)
    if not isinstance(entry, dict):
        entry = {} if normalise(name) == column else {"column": column}
    entries[name] = entry | said


def _text(name: str) -> str:
    return f"trim(cast({sql_name(name)} as varchar))"


def _propose_times(
    connection: Connection,
    samples: Sequence[Sample],
    matched: Mapping[int, Mapping[str, str]],
    proposal: Proposal,
) -> None:
    """Find the formats of days and of moments that most of all dates have."""
    fits: dict[str, Counter[str]] = {"date": Counter(), "time": Counter()}
    given: dict[str, int] = {"date": 0, "time": 0}
    for sample in samples:
        for column in sample.table.columns:
            name = matched[id(sample)].get(column.name)
            if name is None or column.family not in ("date", "timestamp"):
                continue
            text = _text(name)
            rows = (
                f"(select distinct {text} as v from {sample.relation} where {text} <> '' "
                f"and not regexp_full_match({text}, {sql_text(_ISO)}) limit {_MOST_DATES})"
            )
            for kind, formats in (("date", DATES), ("time", _moments())):
                where = f"where {'not ' if kind == 'date' else ''}contains(v, ':')"
                counts = ", ".join(
                    f"count(*) filter (where try_strptime(v, {sql_text(one)}) is not null "
                    f"and strftime(try_strptime(v, {sql_text(one)}), '%Y') >= '1000')"
                    for one in formats
                )
                total, *found = connection.execute(
                    f"select count(*), {counts} from {rows} {where}"
                ).fetchall()[0]
                given[kind] += total
                fits[kind].update(dict(zip(formats, found, strict=True)))
    for kind, found in fits.items():
        best = max(found.values(), default=0)
        if not best:
            continue
        ties = [one for one, count in found.items() if count == best]
        proposal.shared[kind] = ties[0]
        if len(ties) > 1:
            said = " or ".join(ties)
            proposal.remarks.setdefault("all_tables", []).append(
                f"{kind}: the sample fits {said}; no day above 12 tells them apart"
            )


def _moments() -> tuple[str, ...]:
    return tuple(
        f"{day}{mark}{clock}" for day in DATES[:8] for mark in (" ", "T") for clock in CLOCKS
    )


def _propose_numbers(
    connection: Connection,
    samples: Sequence[Sample],
    matched: Mapping[int, Mapping[str, str]],
    proposal: Proposal,
) -> None:
    """Find the decimal mark, whether decimals are to be rounded, and ids that are no numbers."""
    points = commas = unrounded = 0
    kept: dict[str, None] = {}
    for sample in samples:
        for column in sample.table.columns:
            name = matched[id(sample)].get(column.name)
            if name is None:
                continue
            text = _text(name)
            if column.family == "decimal":
                longer = rf"[+-]?[\d., ']*[.,]\d{{{column.scale + 1},}}([eE][+-]?\d+)?"
                point, comma, more = connection.execute(
                    f"select count(*) filter (where regexp_full_match(v, '[+-]?[\\d, '']*\\.\\d*') "
                    "and not regexp_full_match(v, '[+-]?\\d{1,3}\\.\\d{3}')), "
                    f"count(*) filter (where regexp_full_match(v, '[+-]?[\\d. '']*,\\d*') "
                    "and not regexp_full_match(v, '[+-]?\\d{1,3},\\d{3}')), "
                    f"count(*) filter (where regexp_full_match(v, {sql_text(longer)})) "
                    f"from (select {text} as v from {sample.relation})"
                ).fetchall()[0]
                points, commas = points + point, commas + comma
                unrounded += more if column.scale == 2 else 0
            of = namespace(sample.table, column.name)
            if of and _is_text_id(connection, sample, column, text):
                kept[of] = None
    if commas > points:
        proposal.shared["decimal"] = numbers.COMMA
    elif unrounded:
        proposal.shared["decimal"] = numbers.POINT
    if unrounded:
        proposal.shared["round"] = "half_up"
    if kept:
        proposal.shared["ids"] = sorted(kept)


def _is_text_id(connection: Connection, sample: Sample, column: Column, text: str) -> bool:
    """Tell whether a column of ids holds what its type cannot."""
    fits = f"try_cast({text} as {column.sql_type})"
    given, odd = connection.execute(
        f"select count(*), count(*) filter (where {fits} is null) "
        f"from {sample.relation} where {text} <> ''"
    ).fetchall()[0]
    return bool(given) and odd > 0.5 * given


def _propose_words(
    connection: Connection, sample: Sample, column: Column, name: str, proposal: Proposal
) -> None:
    is_truth = column.family == "boolean"
    if not is_truth and not column.vocabulary:
        return
    text = _text(name)
    found = connection.execute(
        f"select {text}, count(*) from {sample.relation} where {text} <> '' group by 1 "
        f"order by 2 desc, 1 limit {_MOST_WORDS}"
    ).fetchall()
    values: dict[str, Any] = {}
    for word, rows in found:
        if is_truth:
            meaning: Any = closeness.closest_truth(str(word))
            known = closeness.is_truth_word(str(word))
        else:
            meaning = closeness.closest(column, str(word))
            known = closeness.is_known(column, str(word))
        if known:
            continue
        if meaning is None:
            shown = shown_text(str(word)) if looks_personal(str(word)) else str(word)
            proposal.remarks[sample.table.name].append(
                f"{name}: what does a word of {rows:,} rows mean (line {len(values) + 1})?"
                if column.pii
                else f"{name}: {shown!r} ({rows:,} rows) is no word of {column.name};"
                f" valid are {', '.join(column.vocabulary) or 'true, false'}"
            )
            continue
        values[str(word)] = meaning
    if values:
        _option(sample, proposal, name, column.name, values=values)


def _propose_unit(
    connection: Connection, sample: Sample, column: Column, name: str, proposal: Proposal
) -> None:
    usual = column.usual_maximum
    if usual is None:
        return
    value = f"try_cast(rtrim(replace({_text(name)}, ',', '.'), '% ') as double)"
    given, above, signed = connection.execute(
        f"select count(*), count(*) filter (where {value} > {usual}), "
        f"count(*) filter (where suffix({_text(name)}, '%')) "
        f"from {sample.relation} where {value} is not null"
    ).fetchall()[0]
    if signed or above > units.STRAY_SHARE * given:
        _option(sample, proposal, name, column.name, unit=units.PERCENT)


def _propose_signs(
    connection: Connection, sample: Sample, columns: Mapping[str, str], proposal: Proposal
) -> None:
    is_pair = isinstance(proposal.tables[sample.table.name].get(signs.AMOUNT), dict)
    if sample.table.name != signs.TABLE or signs.AMOUNT not in columns or is_pair:
        return
    amount = _text(columns[signs.AMOUNT])
    [(negative,)] = connection.execute(
        f"select count(*) from {sample.relation} where {amount} like '-%'"
    ).fetchall()
    for name in sample.names:
        if negative or not _is_beside(sample.table, name):
            continue
        found = [
            str(word)
            for (word,) in connection.execute(
                f"select distinct {_text(name)} from {sample.relation} where {_text(name)} <> '' "
                "order by 1"
            ).fetchall()
        ]
        out = [word for word in found if word.lower() in signs.OUT_WORDS]
        into = [word for word in found if word.lower() in signs.IN_WORDS]
        if out or into:
            entry = {"sign_of": signs.AMOUNT, "out": out or ["D"], "in": into or ["C"]}
            proposal.tables[sample.table.name][name] = entry

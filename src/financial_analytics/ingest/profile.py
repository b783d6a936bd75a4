"""Look at files before they are loaded: what a mapping may say, and what would be refused then.

A sample of each file is loaded into a scratch warehouse with the mapping that is proposed, so what
is said of it is what a load would say. Nothing is left behind.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.engines.duckdb.paths import plain_path
from financial_analytics.engines.duckdb.session import (
    Connection,
    DatabaseError,
    open_warehouse,
    sql_name,
    sql_text,
)
from financial_analytics.errors import FeedError, UserInputError
from financial_analytics.ingest.contract import BRONZE_SCHEMA, Contract, Table
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.ingest.decode import to_plain_text
from financial_analytics.ingest.discover import FeedFile, discover
from financial_analytics.ingest.header import find_delimiter, normalise
from financial_analytics.ingest.header_line import find_header
from financial_analytics.ingest.names import propose_names
from financial_analytics.ingest.propose import Proposal, Sample, propose
from financial_analytics.ingest.run import ingest
from financial_analytics.masking import without_values
from financial_analytics.settings import Settings

ROWS = 20_000
"""Rows of a sample."""
MAX_LINE = 1_000_000


@dataclass
class Profile:
    """What was found.

    Attributes
    ----------
    proposal : Proposal
        The mapping in parts.
    faults : list of tuple
        Table, column, rule, number of values and an example in words.
    notes : list of str
        What a load of the samples would say besides.
    rows : dict of str to tuple of int
        Rows read and refused of each table's sample.
    """

    proposal: Proposal
    faults: list[tuple[str, str | None, str, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)

    def as_yaml(self) -> str:
        """Return the mapping as a file that `ingest` takes, with what is to be decided in it."""
        lines = ["# proposed by fa ingest --profile from a sample: read it before you use it"]
        remarks = self.proposal.remarks
        for name, entries in [("all_tables", self.proposal.shared), *self.proposal.tables.items()]:
            said = [f"  # {remark}" for remark in remarks.get(name, [])]
            refused = [
                f"  # refused: {column or 'line'} ({rule}) {rows:,}, such as: {example}"
                for table, column, rule, rows, example in self.faults
                if table == name
            ]
            if entries:
                lines += [f"{name}:", *(f"  {_line(key, how)}" for key, how in entries.items())]
            elif said or refused:
                lines.append(f"# {name}: as the contract has it, but")
            lines += said + refused
        return "\n".join(lines) + "\n"


def _line(key: str, said: Any) -> str:
    """Return an entry of a mapping in one line."""
    text = yaml.safe_dump(
        {key: said}, default_flow_style=True, sort_keys=False, allow_unicode=True, width=100_000
    )
    return text.strip().removeprefix("{").removesuffix("}")


def profile(paths: Iterable[Path | str], *, settings: Settings, loaded_at: datetime) -> Profile:
    """Propose a mapping for some files, and say what would be refused with it.

    Parameters
    ----------
    paths : iterable of Path or str
        Feed files and folders of feed files.
    settings : Settings
        Where the contract is; its warehouse is not touched.
    loaded_at : datetime
        The load time that dates are held against.

    Raises
    ------
    UserInputError
        If a path does not exist, or no file belongs to a table.
    FeedError
        If none of them can be read.
    """
    contract = load_contract(settings.project_dir)
    found = discover([Path(path) for path in paths], contract)
    if not found.feeds:
        raise UserInputError(
            "no file belongs to a table",
            hint=f"start each name with its table: {', '.join(t.name for t in contract)}",
        )
    notes = [f"{name} belongs to no table" for name in found.unknown]
    with tempfile.TemporaryDirectory(prefix="fa-profile-") as folder:
        work = Path(folder)
        with open_warehouse(Path(":memory:")) as connection:
            samples = list(_samples(connection, found.feeds, contract, work, notes))
            proposal = propose(connection, samples, contract.name_words)
            files = [_write(connection, sample, work / "feeds") for sample in samples]
        if not files:
            raise FeedError("none of the files can be read", hint="; ".join(notes))
        result = Profile(proposal, notes=notes)
        _judge(result, files, settings, loaded_at, work)
    return result


def _samples(
    connection: Connection,
    feeds: Iterable[FeedFile],
    contract: Contract,
    work: Path,
    notes: list[str],
) -> Iterator[Sample]:
    """Yield a sample of the first readable file of each table."""
    seen: set[str] = set()
    for feed in feeds:
        if feed.table in seen:
            continue
        place = work / f"{feed.table}"
        place.mkdir(exist_ok=True)
        try:
            with _read_errors():
                yield _sample(connection, feed, contract[feed.table], contract, place)
        except FeedError as error:
            notes.append(f"{feed.source_file}: {error.message}; {error.hint or ''}")
            continue
        seen.add(feed.table)


@contextmanager
def _read_errors() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise FeedError(without_values(str(error))) from None


def _sample(
    connection: Connection, feed: FeedFile, table: Table, contract: Contract, work: Path
) -> Sample:
    name = f"sample_{table.name}"
    path = plain_path(feed.path, work)
    if feed.format == "parquet":
        relation = f"read_parquet({sql_text(str(path))}, hive_partitioning = false)"
        connection.execute(f"create table {name} as from {relation} limit {ROWS}")
        described = connection.execute(f"describe {name}").fetchall()
        return Sample(table, name, [str(column) for column, *_ in described])
    plain = to_plain_text(path, None, work)
    known = _known_names(plain.path, plain.offset, table, contract)
    unsaid = frozenset(c.name for c in table.columns if c.required) - set(known.values())
    header = find_header(
        plain, table, mapping=known, made=unsaid, delimiter=None,
        skip_lines=None, max_line=MAX_LINE, work_dir=work,
    )  # fmt: skip
    delimiter, names = find_delimiter(header.line, table, known, header.delimiter)
    columns = ", ".join(f"{sql_text(column.strip())}: 'varchar'" for column in names)
    connection.execute(
        f"create table {name} as from read_csv({sql_text(str(header.text.path))}, "
        f"auto_detect = false, header = false, skip = 1, delim = {sql_text(delimiter)}, "
        f"quote = '\"', escape = '\"', null_padding = true, parallel = false, "
        f"ignore_errors = true, strict_mode = false, columns = {{{columns}}}) limit {ROWS}"
    )
    return Sample(table, name, [column.strip() for column in names])


def _known_names(path: Path, offset: int, table: Table, contract: Contract) -> dict[str, str]:
    """Return what the names in the first lines may mean, so that the header can be found."""
    with path.open("rb") as file:
        file.seek(offset)
        start = file.read(1 << 16).decode("utf-8", "replace")
    known: dict[str, str] = {}
    for line in start.splitlines()[:50]:
        for delimiter in ",;\t|":
            names = [name.strip(' "') for name in line.split(delimiter)]
            if 1 < len(names) < 500:
                found = propose_names(names, table, contract.name_words)
                if len(found) > len(known):
                    known = {normalise(name): column for name, column in found.items()}
    return known


def _write(connection: Connection, sample: Sample, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{sample.table.name}.parquet"
    names = ", ".join(sql_name(name) for name in sample.names)
    connection.execute(
        f"copy (select {names} from {sample.relation}) to {sql_text(str(path))} (format parquet)"
    )
    return path


def _judge(
    result: Profile, files: list[Path], settings: Settings, loaded_at: datetime, work: Path
) -> None:
    """Load the samples with the proposal into a scratch warehouse, and say what became of them."""
    scratch = Settings(settings.project_dir, work / "data", work / "reports")
    mapping: dict[str, Any] = result.proposal.document()
    report = ingest(files, settings=scratch, loaded_at=loaded_at, mapping=mapping)
    for refused in report.refused:
        result.notes.append(f"{refused.table}: the whole file would be refused: {refused.message}")
        if refused.hint:
            result.notes.append(f"  hint: {refused.hint}")
    for file in report.files:
        result.rows[file.table] = (file.counts.read, file.counts.quarantined)
        result.notes += [f"{file.table}: {warning}" for warning in file.warnings]
    if not scratch.warehouse_path.is_file():
        return
    with open_warehouse(scratch.warehouse_path, read_only=True) as connection:
        result.faults = [
            (str(table), column, str(rule), int(rows), str(example))
            for table, column, rule, rows, example in connection.execute(
                "select table_name, column_name, rule, count(*), min_by(reason, source_row) "
                f"from {BRONZE_SCHEMA}.quarantine group by 1, 2, 3 order by 1, 4 desc, 2, 3"
            ).fetchall()
        ]

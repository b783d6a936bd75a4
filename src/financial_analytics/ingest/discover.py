"""Find feed files and decide which contract table each one belongs to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.connectors import connector_names, statement_formats
from financial_analytics.ingest.contract import Contract
from financial_analytics.ingest.file_order import in_order

TEXT_SUFFIXES = (".csv", ".tsv", ".psv", ".txt", ".dat")
PARQUET_SUFFIXES = (".parquet", ".pq")
COMPRESSION_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd")
SHOWN_NAMES = 5


@dataclass(frozen=True)
class FeedFile:
    """A file to load.

    Attributes
    ----------
    table, format : str
        Where it belongs; ``text`` or ``parquet``.
    path : Path
        The file.
    source_file : str
        The name that its rows carry: below the folder given.
    origin : str
        The name it is known by: its full path, links resolved, so that it is the same however
        the file was given and another for every other file.
    """

    table: str
    path: Path
    format: str
    source_file: str
    origin: str


@dataclass
class Discovery:
    """What was found under the given paths."""

    feeds: list[FeedFile] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def discover(paths: Iterable[Path], contract: Contract) -> Discovery:
    """List the feed files under `paths`: by table as in the contract, then in the order given.

    Files of a folder are in the order of `file_order.in_order`.

    A file belongs to the longest table name that its stem starts with
    (``transactions_2024-01-02.csv.gz``); if there is none, to the table its folder is
    called after (``transactions/part-0.parquet``).

    Raises
    ------
    UserInputError
        If a path does not exist, a folder holds no file that belongs to a table, or names of a
        folder do not tell the order of their dates.
    """
    found = Discovery()
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UserInputError(
                f"{path} does not exist", hint="give a feed file or a folder of feed files"
            )
        root = path if path.is_dir() else path.parent
        files = list(_files(path))
        feeds = [_feed(file, root, contract) for file in files]
        if path.is_dir() and not any(feeds):
            raise _no_feeds(path, files, contract)
        for file, feed in zip(files, feeds, strict=True):
            real = file.resolve()
            if real in seen:
                continue
            seen.add(real)
            if feed is None:
                found.unknown.append(text_name(file.relative_to(root).as_posix()))
            else:
                found.feeds.append(feed)
    order = {table.name: position for position, table in enumerate(contract)}
    found.feeds.sort(key=lambda feed: order[feed.table])
    found.unknown.sort()
    return found


def feed_files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each file under `paths` once, and its name below the folder given.

    Raises
    ------
    UserInputError
        If a path does not exist.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UserInputError(f"{path} does not exist", hint="give a file or a folder of files")
        root = path if path.is_dir() else path.parent
        for file in _files(path):
            if (real := file.resolve()) not in seen:
                seen.add(real)
                yield file, text_name(file.relative_to(root).as_posix())


def _feed(file: Path, root: Path, contract: Contract) -> FeedFile | None:
    name = file.relative_to(root).as_posix()
    stem, kind = _stem_and_format(file.name)
    table = table_of(stem, contract) if kind else None
    folder = file.parent
    while table is None and kind:
        table = table_of(folder.name, contract)
        if folder in (root, folder.parent):
            break
        folder = folder.parent
    if table is None:
        return None
    # A folder named after the table says more than "part-0.parquet".
    source_file = f"{root.name}/{name}" if table_of(stem, contract) is None and folder == root \
        else name  # fmt: skip
    return FeedFile(table, file, kind, text_name(source_file), text_name(file.resolve()))


def text_name(path: Path | str) -> str:
    """Return a file's name as text; bytes that are no UTF-8 are spelled out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _no_feeds(folder: Path, files: list[Path], contract: Contract) -> UserInputError:
    """Say what is in a folder without feeds, and what could be."""
    names = [text_name(file.relative_to(folder).as_posix()) for file in files[:SHOWN_NAMES]]
    more = len(files) - len(names)
    found = f"{', '.join(names)}{f' and {more} more' if more else ''} belong to no table"
    tables = ", ".join(table.name for table in contract)
    formats = statement_formats()
    systems = [name for name in connector_names() if name not in formats]
    return UserInputError(
        f"no feeds in {folder}: {found if files else 'there is no file in it'}",
        hint=f"start each file's name with its table ({tables}) and end it with its form"
        f" ({' '.join(TEXT_SUFFIXES + PARQUET_SUFFIXES)}), or name the system that wrote them:"
        f" --connector {' or '.join(systems)}, of bank statements {' or '.join(formats)}",
    )


def table_of(stem: str, contract: Contract) -> str | None:
    """Return the longest table name that `stem` starts with, or None.

    The name must end there: ``accounts-2.csv`` is accounts, ``accountsholders.csv`` is nothing.
    """
    lowered = stem.strip().lower().replace("-", "_").replace(" ", "_")
    best: str | None = None
    for table in contract:
        rest = lowered.removeprefix(table.name)
        if rest == lowered or (rest and rest[0].isalpha()):
            continue
        if best is None or len(table.name) > len(best):
            best = table.name
    return best


def _stem_and_format(name: str) -> tuple[str, str]:
    lowered = name.lower()
    for suffix in COMPRESSION_SUFFIXES:
        if lowered.endswith(suffix):
            lowered = lowered.removesuffix(suffix)
            break
    for suffix in TEXT_SUFFIXES:
        if lowered.endswith(suffix):
            return lowered.removesuffix(suffix), "text"
    for suffix in PARQUET_SUFFIXES:
        if lowered.endswith(suffix):
            return lowered.removesuffix(suffix), "parquet"
    return lowered, ""


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    children = [
        child
        for child in path.rglob("*")
        if child.is_file()
        and not any(part.startswith((".", "_")) for part in child.relative_to(path).parts)
    ]
    yield from in_order(children, lambda child: child.relative_to(path))

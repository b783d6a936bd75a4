"""Connections to the embedded warehouse file: one writer, or many readers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import duckdb

from financial_analytics import memory
from financial_analytics.drafts import clear_drafts
from financial_analytics.engines.duckdb import words
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.settings import Settings

Connection: TypeAlias = duckdb.DuckDBPyConnection
"""A connection to the warehouse."""

DatabaseError: type[Exception] = duckdb.Error
"""Base of everything the engine raises."""


def is_resource_error(error: BaseException) -> bool:
    """Tell whether `error` means that memory or disk ran out (so the file is not to blame)."""
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException):
        return False  # they quote values, whatever these say
    return isinstance(error, duckdb.OutOfMemoryException) or words.is_full(str(error))


def is_damage(error: BaseException) -> bool:
    """Tell whether `error` means that a database file is damaged (so the feed is not to blame)."""
    return words.is_damaged(str(error))


def why(text: str) -> EngineError | None:
    """Explain an error of the engine by its text; None where it is about what was asked."""
    return words.why(text)


def sql_text(value: str) -> str:
    """Return `value` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def sql_name(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def open_warehouse(
    path: Path,
    *,
    read_only: bool = False,
    temp_dir: Path | None = None,
    memory_limit: str | None = None,
) -> Iterator[Connection]:
    """Open the warehouse file and close it again.

    Parameters
    ----------
    path : Path
        The warehouse file. It is created when writing; it must exist when reading.
    read_only : bool, default False
        Readers share the file with each other, not with a writer.
    temp_dir : Path, optional
        Where a query that outgrows its memory spills to; removed at the end.
    memory_limit : str, optional
        Such as ``"2GB"``; what ``FA_MEMORY`` leaves to the engine otherwise.

    Yields
    ------
    Connection
        Session time zone UTC.

    Raises
    ------
    EngineError
        If the file is missing (reading), locked by another process, damaged or unreadable.
    """
    connection = _connect(path, read_only=read_only)
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        # Nothing here needs an extension from the network, not even to explain a broken file.
        connection.execute("set autoinstall_known_extensions = false")
        if temp_dir is not None:
            temp_dir.mkdir(parents=True, exist_ok=True)
            connection.execute(f"set temp_directory = {sql_text(str(temp_dir))}")
        if memory_limit is None:
            bound_memory(connection)
        else:
            _set_memory_limit(connection, memory_limit)
        yield connection
    except duckdb.Error as error:
        if found := _known(path, error):
            raise found from error
        raise
    finally:
        connection.close()
        if temp_dir is not None:
            shutil.rmtree(temp_dir, ignore_errors=True)


def bound_memory(connection: Connection) -> None:
    """Hold a connection's database to its part of ``FA_MEMORY``; what outgrows it spills."""
    megabytes = memory.for_engine()
    if megabytes is not None:
        _set_memory_limit(connection, f"{megabytes}MB")


def is_there(settings: Settings) -> bool:
    """Tell whether there is a warehouse file."""
    return settings.warehouse_path.is_file()


def check_free(settings: Settings) -> None:
    """Make sure that a build can have the warehouse file.

    Raises
    ------
    EngineError
        If it cannot be opened for writing.
    """
    path = settings.warehouse_path
    with open_warehouse(path):
        # where a killed build spilled to; nobody else has the file now
        shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def reader_address() -> str | None:
    """Return None: readers read the snapshot."""
    return None


def release() -> None:
    """Close what dbt keeps open after a run, so that others may open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    DuckDBConnectionManager.close_all_connections()


def write_fast(connection: Connection) -> None:
    """Trade disk for speed in what this connection writes.

    Dictionaries of text that hardly repeats cost more than everything else about an insert:
    without them a load is 1.6 times as fast and its text takes three times the space.
    """
    connection.execute("set disabled_compression_methods = 'fsst,dict_fsst'")


def _connect(path: Path, *, read_only: bool) -> Connection:
    if read_only and not path.is_file():
        raise EngineError(
            f"there is no warehouse at {path}",
            hint="load feeds first: fa ingest PATH, then fa build",
        )
    if "?" in str(path):  # the engine cuts the name there and looks for its log elsewhere
        raise UserInputError(
            f"the warehouse cannot be at {path}: the engine takes no '?' in its name",
            hint="set FA_DATA_DIR to a folder without one",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not read_only and path != Path(":memory:"):
            _create(path)
        return duckdb.connect(str(path), read_only=read_only)
    except OSError as error:
        raise EngineError(f"cannot create {path.parent}: {error.strerror}") from error
    except duckdb.Error as error:
        raise _explain(path, error) from error


def _create(path: Path) -> None:
    """Make the file whole or not at all: what a full disk leaves half made is never opened again.

    A link, since it fails where a rename would replace what another process has made meanwhile.
    A log without its file is the engine's to clear away, as it makes the file.
    """
    if path.exists() or path.with_name(f"{path.name}.wal").exists():
        return
    clear_drafts(path.parent)
    draft = path.with_name(f".draft.{os.getpid()}.{path.name}")
    try:
        duckdb.connect(str(draft)).close()
        with suppress(OSError):  # where there are no links the engine makes the file in place
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _explain(path: Path, error: duckdb.Error) -> EngineError:
    text = str(error)
    if "different configuration" in text:
        return EngineError(
            f"the warehouse {path} is already open in this process with other settings",
            hint="close the first connection before opening a second one",
        )
    if found := _known(path, error):
        return found
    first_line = text.splitlines()[0] if text else type(error).__name__
    return EngineError(
        f"{path} is not a readable warehouse file: {first_line}",
        hint=words.DAMAGED_HINT,
    )


def _known(path: Path, error: duckdb.Error) -> EngineError | None:
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException):
        return None  # they quote values, whatever these say
    return words.why(str(error), f"the warehouse {path}")


def _set_memory_limit(connection: Connection, memory_limit: str) -> None:
    try:
        connection.execute(f"set memory_limit = {sql_text(memory_limit)}")
    except duckdb.Error as error:
        raise EngineError(
            f"memory limit {memory_limit!r} is not valid", hint="write it as 500MB or 4GB"
        ) from error

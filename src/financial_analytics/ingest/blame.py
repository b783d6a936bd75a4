"""Whose fault an engine's error is: the feed's, the machine's or the warehouse's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from financial_analytics.engines.duckdb.session import (
    DatabaseError,
    is_damage,
    is_resource_error,
    why,
)
from financial_analytics.errors import EngineError, FeedError
from financial_analytics.failures import of_system
from financial_analytics.ingest.contract import Table
from financial_analytics.masking import safe_cause, without_values


@contextmanager
def feed_errors(table: Table) -> Iterator[None]:
    """Blame what the engine raises while it reads a feed on the file."""
    try:
        yield
    except DatabaseError as error:
        if is_resource_error(error) or is_damage(error):
            raise
        raise FeedError(
            f"the file cannot be read as {table.name}: {without_values(str(error))}",
            hint="check that it is complete; nothing of it was loaded",
        ) from safe_cause(error)


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn what the engine raises outside the feed itself into an `EngineError`."""
    try:
        yield
    except DatabaseError as error:
        first_line = without_values(str(error))
        if is_resource_error(error):
            raise EngineError(
                f"disk or memory ran out: {first_line}",
                hint="free some space or raise the memory limit; the file in work was not loaded",
            ) from safe_cause(error)
        if is_damage(error) and (found := why(str(error))):
            raise found from safe_cause(error)
        raise EngineError(
            f"the warehouse refused a statement: {first_line}",
            hint="the file in work was not loaded; run fa doctor",
        ) from safe_cause(error)
    except OSError as error:
        found = of_system(error)
        raise found or EngineError(f"cannot work in the data folder: {error}") from error

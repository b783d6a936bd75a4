"""The one table of engines: what each is made of, and what the rest of the package asks of it.

An engine is a folder beside this file with three modules, and a function below that imports
them: nothing of an engine is loaded before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from financial_analytics.engines.contents import ContentsModule
from financial_analytics.engines.erasure import ErasureModule
from financial_analytics.engines.gold import Gold
from financial_analytics.engines.stores import BronzeCounts, BronzeStore, BronzeTable
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.settings import Settings

DEFAULT_TARGET = "duckdb"


class SessionModule(Protocol):
    """``session.py`` of an engine: is the warehouse there, is it free, let it go."""

    def is_there(self, settings: Settings) -> bool:
        """Tell whether there is a warehouse to look into; a server is taken to be there."""

    def check_free(self, settings: Settings) -> None:
        """Make sure that a build can have the warehouse; raises EngineError if it cannot."""

    def reader_address(self) -> str | None:
        """Return the URL of the server that readers ask; None where they read the snapshot."""

    def release(self) -> None:
        """Close what dbt keeps open after a run, so that others may open the warehouse."""

    def why(self, text: str) -> EngineError | None:
        """Explain an error by its text; None where it is about what was asked."""


class StoreModule(Protocol):
    """``store.py`` of an engine: bronze."""

    def open_store(
        self, settings: Settings, contract: Iterable[BronzeTable]
    ) -> AbstractContextManager[BronzeStore]:
        """Open bronze for one loader; raises EngineError if that is not possible."""

    def open_dry_store(
        self, settings: Settings, loader_path: Path, *, is_empty: bool
    ) -> AbstractContextManager[BronzeStore]:
        """Open bronze for reading only; with `is_empty` it is taken to hold nothing."""

    def run_all(self, settings: Settings, statements: Sequence[str]) -> None:
        """Run statements that change bronze, all or none; raises UserInputError if it cannot."""

    def bronze_counts(self, settings: Settings) -> BronzeCounts:
        """Return what bronze holds; raises EngineError if it cannot be read."""


class GoldModule(Protocol):
    """``gold.py`` of an engine: what was built."""

    def open_gold(self, settings: Settings) -> AbstractContextManager[Gold]:
        """Open what was built; raises EngineError if it cannot be read."""


@dataclass(frozen=True)
class Engine:
    """One engine.

    Attributes
    ----------
    session, store, gold
        Its modules.
    is_embedded : bool
        The warehouse is a file of this installation, in which the loader itself works. Of any
        other engine it is a server's, and the loader's file a scratch file.
    contents
        Its module of that name; None where a build leaves nothing alone.
    erasure
        Its module of that name; None where customers cannot be erased.
    """

    session: SessionModule
    store: StoreModule
    gold: GoldModule
    is_embedded: bool = False
    contents: ContentsModule | None = None
    erasure: ErasureModule | None = None

    def relations(self, settings: Settings) -> set[str]:
        """Return ``schema.relation`` of all tables and views.

        Raises
        ------
        EngineError
            If the warehouse cannot be read.
        """
        if not self.session.is_there(settings):
            return set()
        with self.gold.open_gold(settings) as gold:
            return gold.relations()

    def newest_settings(self, settings: Settings) -> str | None:
        """Return the variables that the newest build was given, as JSON; None if none kept any.

        Raises
        ------
        EngineError
            If the warehouse cannot be read.
        """
        if not self.session.is_there(settings):
            return None
        with self.gold.open_gold(settings) as gold:
            return gold.newest_settings()


def _duckdb() -> Engine:
    from financial_analytics.engines.duckdb import (  # noqa: PLC0415
        contents,
        erasure,
        gold,
        session,
        store,
    )

    return Engine(session, store, gold, is_embedded=True, contents=contents, erasure=erasure)


def _postgres() -> Engine:
    from financial_analytics.engines.postgres import (  # noqa: PLC0415
        contents,
        erasure,
        gold,
        session,
        store,
    )

    return Engine(session, store, gold, contents=contents, erasure=erasure)


def _spark() -> Engine:
    from financial_analytics.engines.spark import gold, session, store  # noqa: PLC0415

    return Engine(session, store, gold)


ENGINES: Mapping[str, Callable[[], Engine]] = {
    "duckdb": _duckdb,
    "postgres": _postgres,
    "spark": _spark,
}
"""By the name of the dbt target."""
_DRIVERS = {"duckdb": "duckdb", "psycopg2": "postgres"}
"""Whose errors a driver raises."""


def find_engine(target: str) -> Engine | None:
    """Return the engine of a dbt target; None for one that only dbt knows."""
    return ENGINES[target]() if target in ENGINES else None


def engine_of(target: str, hint: str | None = None) -> Engine:
    """Return the engine of a dbt target.

    Raises
    ------
    UserInputError
        If there is none.
    """
    if target not in ENGINES:
        raise UserInputError(
            f"target {target!r} is not valid", hint=hint or f"valid are {', '.join(ENGINES)}"
        )
    return ENGINES[target]()


def explained(error: BaseException) -> EngineError | None:
    """Explain what the driver of an engine raised; None where it is nothing of that kind."""
    driver = type(error).__module__.split(".", maxsplit=1)[0].lstrip("_")
    return ENGINES[_DRIVERS[driver]]().session.why(str(error)) if driver in _DRIVERS else None


def release() -> None:
    """Close what dbt keeps open after a run, whatever it ran on."""
    for load in ENGINES.values():
        load().session.release()

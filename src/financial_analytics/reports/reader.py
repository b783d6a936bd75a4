"""Where reports read from: the published snapshot, or a PostgreSQL warehouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any

import pandas as pd

from financial_analytics.engines.duckdb import snapshot
from financial_analytics.engines.gold import Gold
from financial_analytics.engines.postgres import gold as postgres_gold
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.publish import snapshot_path
from financial_analytics.settings import Settings
from financial_analytics.states import COUNTED, why_not_one

SORT_COLUMNS = 4


@dataclass(frozen=True)
class RunInfo:
    """What a report says of the build behind it.

    Attributes
    ----------
    run_id : str
        Name of the build.
    as_of_date : date or None
        The data clock.
    engine : str
        Target that built it.
    built_at : datetime or None
        Moment of the build.
    row_counts : mapping of str to int
        Rows of each dimension, fact and analytics relation.
    bank : str or None
        Kind of bank that was built: ``synthetic`` or ``own``.
    mixture : str or None
        Why the relations are not of one build, where they are not; a snapshot always is.
    """

    run_id: str
    as_of_date: date | None
    engine: str
    built_at: datetime | None
    row_counts: Mapping[str, int]
    bank: str | None = None
    mixture: str | None = None


class Reader:
    """Read-only access to the analytics; a context manager.

    Parameters
    ----------
    session : context manager
        Opens and closes the connection.
    names, read : callable
        List the relations of gold; return one of them.
    run_info : callable
        Connection to `RunInfo`.
    """

    def __init__(
        self,
        session: AbstractContextManager[Any],
        *,
        names: Callable[[Any], list[str]],
        read: Callable[[Any, str], pd.DataFrame],
        run_info: Callable[[Any], RunInfo],
    ) -> None:
        self._stack = ExitStack()
        self._connection = self._stack.enter_context(session)
        self._read = read
        self._run_info = run_info
        self._names = frozenset(names(self._connection))

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._stack.close()

    @property
    def models(self) -> frozenset[str]:
        """Names of the relations that can be read."""
        return self._names

    def frame(self, model: str) -> pd.DataFrame:
        """Return a model's rows, ordered by its leading columns.

        Raises
        ------
        EngineError
            If the model is not there.
        """
        if model not in self._names:
            raise EngineError(
                f"{model} is not in the published snapshot",
                hint=f"build and publish it: fa build --select {model}",
            )
        return _ordered(self._read(self._connection, model))

    def run_info(self) -> RunInfo:
        """Return what is known of the build."""
        return self._run_info(self._connection)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by the leading columns, so that every engine gives the same order."""
    leading = list(frame.columns[:SORT_COLUMNS])
    if len(frame) < 2 or not leading:
        return frame
    return frame.sort_values(leading, kind="stable", na_position="last", ignore_index=True)


def _moment(value: Any) -> datetime | None:
    if value is None or pd.isna(value):
        return None
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment.replace(tzinfo=UTC)  # snapshots keep UTC without saying so


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _snapshot_run(connection: Any) -> RunInfo:
    row = snapshot.read_relation(connection, "run_info").iloc[0]
    counts = snapshot.read_relation(connection, "row_counts")
    return RunInfo(
        run_id=str(row["run_id"]),
        as_of_date=_day(row["as_of_date"]),
        engine=str(row["engine"]),
        built_at=_moment(row["built_at"]),
        row_counts={
            str(name): int(count)
            for name, count in zip(counts["relation"], counts["row_count"], strict=True)
        },
        bank=_text(row.get("bank")),  # snapshots of earlier versions do not say it
    )


def _live_names(gold: Gold) -> list[str]:
    return gold.names()


def _live_frame(gold: Gold, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = gold.table(name).to_pandas()
    return frame


def live_run(gold: Gold) -> RunInfo:
    """Return what a warehouse says of itself."""
    names = gold.names()
    return RunInfo(
        run_id="not recorded",
        as_of_date=gold.as_of(),
        engine=gold.engine,
        built_at=None,
        row_counts={name: gold.row_count(name) for name in names if name.startswith(COUNTED)},
        bank=gold.bank(),
        mixture=why_not_one(gold.ledger(), names),
    )


def open_reader(settings: Settings, connection_string: str | None = None) -> Reader:
    """Open the published snapshot, or the gold schema that `connection_string` names.

    Parameters
    ----------
    settings : Settings
        Names the folder of the snapshot.
    connection_string : str, optional
        ``postgresql://user:password@host:port/database``. None or blank: the snapshot.

    Raises
    ------
    EngineError
        If there is no snapshot, or the server or its driver is missing.
    UserInputError
        If the text is not a PostgreSQL URL.
    """
    text = (connection_string or "").strip()
    if not text:
        return Reader(
            snapshot.open_snapshot(snapshot_path(settings)),
            names=snapshot.relation_names,
            read=snapshot.read_relation,
            run_info=_snapshot_run,
        )
    if not text.startswith(("postgresql://", "postgres://")):
        scheme = text.split("://", maxsplit=1)[0] if "://" in text else "no scheme"
        raise UserInputError(
            f"CONNECTION_STRING is not a PostgreSQL URL ({scheme[:20]})",
            hint="postgresql://user:password@host:5432/finance_analytics, or leave it out "
            "for the published snapshot",
        )
    return Reader(
        postgres_gold.open_gold_at(text), names=_live_names, read=_live_frame, run_info=live_run
    )

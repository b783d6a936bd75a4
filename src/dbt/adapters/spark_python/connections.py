"""Credentials and connections: one Spark session per process, SQL as the standard says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dbt.adapters.contracts.connection import Connection as DbtConnection
from dbt.adapters.contracts.connection import ConnectionState
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.spark.connections import (
    SparkConnectionManager,
    SparkConnectionMethod,
    SparkCredentials,
)
from dbt.adapters.spark.session import Connection, Cursor, SessionConnectionWrapper
from dbt_common.exceptions import DbtRuntimeError

from financial_analytics.engines.spark import session as spark_session
from financial_analytics.errors import EngineError


@dataclass
class SparkPythonCredentials(SparkCredentials):  # type: ignore[misc]
    """Those of dbt-spark; ``method: session`` is the default and needs no host."""

    method: SparkConnectionMethod = SparkConnectionMethod.SESSION
    host: str | None = "session"

    def __post_init__(self) -> None:
        """Undo dbt-spark's ``ansi.enabled=false``: a bad cast is an error here, as elsewhere."""
        super().__post_init__()
        given: dict[str, str] = dict(self.server_side_parameters)
        given.pop("spark.sql.ansi.enabled", None)  # dbt-spark has just written it
        if self.method == SparkConnectionMethod.SESSION:
            self.server_side_parameters: dict[str, str] = given
        else:
            self.server_side_parameters = {**spark_session.SQL_PARAMETERS, **given}

    @property
    def type(self) -> str:
        """Name of the adapter."""
        return "spark_python"


class SessionCursor(Cursor):  # type: ignore[misc]
    """A cursor on the session of this process."""

    def execute(self, sql: str, *parameters: Any) -> None:
        """Run one statement; `parameters` are SQL literals already."""
        statement = sql % parameters if parameters else sql
        self._rows = None
        try:
            self._df = spark_session.session(self.server_side_parameters).sql(statement)
        except EngineError as error:
            raise FailedToConnectError(f"{error}\n{error.hint or ''}".rstrip()) from error
        except Exception as error:
            raise DbtRuntimeError(_first_lines(error)) from error

    def fetchall(self) -> list[Any] | None:
        """Return all rows of the last statement."""
        try:
            rows: list[Any] | None = super().fetchall()
        except Exception as error:
            raise DbtRuntimeError(_first_lines(error)) from error
        return rows


class SessionConnection(Connection):  # type: ignore[misc]
    """Hands out cursors; there is nothing to open or to close."""

    def cursor(self) -> SessionCursor:
        """Return a new cursor."""
        return SessionCursor(server_side_parameters=self.server_side_parameters)


class LiteralBindings(SessionConnectionWrapper):  # type: ignore[misc]
    """Binds seed values as literals: NULL is NULL, quotes are doubled, decimals stay exact."""

    @classmethod
    def _fix_binding(cls, value: Any) -> str:
        return sql_literal(value)


class SparkPythonConnectionManager(SparkConnectionManager):  # type: ignore[misc]
    """Opens ``method: session`` itself and leaves every other method to dbt-spark."""

    TYPE = "spark_python"

    @classmethod
    def open(cls, connection: DbtConnection) -> DbtConnection:
        """Open the connection; the session starts with its first statement."""
        credentials = connection.credentials
        if connection.state == ConnectionState.OPEN:
            return connection
        if credentials.method != SparkConnectionMethod.SESSION:
            return super().open(connection)
        connection.handle = LiteralBindings(
            SessionConnection(server_side_parameters=credentials.server_side_parameters)
        )
        connection.state = ConnectionState.OPEN
        return connection


def sql_literal(value: Any) -> str:
    r"""Return a Python value as a Spark SQL literal.

    Examples
    --------
    >>> print(sql_literal(None), sql_literal("it's"), sql_literal(Decimal("0.10")))
    NULL 'it\'s' 0.10
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return format(value, "f") if isinstance(value, Decimal) else repr(value)
    if isinstance(value, datetime):
        return f"timestamp_ntz '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _first_lines(error: Exception) -> str:
    """Return what the engine says without the JVM's stack."""
    return str(error).split("JVM stacktrace:", maxsplit=1)[0].strip() or type(error).__name__

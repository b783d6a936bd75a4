"""Reads the gold schema of a PostgreSQL warehouse; its driver is an optional extra."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from financial_analytics.errors import EngineError

SCHEMA = "gold"


@contextmanager
def open_gold(connection_string: str) -> Iterator[Any]:
    """Open a read-only session.

    Parameters
    ----------
    connection_string : str
        ``postgresql://user:password@host:port/database``.

    Raises
    ------
    EngineError
        If the driver is not installed or the server refuses. The message never repeats the
        connection string: it may hold a password.
    """
    try:
        import psycopg  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            "CONNECTION_STRING names a PostgreSQL server, but its driver is not installed",
            hint="pip install 'financial-analytics[postgres]'",
        ) from error
    try:
        connection = psycopg.connect(connection_string, connect_timeout=10)
    except psycopg.Error as error:
        kind = type(error).__name__
        raise EngineError(
            f"the PostgreSQL server of CONNECTION_STRING refused the connection ({kind})",
            hint="check host, port, database, user and password",
        ) from error
    try:
        connection.read_only = True
        yield connection
    finally:
        connection.close()


def relation_names(connection: Any) -> list[str]:
    """Return the relations of schema gold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = %s order by 1",
            (SCHEMA,),
        )
        return [str(row[0]) for row in cursor.fetchall()]


def read_relation(connection: Any, name: str, schema: str = SCHEMA) -> pd.DataFrame:
    """Return one relation; the name must be one that `relation_names` gave."""
    from psycopg import sql  # noqa: PLC0415

    query = sql.SQL("select * from {}.{}").format(sql.Identifier(schema), sql.Identifier(name))
    with connection.cursor() as cursor:
        cursor.execute(query)
        columns = [column.name for column in cursor.description]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def has_relation(connection: Any, schema: str, name: str) -> bool:
    """Tell whether a relation exists."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 from information_schema.tables where table_schema = %s and table_name = %s",
            (schema, name),
        )
        return cursor.fetchone() is not None


def row_count(connection: Any, name: str) -> int:
    """Return the number of rows of one relation of schema gold."""
    from psycopg import sql  # noqa: PLC0415

    query = sql.SQL("select count(*) from {}.{}").format(
        sql.Identifier(SCHEMA), sql.Identifier(name)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])

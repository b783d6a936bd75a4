"""Connections to the PostgreSQL warehouse: where it is, what each session is set to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from financial_analytics.engines.duckdb_plugin import hmac_pads
from financial_analytics.errors import EngineError

DEFAULTS = {
    "FA_PG_HOST": "localhost",
    "FA_PG_PORT": "5432",
    "FA_PG_USER": "analytics_user",
    "FA_PG_PASSWORD": "analytics_password",  # of docker-compose.yml, on this machine only
    "FA_PG_DBNAME": "finance_analytics",
}
SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "extra_float_digits": "1",
    "jit": "off",  # compiling costs more than it saves at this size
}
"""What macros and COPY rely on."""


def address(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return host, port, user, password and database of the target, from ``FA_PG_…``."""
    given = os.environ if environment is None else environment
    values = {name: given.get(name) or default for name, default in DEFAULTS.items()}
    return {name.removeprefix("FA_PG_").lower(): value for name, value in values.items()}


def prepare(handle: Any) -> None:
    """Set a new session up: its settings, and the padded keys of the keyed hash.

    The keys are session settings (``fa.pii_inner_pad``), so that no compiled file ever holds
    them. Without ``FA_PII_KEY`` they are empty and the hashes NULL.
    """
    key = os.environ.get("FA_PII_KEY", "").encode()
    pads = hmac_pads(key)
    keys = [pad.hex() if key else "" for pad in pads]
    with handle.cursor() as cursor:
        for name, value in SESSION.items():
            cursor.execute("select set_config(%s, %s, false)", (name, value))
        for name, value in zip(("inner", "outer"), keys, strict=True):
            cursor.execute("select set_config(%s, %s, false)", (f"fa.pii_{name}_pad", value))
    if not handle.autocommit:
        handle.commit()  # or a rollback would undo the settings


@contextmanager
def open_session() -> Iterator[Any]:
    """Open a connection of our own to the target; nothing is committed but by the caller.

    Raises
    ------
    EngineError
        If the driver is missing or the server refuses. The message never holds the password.
    """
    try:
        import psycopg2  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            "the PostgreSQL driver is not installed",
            hint="pip install 'financial-analytics[postgres]'",
        ) from error
    where = address()
    try:
        handle = psycopg2.connect(
            host=where["host"], port=where["port"], user=where["user"],
            password=where["password"], dbname=where["dbname"], connect_timeout=10,
            application_name="fa",
        )  # fmt: skip
    except psycopg2.Error as error:
        raise refused(error, where) from None
    try:
        prepare(handle)
        yield handle
    finally:
        handle.close()


def refused(error: Exception, where: Mapping[str, str]) -> EngineError:
    """Explain why a connection failed, in words that hold no secret."""
    text = str(error).lower()
    place = f"{where['host']}:{where['port']}"
    if "password" in text or "authentication" in text:
        return EngineError(
            f"PostgreSQL at {place} refused user {where['user']}: wrong password or no access",
            hint="set FA_PG_USER and FA_PG_PASSWORD",
        )
    if "does not exist" in text:
        return EngineError(
            f"PostgreSQL at {place} has no database {where['dbname']} or no user {where['user']}",
            hint="set FA_PG_DBNAME and FA_PG_USER, or create them",
        )
    return EngineError(
        f"no PostgreSQL server answers at {place}",
        hint="start it (docker compose up -d), or set FA_PG_HOST and FA_PG_PORT",
    )

"""Connections to the PostgreSQL warehouse: where it is, what each session is set to."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from financial_analytics.engines.keyed_hash import hmac_pads
from financial_analytics.errors import EngineError
from financial_analytics.masking import without_values
from financial_analytics.settings import Settings

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
BUILDER = {
    # Planners take what a window or a group yields for a handful of rows and then compare every
    # pair of them: a build joins whole tables, so that a hash or a merge is never much worse.
    "enable_nestloop": "off",
    # PostgreSQL 18 hands each read of a scan to a worker process. What a build reads it has just
    # written, so that the page is in memory: the hand-over costs a third of a scan.
    "effective_io_concurrency": "0",
    # Distinct counts would sort all rows by the whole group, texts and all; without it the groups
    # are sorted, and within each only what is counted. Since PostgreSQL 16.
    "enable_presorted_aggregate": "off",
    # Dimensions with their history, and groups, in 32 MB instead of 8 MB before they spill.
    "hash_mem_multiplier": "8",
    # ANALYZE of a new table looks at 6,000 rows instead of 30,000.
    "default_statistics_target": "20",
}
"""What sessions that build models are set to besides."""

# One that an older server does not know is left out.
_SET = """
select set_config(given.name, given.value, false)
from unnest(%s::text[], %s::text[]) as given (name, value)
inner join pg_settings on given.name = lower(pg_settings.name)
"""


def address(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return host, port, user, password and dbname of the target, from the environment."""
    given = os.environ if environment is None else environment
    return {
        name.rsplit("_", maxsplit=1)[1].lower(): given.get(name) or default
        for name, default in DEFAULTS.items()
    }


def reader_address() -> str | None:
    """Return the target as ``postgresql://…``, password included: not for messages."""
    where = {name: quote(value, safe="") for name, value in address().items()}
    return (
        f"postgresql://{where['user']}:{where['password']}"
        f"@{where['host']}:{where['port']}/{where['dbname']}"
    )


def prepare(handle: Any, settings: Mapping[str, str] = SESSION) -> None:
    """Set a new session up: its settings, and the padded keys of the keyed hash.

    The keys are session settings (``fa.pii_inner_pad``), so that no compiled file ever holds
    them; they come by COPY, so that no log of statements does. Without ``FA_PII_KEY`` there are
    none and the hashes NULL.
    """
    key = os.environ.get("FA_PII_KEY", "").encode()
    with handle.cursor() as cursor:
        _set(cursor, settings)
        if key:
            _give_pads(cursor, hmac_pads(key))
    if not handle.autocommit:
        handle.commit()  # or a rollback would undo the settings


def _give_pads(cursor: Any, pads: Iterable[bytes]) -> None:
    rows = "".join(
        f"fa.pii_{name}_pad\t{pad.hex()}\n"
        for name, pad in zip(("inner", "outer"), pads, strict=True)
    )
    cursor.execute("create temp table fa_given (name text, value text)")
    cursor.copy_expert("copy fa_given from stdin", io.StringIO(rows))
    cursor.execute("select set_config(name, value, false) from fa_given")
    cursor.execute("drop table fa_given")


def _set(cursor: Any, settings: Mapping[str, str]) -> None:
    cursor.execute(_SET, (list(settings), list(settings.values())))


def is_there(settings: Settings) -> bool:
    """Return True: a server is taken to be there."""
    return True


def check_free(settings: Settings) -> None:
    """Make sure that the server answers.

    Raises
    ------
    EngineError
        If it is missing or refuses.
    """
    with open_session():
        pass


def release() -> None:
    """Do nothing: a connection keeps nobody out."""


@contextmanager
def open_session() -> Iterator[Any]:
    """Open a connection of our own to the target; nothing is committed but by the caller.

    Raises
    ------
    EngineError
        If the driver is missing or the server refuses. The message never holds the password.
    """
    where = address()
    with _connected(lambda error: refused(error, where), **where) as handle:
        prepare(handle)
        yield handle


@contextmanager
def open_url(url: str) -> Iterator[Any]:
    """Open a connection to any server, for reading alone; it is given no keys.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``.

    Raises
    ------
    EngineError
        If the driver is missing or the server refuses. The message never repeats the URL: it may
        hold a password.
    """

    def explained(error: Exception) -> EngineError:
        return EngineError(
            "the PostgreSQL server of CONNECTION_STRING refused the connection"
            f" ({type(error).__name__})",
            hint="check host, port, database, user and password",
        )

    with _connected(explained, dsn=url) as handle:
        with handle, handle.cursor() as cursor:
            _set(cursor, SESSION)
        handle.set_session(readonly=True)
        yield handle


@contextmanager
def _connected(explained: Callable[[Exception], EngineError], **where: str) -> Iterator[Any]:
    """Connect with the one driver there is, and close at the end."""
    try:
        import psycopg2  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            "the PostgreSQL driver is not installed",
            hint="pip install 'financial-analytics[postgres]'",
        ) from error
    try:
        handle = psycopg2.connect(**where, connect_timeout=10, application_name="fa")
    except psycopg2.Error as error:
        raise explained(error) from None
    try:
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


_ENDED = (
    "server closed the connection", "terminating connection", "connection already closed",
    "connection refused", "could not connect", "the database system is", "connection timed out",
    "connection to server", "ssl syscall error", "could not receive data", "no connection to the",
)  # fmt: skip
_FULL = ("no space left on device", "could not extend file", "out of memory", "too many clients",
         "disk full", "could not write")  # fmt: skip


def why(text: str) -> EngineError | None:
    """Explain an error of the server by its text; None where it is about what was asked."""
    lines = [line.strip() for line in text.splitlines()]
    for words, said, hint in (
        (_FULL, "PostgreSQL ran out of space, memory or connections", "free some on the server"),
        (_ENDED, "the connection to PostgreSQL ended", "start the server"),
    ):
        found = next((line for line in lines if any(word in line.lower() for word in words)), None)
        if found is not None:
            return EngineError(
                f"{said}: {without_values(found)}",
                hint=f"{hint}, then run it again; what was committed stays",
            )
    return None


def explain(error: Exception) -> EngineError:
    """Explain why a statement failed, in one line without values of rows or secrets."""
    code = str(getattr(error, "pgcode", None) or "")
    first = without_values(str(error) or type(error).__name__)
    if code == "42501":
        return EngineError(
            f"PostgreSQL refuses user {address()['user']}: {first}",
            hint="load as a member of fa_loader, build as a member of fa_builder (docs/engines.md)",
        )
    if code.startswith("53"):
        return EngineError(f"PostgreSQL ran out of space, memory or connections: {first}")
    if not code or code.startswith(("08", "57")):
        return EngineError(
            f"the connection to PostgreSQL ended: {first}",
            hint="what was committed stays; run it again",
        )
    return EngineError(f"PostgreSQL refused a statement ({code}): {first}")

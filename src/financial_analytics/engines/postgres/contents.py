"""Contents of the relations of a PostgreSQL warehouse."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from financial_analytics.engines.postgres.copy import quote
from financial_analytics.engines.postgres.session import open_session
from financial_analytics.settings import Settings

_KIND = """
select relkind, case when relkind = 'v' then pg_get_viewdef(oid) end, (
    select md5(string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' order by attnum))
    from pg_attribute
    where attrelid = pg_class.oid and attnum > 0 and not attisdropped
)
from pg_class
where oid = to_regclass(%s)
"""


class PostgresContents:
    """Rows are hashed by the server and the hashes added up; each thread has a session."""

    def __init__(self, sessions: ExitStack) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._own = threading.local()

    def of(self, relation: str) -> str | None:
        """Return what a relation holds; None if there is none, or none that this user reads."""
        from psycopg2.errors import InsufficientPrivilege  # noqa: PLC0415  (an extra)

        try:
            return self._held(relation)
        except InsufficientPrivilege:
            return None  # then it has news, and dbt says what this user may not do

    def _held(self, relation: str) -> str | None:
        schema, name = (quote(part) for part in relation.split(".", maxsplit=1))
        with self._session().cursor() as cursor:
            cursor.execute(_KIND, (f"{schema}.{name}",))
            found = cursor.fetchone()
            if found is None:
                return None
            kind, view, columns = found
            if kind == "v":
                return f"view: {view}"
            cursor.execute(
                f"select count(*), sum(hash_record_extended(t, 0)) from {schema}.{name} as t"
            )
            count, total = cursor.fetchone()
        return f"{count}:{total}:{columns}"

    def _session(self) -> Any:
        if not hasattr(self._own, "session"):
            with self._lock:
                self._own.session = self._sessions.enter_context(open_session())
            self._own.session.autocommit = True  # each question sees what is committed then
        return self._own.session


@contextmanager
def open_contents(settings: Settings) -> Iterator[PostgresContents]:
    """Open the server of the target; which one it is, the environment says."""
    with ExitStack() as sessions:
        yield PostgresContents(sessions)


def stamp(settings: Settings) -> str | None:
    """Return None: others may write at any time, so relations are always asked."""
    return None

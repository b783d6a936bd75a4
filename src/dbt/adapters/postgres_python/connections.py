"""Credentials and connections: those of dbt-postgres, with the session settings models rely on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials

from financial_analytics.engines.postgres.session import BUILDER, SESSION, prepare


@dataclass
class PostgresPythonCredentials(PostgresCredentials):  # type: ignore[misc]
    """Those of dbt-postgres."""

    @property
    def type(self) -> str:
        """Name of the adapter."""
        return "postgres_python"


class PostgresPythonConnectionManager(PostgresConnectionManager):  # type: ignore[misc]
    """Prepares each session once it is open."""

    TYPE = "postgres_python"

    @classmethod
    def open(cls, connection: Any) -> Any:
        """Open a connection and prepare its session."""
        was_open = connection.state == "open"
        opened = super().open(connection)
        if not was_open:
            prepare(opened.handle, {**SESSION, **BUILDER})
        return opened

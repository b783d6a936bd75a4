"""The adapter: Python models run in this process; their rows travel by COPY."""

from __future__ import annotations

from typing import Any

from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.postgres_python.connections import PostgresPythonConnectionManager
from financial_analytics.engines.postgres import copy as postgres_copy
from financial_analytics.engines.python_models import as_arrow, run_module
from financial_analytics.errors import EngineError


class PostgresPythonAdapter(PostgresAdapter):  # type: ignore[misc]
    """dbt-postgres whose Python models are functions called here."""

    ConnectionManager = PostgresPythonConnectionManager

    @classmethod
    def get_adapter_run_info(cls, config: Any) -> Any:
        """Return dbt-postgres': dbt derives a module from the class name."""
        return PostgresAdapter.get_adapter_run_info(config)

    def submit_python_job(
        self, parsed_model: dict[str, Any], compiled_code: str
    ) -> AdapterResponse:
        """Run the model and write its rows as the table that the materialization names.

        `compiled_code` defines ``model``, ``dbtObj`` and ``target_relation``. ``dbt.ref`` gives
        Arrow tables. Everything happens in the transaction that dbt commits or rolls back.
        """
        connection = self.connections.get_thread_connection()
        if not connection.transaction_open:
            self.connections.begin()
        name = str(parsed_model["alias"])
        handle = connection.handle
        with self.connections.exception_handler(name), handle.cursor() as cursor:
            scope = run_module(compiled_code, name)

            def read(relation: str) -> Any:
                return postgres_copy.copy_out(cursor, f"select * from {relation}")

            try:
                table = as_arrow(scope["model"](scope["dbtObj"](read), handle), name)
                postgres_copy.create_table(cursor, scope["target_relation"], table.schema)
                rows = postgres_copy.copy_in(cursor, scope["target_relation"], table)
            except EngineError as error:
                raise DbtRuntimeError(str(error)) from error
        return AdapterResponse(_message=f"COPY {rows}", code="COPY", rows_affected=rows)

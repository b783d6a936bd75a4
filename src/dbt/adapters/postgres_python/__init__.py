"""dbt-postgres with Python models, run in this process inside dbt's own transaction."""

from dbt.adapters.base import AdapterPlugin

from dbt.adapters.postgres_python.connections import PostgresPythonCredentials
from dbt.adapters.postgres_python.impl import PostgresPythonAdapter
from dbt.include import postgres_python

Plugin = AdapterPlugin(
    adapter=PostgresPythonAdapter,
    credentials=PostgresPythonCredentials,
    include_path=postgres_python.PACKAGE_PATH,
    dependencies=["postgres"],
)

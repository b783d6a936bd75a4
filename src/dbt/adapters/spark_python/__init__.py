"""dbt-spark with Python models, whole-table swaps and ANSI SQL, in the session of this process."""

from dbt.adapters.base import AdapterPlugin

from dbt.adapters.spark_python.connections import SparkPythonCredentials
from dbt.adapters.spark_python.impl import SparkPythonAdapter
from dbt.include import spark_python

Plugin = AdapterPlugin(
    adapter=SparkPythonAdapter,
    credentials=SparkPythonCredentials,
    include_path=spark_python.PACKAGE_PATH,
    dependencies=["spark"],
)

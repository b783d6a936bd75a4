"""The adapter: Python models run in this process, on this session."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from dbt.adapters.base import BaseRelation
from dbt.adapters.base.meta import available
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.spark.connections import SparkConnectionMethod
from dbt.adapters.spark.impl import SparkAdapter
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.spark_python.connections import SparkPythonConnectionManager
from financial_analytics.engines.python_models import as_arrow, run_module
from financial_analytics.engines.spark import files as spark_files
from financial_analytics.engines.spark import session as spark_session

_TYPES = {"int": "integer", "string": "text", "timestamp_ntz": "timestamp"}


class SparkPythonAdapter(SparkAdapter):  # type: ignore[misc]
    """dbt-spark whose Python models are functions called here, not jobs sent elsewhere."""

    ConnectionManager = SparkPythonConnectionManager

    @classmethod
    def get_adapter_run_info(cls, config: Any) -> Any:
        """Return dbt-spark's: dbt derives a module from the class name, ours has an underscore."""
        return SparkAdapter.get_adapter_run_info(config)

    def submit_python_job(
        self, parsed_model: dict[str, Any], compiled_code: str
    ) -> AdapterResponse:
        """Run the model and save its rows as the table that the materialization names.

        `compiled_code` defines ``model``, ``dbtObj`` and ``target_relation``. ``dbt.ref``
        gives data frames of the session, so what stays one is computed by the cluster; an
        Arrow or pandas result goes through Arrow, with its own schema.
        """
        self._require_session("a Python model")
        spark = self.session()
        scope = run_module(compiled_code, parsed_model["alias"])
        result = scope["model"](scope["dbtObj"](spark.table), spark)
        frame = to_spark(result, spark, parsed_model["alias"])
        frame.write.format("parquet").saveAsTable(scope["target_relation"])
        return AdapterResponse(_message="OK")

    def session(self) -> Any:
        """Return the Spark session of this process."""
        return spark_session.session(self.config.credentials.server_side_parameters)

    @available  # type: ignore[untyped-decorator]
    def clear_leftovers(self, relation: BaseRelation) -> None:
        """Delete the files of a table that is not in the catalogue: a killed build left them.

        A catalogue refuses to create or to rename a table where files lie. Only the folder that
        the relation's own table would have is looked at.
        """
        if self.config.credentials.method == SparkConnectionMethod.SESSION:
            spark_files.clear_leftovers(self.session(), relation.schema, relation.identifier)

    @available  # type: ignore[untyped-decorator]
    def has_table(self, relation: BaseRelation) -> bool:
        """Tell whether the table is there now, whatever dbt remembers."""
        _, rows = self.execute(
            f"show tables in {relation.schema} like '{relation.identifier}'", fetch=True
        )
        return len(rows) > 0

    @available  # type: ignore[untyped-decorator]
    def is_type(self, given: str, wanted: str) -> bool:
        """Tell whether a column's type is the one that the YAML names."""
        return _TYPES.get(given.lower(), given.lower()) == wanted.replace(" ", "").lower()

    def _require_session(self, what: str) -> None:
        method = self.config.credentials.method
        if method != SparkConnectionMethod.SESSION:
            raise DbtRuntimeError(f"{what} needs method: session in profiles.yml, not {method}")


def to_spark(result: Any, spark: Any, name: str) -> Any:
    """Return a model's result as a data frame of the session, types and NULLs as they were."""
    if hasattr(type(result), "toArrow"):
        return result
    return spark.createDataFrame(plain_types(as_arrow(result, name)))


def plain_types(table: pa.Table) -> pa.Table:
    """Return the table with types that the session has: signed integers, microseconds, no zone."""
    return table.cast(pa.schema([field.with_type(_plain(field.type)) for field in table.schema]))


def _plain(kind: pa.DataType) -> pa.DataType:
    wider = {
        pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(),
        pa.uint64(): pa.decimal128(20, 0), pa.float16(): pa.float32(),
        pa.large_string(): pa.string(), pa.large_binary(): pa.binary(), pa.date64(): pa.date32(),
    }  # fmt: skip
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us")
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    return wider.get(kind, kind)

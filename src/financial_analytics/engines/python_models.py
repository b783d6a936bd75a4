"""What every engine's adapter needs to run a dbt Python model in its own process."""

from __future__ import annotations

import linecache
from typing import Any

import pandas as pd
import pyarrow as pa

from financial_analytics.errors import EngineError


def run_module(code: str, name: str) -> dict[str, Any]:
    """Execute a compiled model and return its names; tracebacks show the model's lines."""
    source = code.lstrip()
    file_name = f"<dbt model {name}>"
    linecache.cache[file_name] = (len(source), None, source.splitlines(keepends=True), file_name)
    scope: dict[str, Any] = {"__name__": name, "__file__": file_name}
    exec(compile(source, file_name, "exec"), scope)  # the project's own code
    return scope


def as_arrow(result: Any, name: str) -> pa.Table:
    """Return a model's result as an Arrow table whose every column has a type.

    Raises
    ------
    EngineError
        If it is neither an Arrow table nor a data frame, or a column has no type.
    """
    if isinstance(result, pd.DataFrame):
        result = pa.Table.from_pandas(result, preserve_index=False)
    if not isinstance(result, pa.Table):
        raise EngineError(
            f"model {name} returned {type(result).__name__}; valid are pyarrow.Table and "
            "pandas.DataFrame"
        )
    untyped = [field.name for field in result.schema if pa.types.is_null(field.type)]
    if untyped:
        raise EngineError(
            f"model {name} gives {', '.join(untyped)} no type; return an explicit Arrow schema"
        )
    return result

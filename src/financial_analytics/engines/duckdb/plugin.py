"""dbt-duckdb plugin: what a build's connections and cursors are set to from the environment."""

from __future__ import annotations

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from financial_analytics.engines.duckdb.session import bound_memory
from financial_analytics.engines.keyed_hash import hmac_pads


class Plugin(BasePlugin):  # type: ignore[misc]
    """Holds the engine to ``FA_MEMORY``; sets the variables of ``macros/engines/text.sql``."""

    def configure_connection(self, conn: Any) -> None:
        """Bound the memory of the database."""
        bound_memory(conn)

    def configure_cursor(self, cursor: Any) -> None:
        """Set the pads from ``FA_PII_KEY``; without it the hashes stay NULL."""
        key = os.environ.get("FA_PII_KEY", "").encode()
        for name, pad in zip(("inner", "outer"), hmac_pads(key), strict=True):
            value = f"unhex('{pad.hex()}')" if key else "NULL"
            cursor.execute(f"SET VARIABLE pii_{name}_pad = {value}")

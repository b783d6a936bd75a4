"""dbt-duckdb plugin: gives each cursor the padded keys of the keyed hash of personal data."""

from __future__ import annotations

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from financial_analytics.engines.keyed_hash import hmac_pads


class Plugin(BasePlugin):  # type: ignore[misc]
    """Sets the session variables that ``macros/engines/text.sql`` reads."""

    def configure_cursor(self, cursor: Any) -> None:
        """Set the pads from ``FA_PII_KEY``; without it the hashes stay NULL."""
        key = os.environ.get("FA_PII_KEY", "").encode()
        for name, pad in zip(("inner", "outer"), hmac_pads(key), strict=True):
            value = f"unhex('{pad.hex()}')" if key else "NULL"
            cursor.execute(f"SET VARIABLE pii_{name}_pad = {value}")

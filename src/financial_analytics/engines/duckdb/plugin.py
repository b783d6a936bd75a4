"""dbt-duckdb plugin: gives each cursor the padded keys of the keyed hash of personal data."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

BLOCK_SIZE = 64


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and outer padded key of HMAC-SHA-256.

    Parameters
    ----------
    key : bytes
        The secret, of any length.

    Returns
    -------
    inner, outer : bytes
        64 bytes each, so that ``sha256(outer + sha256(inner + message))`` is the HMAC.

    References
    ----------
    RFC 2104, section 2.

    Examples
    --------
    >>> import hmac
    >>> inner, outer = hmac_pads(b"secret")
    >>> digest = hashlib.sha256(outer + hashlib.sha256(inner + b"x").digest()).hexdigest()
    >>> digest == hmac.new(b"secret", b"x", "sha256").hexdigest()
    True
    """
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK_SIZE else key).ljust(
        BLOCK_SIZE, b"\0"
    )
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


class Plugin(BasePlugin):  # type: ignore[misc]
    """Sets the session variables that ``macros/engines/text.sql`` reads."""

    def configure_cursor(self, cursor: Any) -> None:
        """Set the pads from ``FA_PII_KEY``; without it the hashes stay NULL."""
        key = os.environ.get("FA_PII_KEY", "").encode()
        for name, pad in zip(("inner", "outer"), hmac_pads(key), strict=True):
            value = f"unhex('{pad.hex()}')" if key else "NULL"
            cursor.execute(f"SET VARIABLE pii_{name}_pad = {value}")

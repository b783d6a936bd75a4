"""The padded keys from which every engine computes the keyed hash of personal data."""

from __future__ import annotations

import hashlib

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

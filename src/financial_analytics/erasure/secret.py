"""The keyed hash by which an erased customer is known again, and the secret that it is made with.

The secret is drawn once per warehouse and kept there under the key of personal data
(``FA_PII_KEY``): whoever has the warehouse alone cannot try ids. A change of that key wraps the
secret anew, so that hashes of customers whose ids nobody knows any more stay right.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass

from financial_analytics.errors import UserInputError

KEY_NAME = "FA_PII_KEY"
_PURPOSE = b"financial-analytics erasure "
_PROOF = b"proof"
SIZE = 32


@dataclass(frozen=True)
class Wrapped:
    """The secret as the warehouse keeps it: hexadecimal texts.

    `proof` tells whether a key is the right one.
    """

    salt: str
    wrapped: str
    proof: str


def key_of(environment: Mapping[str, str], name: str = KEY_NAME) -> bytes:
    """Return the key of personal data.

    Raises
    ------
    UserInputError
        If none is set.
    """
    key = environment.get(name, "")
    if not key:
        raise UserInputError(
            f"{name} is not set, and customers were erased under it",
            hint=f"set {name} to the key that this warehouse was given",
        )
    return key.encode()


def wrap(secret: bytes, key: bytes, salt: bytes) -> Wrapped:
    """Return a secret of 32 bytes as it is kept; each `salt` of 16 bytes serves once.

    Examples
    --------
    >>> kept = wrap(b"s" * 32, b"a key", b"0" * 16)
    >>> unwrap(kept, b"a key") == b"s" * 32
    True
    """
    hidden = bytes(one ^ other for one, other in zip(secret, _pad(key, salt), strict=True))
    return Wrapped(salt.hex(), hidden.hex(), _proof(secret))


def unwrap(kept: Wrapped, key: bytes, name: str = KEY_NAME) -> bytes:
    """Return the secret.

    Raises
    ------
    UserInputError
        If `key` is not the one that it was wrapped with.
    """
    pad = _pad(key, bytes.fromhex(kept.salt))
    secret = bytes(one ^ other for one, other in zip(bytes.fromhex(kept.wrapped), pad, strict=True))
    if not hmac.compare_digest(_proof(secret), kept.proof):
        raise UserInputError(
            f"{name} is not the key under which customers of this warehouse were erased",
            hint="set it back; to change it: FA_PII_KEY_BEFORE=old FA_PII_KEY=new fa rekey",
        )
    return secret


def drawn(key: bytes) -> tuple[bytes, Wrapped]:
    """Return a new secret, and how it is kept."""
    secret = os.urandom(SIZE)
    return secret, wrap(secret, key, os.urandom(16))


def id_hash(secret: bytes, table: str, number: object) -> str:
    """Return by what an erased id of a table is known again.

    Examples
    --------
    >>> id_hash(b"s" * 32, "customers", 7) == id_hash(b"s" * 32, "accounts", 7)
    False
    """
    return hmac.new(secret, f"{table}:{number}".encode(), hashlib.sha256).hexdigest()


def _pad(key: bytes, salt: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + salt, hashlib.sha256).digest()


def _proof(secret: bytes) -> str:
    return hmac.new(secret, _PROOF, hashlib.sha256).hexdigest()

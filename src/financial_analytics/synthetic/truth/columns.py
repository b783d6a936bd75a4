"""Columns of the ledger: dates and words as Arrow arrays, and who writes its tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.frame import NULL, Ints

Write: TypeAlias = Callable[[str, pa.Table], None]
"""Takes a table's name, without ``latent_``, and rows of one block."""


def dates(days: Ints) -> pa.Array:
    """Return days since 1970 as dates; `NULL` is missing.

    Examples
    --------
    >>> dates(np.array([0, NULL])).to_pylist()
    [datetime.date(1970, 1, 1), None]
    """
    values = np.asarray(days)
    return pa.array(np.where(values == NULL, 0, values).astype(np.int32), mask=values == NULL).view(
        pa.date32()
    )


def words(codes: Ints, vocabulary: tuple[str, ...]) -> pa.Array:
    """Return the word of each code.

    Examples
    --------
    >>> words(np.array([1, 0]), ("no", "yes")).to_pylist()
    ['yes', 'no']
    """
    return pa.array(vocabulary).take(pa.array(codes))

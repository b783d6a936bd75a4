"""Array operations that the simulation does on every movement, faster than the general ones."""

from __future__ import annotations

import numpy as np

from financial_analytics.synthetic.frame import Bools, Ints


def order_of(*keys: Ints) -> Ints:
    """Return the stable ascending order of rows by `keys`, the most important first.

    Keys and row number are packed into one integer where they fit: sorting values takes a
    fifth of the time of a stable argsort, and no two are equal.

    Examples
    --------
    >>> order_of(np.array([1, 0, 1, 1]), np.array([5, 9, 3, 5])).tolist()
    [1, 2, 0, 3]
    """
    rows = len(keys[0])
    if not rows:
        return np.zeros(0, dtype=np.int64)
    bits = (rows - 1).bit_length()
    packed = np.zeros(rows, dtype=np.int64)
    room = 1 << bits
    for key in keys:
        low = int(key.min())
        width = int(key.max()) - low + 1
        room *= width
        if room >= 1 << 63:
            return np.lexsort(keys[::-1])
        packed = packed * width + (key - low)
    packed = (packed << bits) | np.arange(rows)
    packed.sort()
    return packed & ((1 << bits) - 1)


def run_starts(keys: Ints) -> Ints:
    """Return for each row of sorted `keys` the first row with the same key.

    Examples
    --------
    >>> run_starts(np.array([4, 4, 7, 9, 9, 9])).tolist()
    [0, 0, 2, 3, 3, 3]
    """
    first = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    return np.repeat(first, np.diff(first, append=len(keys)))


def distinct(values: Ints) -> Ints:
    """Return the distinct `values`, ascending (by sorting, where NumPy hashes)."""
    ordered = np.sort(values)
    fresh = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh]


def among(codes: Ints, chosen: tuple[int, ...], size: int) -> Bools:
    """Say which `codes`, each below `size`, are among those `chosen`; -1 is none."""
    table = np.zeros(size + 1, dtype=np.bool_)
    table[list(chosen)] = True
    return table.take(codes)

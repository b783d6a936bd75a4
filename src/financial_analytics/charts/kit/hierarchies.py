"""Parts of parts: one tree of values for sunbursts and treemaps, whose parents add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

SEPARATOR = "\u241f"  # a text cannot hold it: control pictures are not in names of a bank


@dataclass
class Tree:
    """Nodes of a hierarchy in drawing order, the root first.

    Attributes
    ----------
    ids, labels, parents : list of str
        Identity, shown name, id of the parent (empty for the root).
    amounts : list of float
        Sum of everything below.
    depths : list of int
        0 for the root.
    paths : list of tuple of str
        Names from the first level down; empty for the root.
    """

    ids: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    amounts: list[float] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    paths: list[tuple[str, ...]] = field(default_factory=list)

    def each(self, make: Callable[[tuple[str, ...], float], str]) -> list[str]:
        """Return one text per node, made of its path and value."""
        return [make(path, value) for path, value in zip(self.paths, self.amounts, strict=True)]


def tree(frame: pd.DataFrame, levels: Sequence[str], value: str, root: str) -> Tree:
    """Return the tree of `value` over `levels`; siblings stand by size, then by name.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, k)
        Any number of rows per leaf; values at least 0.
    levels : sequence of str
        Columns from the outer to the inner; no NULL.
    value : str
        Column to add up.
    root : str
        Name of the whole.

    Examples
    --------
    >>> sample = pd.DataFrame({"a": ["x", "x", "y"], "b": ["p", "q", "p"], "v": [1.0, 2.0, 5.0]})
    >>> found = tree(sample, ["a", "b"], "v", "All")
    >>> found.labels
    ['All', 'y', 'p', 'x', 'q', 'p']
    >>> found.amounts
    [8.0, 5.0, 5.0, 3.0, 2.0, 1.0]
    """
    made = Tree()

    def add(path: tuple[str, ...], rows: pd.DataFrame) -> None:
        made.ids.append(SEPARATOR.join(("all", *path)))
        made.labels.append(path[-1] if path else root)
        made.parents.append(SEPARATOR.join(("all", *path[:-1])) if path else "")
        made.amounts.append(float(rows[value].sum()))
        made.depths.append(len(path))
        made.paths.append(path)
        if len(path) == len(levels):
            return
        column = levels[len(path)]
        sums = rows.groupby(column, sort=True)[value].sum()
        for name in sums.sort_values(ascending=False, kind="stable").index:
            add((*path, str(name)), rows[rows[column] == name])

    add((), frame)
    return made

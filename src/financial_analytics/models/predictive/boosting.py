"""Gradient-boosted trees as plain numbers: fitted by scikit-learn, kept as JSON, scored by us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from financial_analytics.models.predictive.features import Feature, numbers
from financial_analytics.models.predictive.scorecard import Bins, fit_bins

Floats = NDArray[np.float64]
TREES, LEAVES, DEPTH = 80, 8, 3
RATE = 0.06
LEAST_LEAF = 60
CHUNK = 32_768
"""Rows that are scored at a time: they stay in the processor's cache."""


@dataclass(frozen=True)
class Tree:
    """One tree, node by node; the root is node 0, a leaf is its own child.

    Attributes
    ----------
    feature : tuple of int
        Column that a node looks at.
    threshold : tuple of float
        At most this goes left.
    is_missing_left : tuple of bool
    left, right : tuple of int
    value : tuple of float
        Expected log odds below a node, shrunk by the learning rate.
    """

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    is_missing_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]


@dataclass(frozen=True)
class Boosting:
    """Fitted trees.

    Attributes
    ----------
    features : tuple of Feature
    encodings : tuple of (Bins or None)
        Levels of flags and categories are numbers by their weight of evidence; None for numbers.
    base : float
        Log odds before any tree.
    trees : tuple of Tree
    """

    features: tuple[Feature, ...]
    encodings: tuple[Bins | None, ...]
    base: float
    trees: tuple[Tree, ...]

    def _matrix(self, frame: pd.DataFrame) -> Floats:
        return _encoded(frame, self.features, self.encodings)

    def log_odds(self, frame: pd.DataFrame) -> Floats:
        """Return the log odds of each row, shape (n,)."""
        matrix = self._matrix(frame)
        found = np.full(len(matrix), self.base)
        grown = [_arrays(tree) for tree in self.trees]
        for start in range(0, len(matrix), CHUNK):
            rows = matrix[start : start + CHUNK]
            for tree in grown:
                found[start : start + CHUNK] += tree[5][_leaf(rows, tree)]
        return found

    def contributions(self, frame: pd.DataFrame) -> Floats:
        """Return what each feature adds to the log odds, along each row's paths.

        The change of a tree's expectation at a node is that of the feature it looks at, so that
        base, root expectations and contributions sum to the log odds.
        """
        matrix = self._matrix(frame)
        found = np.zeros(matrix.shape)
        for tree in map(_arrays, self.trees):
            node = np.zeros(len(matrix), dtype=np.int64)
            for _ in range(DEPTH):
                after = _step(matrix, tree, node)
                moved = after != node
                rows = np.flatnonzero(moved)
                gain = tree[5][after[rows]] - tree[5][node[rows]]
                np.add.at(found, (rows, tree[0][node[rows]]), gain)
                node = after
        return found

    def names(self, frame: pd.DataFrame) -> list[NDArray[np.object_]]:
        """Return, by feature, each row's value in words: ``label: value``."""
        said = []
        for feature, bins in zip(self.features, self.encodings, strict=True):
            if bins is not None:
                words = [f"{feature.label}: {bins.name(k)}" for k in range(len(bins.weights))]
                said.append(np.array(words, dtype=object)[bins.place(frame)])
                continue
            values = numbers(frame, feature)
            said.append(
                np.array(
                    [
                        f"{feature.label}: {'unknown' if np.isnan(v) else feature.said(v)}"
                        for v in values
                    ],
                    dtype=object,
                )
            )
        return said

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "features": [vars(feature) for feature in self.features],
            "encodings": [
                None if bins is None else vars(bins) | {"feature": vars(bins.feature)}
                for bins in self.encodings
            ],
            "base": self.base,
            "trees": [vars(tree) for tree in self.trees],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Boosting:
        """Return what `to_plain` wrote."""
        features = tuple(Feature(**each) for each in plain["features"])
        encodings = tuple(
            None
            if each is None
            else Bins(
                feature,
                *(tuple(each[name]) for name in ("edges", "levels", "weights", "counts", "events")),
            )
            for feature, each in zip(features, plain["encodings"], strict=True)
        )
        trees = tuple(Tree(**{k: tuple(v) for k, v in tree.items()}) for tree in plain["trees"])
        return cls(features, encodings, float(plain["base"]), trees)


Arrays = tuple[
    NDArray[np.int64],
    Floats,
    NDArray[np.bool_],
    NDArray[np.int64],
    NDArray[np.int64],
    Floats,
]


def _arrays(tree: Tree) -> Arrays:
    return (
        np.array(tree.feature, dtype=np.int64),
        np.array(tree.threshold, dtype=np.float64),
        np.array(tree.is_missing_left, dtype=np.bool_),
        np.array(tree.left, dtype=np.int64),
        np.array(tree.right, dtype=np.int64),
        np.array(tree.value, dtype=np.float64),
    )


def _step(rows: Floats, tree: Arrays, node: NDArray[np.int64]) -> NDArray[np.int64]:
    feature, threshold, is_missing_left, left, right, _ = tree
    value = rows[np.arange(len(rows)), feature[node]]
    goes_left = np.where(np.isnan(value), is_missing_left[node], value <= threshold[node])
    return np.where(goes_left, left[node], right[node])


def _leaf(rows: Floats, tree: Arrays) -> NDArray[np.int64]:
    node = np.zeros(len(rows), dtype=np.int64)
    for _ in range(DEPTH):
        node = _step(rows, tree, node)
    return node


def _encoded(
    frame: pd.DataFrame, features: Sequence[Feature], encodings: Sequence[Bins | None]
) -> Floats:
    columns = [
        numbers(frame, feature)
        if bins is None
        else np.asarray(bins.weights, dtype=np.float64)[bins.place(frame)]
        for feature, bins in zip(features, encodings, strict=True)
    ]
    return np.column_stack(columns) if columns else np.zeros((len(frame), 0))


def _plain_tree(nodes: Any) -> Tree:
    """Return a tree of scikit-learn's; expectations of inner nodes are the mean of their leaves."""
    size = len(nodes)
    is_leaf = nodes["is_leaf"].astype(bool)
    at = np.arange(size)
    left = np.where(is_leaf, at, nodes["left"].astype(np.int64))
    right = np.where(is_leaf, at, nodes["right"].astype(np.int64))
    count = nodes["count"].astype(np.float64)
    value = np.where(is_leaf, nodes["value"], 0.0)
    for node in range(size - 1, -1, -1):  # children come after their parent
        if not is_leaf[node]:
            children = [left[node], right[node]]
            value[node] = np.average(value[children], weights=count[children])
    return Tree(
        tuple(np.where(is_leaf, 0, nodes["feature_idx"]).astype(int).tolist()),
        tuple(np.where(is_leaf, 0.0, nodes["num_threshold"]).tolist()),
        tuple(nodes["missing_go_to_left"].astype(bool).tolist()),
        tuple(left.tolist()),
        tuple(right.tolist()),
        tuple(value.tolist()),
    )


def fit_boosting(
    frame: pd.DataFrame,
    features: Sequence[Feature],
    event: NDArray[np.bool_],
    weight: Floats | None = None,
    *,
    repeats: float = 1.0,
    seed: int = 20240,
) -> Boosting:
    """Fit small boosted trees (`TREES` of `LEAVES` leaves) on the logistic loss.

    References
    ----------
    Ke, G. et al. (2017). LightGBM: a highly efficient gradient boosting decision tree. *NeurIPS*,
    as scikit-learn's ``HistGradientBoostingClassifier`` does it.
    """
    share = np.ones(len(frame)) if weight is None else weight
    encodings = tuple(
        None if feature.kind == "number" else fit_bins(frame, feature, event, share, repeats)[0]
        for feature in features
    )
    matrix = _encoded(frame, features, encodings)
    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        max_depth=DEPTH,
        learning_rate=RATE,
        min_samples_leaf=round(LEAST_LEAF * repeats),
        l2_regularization=repeats,
        early_stopping=False,
        random_state=seed,
    ).fit(matrix, event, sample_weight=share)
    trees = tuple(_plain_tree(predictors[0].nodes) for predictors in model._predictors)
    base = float(np.ravel(model._baseline_prediction)[0])
    return Boosting(tuple(features), encodings, base, trees)

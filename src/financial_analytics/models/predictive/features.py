"""What a risk model looks at: columns of a frame, their kind, and their words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Kind = Literal["number", "flag", "category"]
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Feature:
    """One input of a model.

    Attributes
    ----------
    name : str
        Column of the frame.
    kind : {"number", "flag", "category"}
        Flags are true, false or unknown.
    label : str
        What it is, in plain words, for reasons.
    unit : {"", "pct", "money", "days", "months", "years", "points", "index"}
        How its numbers are said; ``pct`` is of a fraction, ``index`` of a ratio to the usual.
    """

    name: str
    kind: Kind
    label: str
    unit: str = ""

    def said(self, value: float) -> str:
        """Return a number of the feature in words.

        Examples
        --------
        >>> Feature("a", "number", "Activity", "index").said(0.4)
        '40 % of usual'
        >>> Feature("b", "number", "Without login", "days").said(20 / 3)
        '6.7 days'
        """
        if self.unit in {"pct", "index"}:
            return f"{100 * value:.3g} %" + (" of usual" if self.unit == "index" else "")
        # a mean of days has no thousandths to speak of
        plain = round(value, 1) if self.unit == "days" else value
        text = f"{plain:,.0f}" if abs(plain) >= 1000 else f"{plain:.4g}"
        return text if self.unit in {"", "money"} else f"{text} {self.unit}"


def numbers(frame: pd.DataFrame, feature: Feature) -> NDArray[np.float64]:
    """Return a number column as float64; NaN where unknown or infinite."""
    values = pd.to_numeric(frame[feature.name], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return np.where(np.isfinite(values), values, np.nan)


def levels(frame: pd.DataFrame, feature: Feature) -> NDArray[np.object_]:
    """Return a flag or category as texts; None where unknown."""
    column = frame[feature.name]
    known = column.notna().to_numpy()
    if feature.kind == "flag":
        is_true = column.where(column.notna(), False).astype(bool).to_numpy()
        texts = np.where(is_true, YES, NO).astype(object)
    else:
        texts = column.astype(object).map(str).to_numpy(dtype=object)
    texts[~known] = None
    return texts


def infer_features(frame: pd.DataFrame, exclude: Iterable[str] = ()) -> tuple[Feature, ...]:
    """Return a feature for each column of `frame` that is none of `exclude`, by its type.

    Dates and times are left out: what happened is a feature only relative to the cut.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [1], "age": [40.0], "is_new": [True], "town": ["Ulm"]})
    >>> [f"{feature.name}: {feature.kind}" for feature in infer_features(frame, ["id"])]
    ['age: number', 'is_new: flag', 'town: category']
    """
    found: list[Feature] = []
    left = set(exclude)
    for name in frame.columns:
        column = frame[name]
        if name in left or pd.api.types.is_datetime64_any_dtype(column):
            continue
        kind: Kind = "category"
        known = column.dropna()
        if pd.api.types.is_bool_dtype(column) or (
            len(known) and known.map(lambda value: isinstance(value, bool | np.bool_)).all()
        ):
            kind = "flag"
        elif pd.api.types.is_numeric_dtype(column):
            kind = "number"
        found.append(Feature(str(name), kind, str(name).replace("_", " ").capitalize()))
    return tuple(found)

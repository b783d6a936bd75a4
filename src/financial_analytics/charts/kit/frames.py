"""What every chart needs of its frame: plain types, safe text, and an honest word when empty."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

LONGEST_LABEL = 48
SENTENCES = frozenset({
    "estimand", "assumption", "failed_diagnostic", "outcome_label", "binding_limits",
    "relax_advice",
})  # fmt: skip
"""Columns that notes print whole: no label of a drawing, so they are not cut."""

STATUS_WORDS = {
    "ok": "ok",
    "insufficient_data": "too little data to say",
    "no_variation": "no variation in the data",
    "not_identified": "not identified by the data",
    "refuted_by_diagnostic": "refuted by its own diagnostics",
    "infeasible": "no plan meets all limits",
}


def escape_text(text: str) -> str:
    """Return `text` so that Plotly's pseudo-HTML shows it as it was written.

    Control characters become spaces; ``&``, ``<`` and ``>`` become entities, which Plotly
    decodes when it draws.

    Examples
    --------
    >>> escape_text("<b>R&D</b>")
    '&lt;b&gt;R&amp;D&lt;/b&gt;'
    """
    clean = "".join(character if character.isprintable() else " " for character in text)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shortened(values: Sequence[str]) -> dict[str, str]:
    """Map each distinct value to a label of bounded length; distinct stay distinct."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for value in values:
        label = value if len(value) <= LONGEST_LABEL else value[: LONGEST_LABEL - 1] + "…"
        number = 2
        unique = label
        while unique in taken:
            unique = f"{label} ({number})"
            number += 1
        taken.add(unique)
        labels[value] = escape_text(unique)
    return labels


def _plain_objects(column: pd.Series) -> pd.Series:
    """Return a column of Python objects by what its first known value is."""
    known = column.dropna()
    if known.empty:
        return pd.Series([None] * len(column), index=column.index, dtype="object")
    first = known.iloc[0]
    if isinstance(first, bool):
        return column.astype("boolean")
    if isinstance(first, Decimal | int | float):
        return pd.to_numeric(column, errors="coerce").astype("float64")
    if hasattr(first, "isoformat"):
        return pd.to_datetime(column, errors="coerce")
    values = pd.unique(known)
    words = [str(value) for value in values]
    is_said = column.name in SENTENCES
    labels = {word: escape_text(word) for word in words} if is_said else _shortened(words)
    # a mapping of the distinct values: rows may be hundreds of thousands
    found = column.map({value: labels[str(value)] for value in values}).astype("object")
    return found.where(column.notna(), None)


def _plain_column(column: pd.Series) -> pd.Series:
    """Return the column as float, nullable boolean, datetime or escaped text."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("boolean")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    if pd.api.types.is_numeric_dtype(column.dtype):
        extension = pd.api.types.is_extension_array_dtype(column.dtype)
        return column.astype("Float64").astype("float64") if extension else column
    return _plain_objects(column)


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a model's frame with types that charts can draw.

    Decimals and nullable numbers become float64 (NULL is NaN), dates become datetime64,
    text is escaped for Plotly and cut to a readable length, but for `SENTENCES`. Column names and
    row order stay.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, k)
        Rows as the engine gave them.
    """
    return pd.DataFrame(
        {name: _plain_column(frame[name]) for name in frame.columns}, index=frame.index
    ).reset_index(drop=True)


def why_empty(frame: pd.DataFrame, model: str, measures: Sequence[str]) -> str | None:
    """Return in words why there is nothing to draw, or None when there is.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, k)
        A prepared frame.
    model : str
        Name of the model, for the sentence.
    measures : sequence of str
        Columns of which at least one value must be known.
    """
    if frame.empty:
        return f"{model} has no rows: nothing of this kind is in the data"
    if "status" in frame.columns:
        status = frame["status"].fillna("unknown")
        if (status == "insufficient_data").all():
            word = STATUS_WORDS["insufficient_data"]
            return f"{model} says insufficient_data: {word}"
        if (status == "infeasible").all() and "relax_advice" in frame:
            return str(frame["relax_advice"].iloc[0])
    if measures and frame[list(measures)].isna().all().all():
        names = ", ".join(measures)
        return f"{model} has rows, but no known value of {names}"
    return None


def known(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the rows in which every one of `columns` has a value."""
    return frame.dropna(subset=list(columns)).reset_index(drop=True)


def currency_of(frame: pd.DataFrame) -> str:
    """Return the reporting currency that the frame names, or an empty text."""
    if "reporting_currency" not in frame.columns:
        return ""
    codes = frame["reporting_currency"].dropna()
    return "" if codes.empty else str(codes.iloc[0])


def coverage_of(frame: pd.DataFrame) -> float:
    """Return the coverage in per cent of the intervals of a frame; NaN where it says none."""
    if "coverage_pct" not in frame.columns:
        return float("nan")
    known_ones = frame["coverage_pct"].dropna()
    return float("nan") if known_ones.empty else float(known_ones.iloc[0])


def scalar(frame: pd.DataFrame, column: str, row: int = 0) -> float | None:
    """Return one number of the frame, None when it is absent or NULL."""
    if column not in frame.columns or len(frame) <= row:
        return None
    value = frame[column].iloc[row]
    return None if pd.isna(value) else float(value)

"""What is held fixed, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from financial_analytics.stats.inference import Floats


def design_matrix(frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Return covariates as numbers: unknown numbers as the mean, categories as indicators.

    Columns that do not vary are left out.

    Examples
    --------
    >>> rows = pd.DataFrame({"age": [20, None, 40], "town": ["b", "a", None], "one": 1})
    >>> design_matrix(rows, ["age", "town", "one"]).tolist()
    [[20.0, 0.0, 1.0], [30.0, 1.0, 0.0], [40.0, 0.0, 0.0]]
    """
    parts = []
    for name in columns:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            number = values.astype("float64")
            parts.append(number.fillna(number.mean()).fillna(0.0).to_numpy()[:, None])
        else:
            words = values.astype(object).where(values.notna(), "Unknown").astype(str)
            flags = pd.get_dummies(words, drop_first=True)
            parts.append(flags.to_numpy(dtype=np.float64))
    made = np.hstack(parts) if parts else np.empty((len(frame), 0))
    return np.asarray(made[:, np.ptp(made, axis=0) > 0] if len(made) else made, dtype=np.float64)

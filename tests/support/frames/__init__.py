"""Frames with known numbers for tests of charts, as an engine would give them.

The frame of ``analytics_<name>`` is what a function ``<name>()`` of any module in this folder
returns; nothing lists them. A new model's function has a file of its own, ``<name>.py``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

import pandas as pd

from financial_analytics.charts.registry import charts

PREFIX = "analytics_"


class MissingFrameError(LookupError):
    """A chart's model has no frame to be tested with."""


@cache
def _makers() -> dict[str, Callable[[], pd.DataFrame]]:
    found: dict[str, Callable[[], pd.DataFrame]] = {}
    for item in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{item.name}")
        for name, value in vars(module).items():
            if callable(value) and getattr(value, "__module__", "") == module.__name__:
                found[name] = value
    return found


def frame_of(model: str) -> pd.DataFrame:
    """Return a new frame of a model."""
    name = model.removeprefix(PREFIX)
    if name not in _makers():
        raise MissingFrameError(
            f"no frame to test the charts of {model} with: write tests/support/frames/{name}.py "
            f"with a function {name}() that returns its rows (columns as in its YAML)"
        )
    return _makers()[name]()


def frames_of(category: str) -> dict[str, pd.DataFrame]:
    """Return model name to frame, of every chart of a category."""
    models = dict.fromkeys(entry.model for entry in charts(category))
    return {model: frame_of(model) for model in models}

"""The one registry of charts: id, model, title, unit and how to read it.

A chart is a function from the frame of its model to a figure, registered with `chart`. The
registry feeds the reports, the docs and the tests. A registered function never raises on a
frame without rows, with `insufficient_data` only, or with NULL measures: it draws a panel
that says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts import catalogue
from financial_analytics.charts.kit import frames, theme
from financial_analytics.errors import InvalidInputError
from financial_analytics.metrics import get_metric

Draw = Callable[[pd.DataFrame], go.Figure]
Span = Literal["half", "full"]
Rows = Literal["first", "last"]

_ID = re.compile(r"^[a-z]+\.[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class Chart:
    """A registered chart.

    Attributes
    ----------
    id : str
        ``<category prefix>.<name>``, unique.
    order : int
        Place in its category's report: lower comes first, equal ones by id.
    model : str
        The one relation that it draws.
    title : str
        Heading: what one sees.
    unit : str
        Unit of the numbers drawn.
    reading : str
        How to read it, in one or two sentences; `reading_at` fills in ``{coverage}``, as in
        ``its {coverage} interval``, from the model's `coverage_pct`.
    draw : callable
        Frame to figure; never raises on missing data.
    needs : tuple of str
        Columns that the model must have.
    measures : tuple of str
        Columns of which at least one value must be known for there to be a chart.
    span : {"half", "full"}
        Width in the report.
    rows : {"first", "last"}
        End of the frame that a shortened data table shows.
    metrics : tuple of str
        Names of registered metrics that it shows; the page prints what they mean.
    """

    id: str
    order: int
    model: str
    title: str
    unit: str
    reading: str
    draw: Draw
    needs: tuple[str, ...]
    measures: tuple[str, ...]
    span: Span
    rows: Rows
    metrics: tuple[str, ...]

    @property
    def category(self) -> catalogue.Category:
        """The category that the id names."""
        return catalogue.find_category(self.id.split(".")[0])

    def reading_at(self, coverage_pct: float) -> str:
        """Return `reading` with the coverage of the intervals; without it where that is NaN."""
        said = "" if math.isnan(coverage_pct) else f"{coverage_pct:g} % "
        return self.reading.replace("{coverage} ", said)


_REGISTRY: dict[str, Chart] = {}


def chart(
    *,
    id: str,
    order: int,
    model: str,
    title: str,
    unit: str,
    reading: str,
    needs: tuple[str, ...] = (),
    measures: tuple[str, ...] = (),
    span: Span = "half",
    rows: Rows = "first",
    metrics: tuple[str, ...] = (),
) -> Callable[[Draw], Draw]:
    """Register a chart function; the arguments are the attributes of `Chart`.

    The function that comes back prepares the frame (types, safe text), draws a stated empty
    panel where there is nothing to say, and else calls the given one.

    Raises
    ------
    InvalidInputError
        If the id is taken, badly formed or of no category, a text is empty, or a metric is not
        registered.
    """
    if not _ID.match(id):
        raise InvalidInputError(
            f"chart id {id!r} is not of the form category.name", hint="for example descriptive.x"
        )
    catalogue.find_category(id.split(".", maxsplit=1)[0])
    if id in _REGISTRY:
        raise InvalidInputError(
            f"chart id {id!r} is registered twice, the first draws {_REGISTRY[id].model}",
            hint="give one of the two another id",
        )
    texts = {"model": model, "title": title, "unit": unit, "reading": reading}
    for name, text in texts.items():
        if not text.strip():
            raise InvalidInputError(f"chart {id!r} has no {name}", hint=f"say its {name}")
    for metric in metrics:
        get_metric(metric)

    def register(function: Draw) -> Draw:
        @wraps(function)
        def draw(frame: pd.DataFrame) -> go.Figure:
            plain = frames.prepare(frame)
            if not plain.empty:
                missing = [name for name in (*needs, *measures) if name not in plain.columns]
                if missing:
                    raise InvalidInputError(
                        f"chart {id!r} needs column(s) {', '.join(missing)} of {model}",
                        hint=f"rebuild {model}: fa build --select {model}",
                    )
            reason = frames.why_empty(plain, model, measures)
            if reason is not None:
                return theme.empty_figure(reason)
            return function(plain)

        _REGISTRY[id] = Chart(
            id=id,
            order=order,
            model=model,
            title=title,
            unit=unit,
            reading=reading,
            draw=draw,
            needs=needs,
            measures=measures,
            span=span,
            rows=rows,
            metrics=metrics,
        )
        return draw

    return register


@cache
def load_charts() -> None:
    """Import every module of the category packages, so that the registry is whole."""
    root = __name__.rpartition(".")[0]
    for category in catalogue.CATEGORIES:
        if importlib.util.find_spec(f"{root}.{category.prefix}") is None:
            continue  # no charts yet
        package = importlib.import_module(f"{root}.{category.prefix}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def charts(category: str | None = None) -> tuple[Chart, ...]:
    """Return the registered charts in their order, all of them or one category's.

    Parameters
    ----------
    category : str, optional
        Folder, prefix or number of a category.
    """
    load_charts()
    ordered = sorted(
        _REGISTRY.values(),
        key=lambda entry: (catalogue.CATEGORIES.index(entry.category), entry.order, entry.id),
    )
    if category is None:
        return tuple(ordered)
    wanted = catalogue.find_category(category)
    return tuple(entry for entry in ordered if entry.category == wanted)


def get_chart(id: str) -> Chart:
    """Return one chart by its id.

    Raises
    ------
    InvalidInputError
        If no chart has this id.
    """
    load_charts()
    if id not in _REGISTRY:
        raise InvalidInputError(
            f"no chart {id!r}", hint=f"charts are: {', '.join(sorted(_REGISTRY))}"
        )
    return _REGISTRY[id]

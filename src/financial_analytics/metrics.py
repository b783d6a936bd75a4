"""The registry of metrics: what a number is called and means, in one file (``metrics.yml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from financial_analytics.errors import InvalidInputError


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : str
        What columns (``meta.metric``) and charts (``metrics``) call it.
    label, definition : str
        What pages print: a few words, and a sentence.
    unit : str
        What is counted.
    owner : str
        Who answers for the definition.
    """

    name: str
    label: str
    definition: str
    unit: str
    owner: str


@cache
def metrics() -> Mapping[str, Metric]:
    """Return the registered metrics by name, in the order of the file."""
    text = resources.files("financial_analytics").joinpath("metrics.yml").read_text("utf-8")
    return MappingProxyType(
        {entry["name"]: Metric(**entry) for entry in yaml.safe_load(text)["metrics"]}
    )


def get_metric(name: str) -> Metric:
    """Return one metric by its name.

    Raises
    ------
    InvalidInputError
        If no metric has this name.
    """
    if name not in metrics():
        raise InvalidInputError(
            f"no metric {name!r}", hint=f"metrics are: {', '.join(sorted(metrics()))}"
        )
    return metrics()[name]

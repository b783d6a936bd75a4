"""Connectors: one module each, which turns a source's own files into feeds of the contract.

A connector is a file in this folder with a docstring (every mapping choice written down) and

``def feeds(directory: Path) -> Mapping[str, pa.Table]``

which returns Arrow tables by contract table name. Column names and values follow the contract;
the tables take the same way as any feed, through validation, quarantine and duplicates. The
schema metadata ``b"source_file"`` names where a table came from, such as ``berka:trans.asc``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

import pyarrow as pa

from financial_analytics.errors import UserInputError


class Connector(Protocol):
    """What a connector module offers."""

    def feeds(self, directory: Path) -> Mapping[str, pa.Table]:
        """Return Arrow tables by contract table name."""


def connector_names() -> list[str]:
    """Return the names of the connectors in this folder."""
    return sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )


def load_connector(name: str) -> Connector:
    """Return the connector module called `name`.

    Raises
    ------
    UserInputError
        If there is none, or the module has no function ``feeds``.
    """
    names = connector_names()
    if name not in names:
        raise UserInputError(
            f"there is no connector {name!r}", hint=f"valid are {', '.join(names) or 'none yet'}"
        )
    module = importlib.import_module(f"{__name__}.{name}")
    if not callable(getattr(module, "feeds", None)):
        raise UserInputError(f"connector {name} has no function feeds(directory)")
    return cast(Connector, module)

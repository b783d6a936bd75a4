"""Connectors: one module each, which turns a source's own files into feeds of the contract.

A connector is a file in this folder with a docstring (every mapping choice written down) and

``def feeds(directory: Path) -> Mapping[str, pa.Table]``

which returns Arrow tables by contract table name. One of bank statements reads file by file and
has ``recognises(head: bytes) -> bool`` and ``statements(path: Path) -> list[Statement]`` instead.
Column names and values follow the contract; the tables take the same way as any feed, through
validation, quarantine and duplicates. The schema metadata ``b"source_file"`` names where a table
came from, such as ``berka:trans.asc``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa

from financial_analytics.errors import UserInputError
from financial_analytics.ingest.connectors._statements import Statement


@runtime_checkable
class Connector(Protocol):
    """What a connector module offers."""

    def feeds(self, directory: Path) -> Mapping[str, pa.Table]:
        """Return Arrow tables by contract table name."""


@runtime_checkable
class StatementConnector(Protocol):
    """What a connector of bank statements offers."""

    def recognises(self, head: bytes) -> bool:
        """Tell from the beginning of a file whether it is of this format."""

    def statements(self, path: Path) -> list[Statement]:
        """Return the statements of a file."""


def connector_names() -> list[str]:
    """Return the names of the connectors in this folder."""
    return sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )


def load_connector(name: str) -> Connector | StatementConnector:
    """Return the connector module called `name`.

    Raises
    ------
    UserInputError
        If there is none, or the module has neither ``feeds`` nor ``statements``.
    """
    names = connector_names()
    if name not in names:
        raise UserInputError(
            f"there is no connector {name!r}", hint=f"valid are {', '.join(names) or 'none yet'}"
        )
    module: object = importlib.import_module(f"{__name__}.{name}")
    if isinstance(module, Connector | StatementConnector):
        return module
    raise UserInputError(f"connector {name} has no function feeds(directory)")


def format_of(head: bytes) -> str | None:
    """Return the connector whose bank format a file has, by its beginning."""
    for name in statement_formats():
        module = load_connector(name)
        if isinstance(module, StatementConnector) and module.recognises(head):
            return name
    return None


def statement_formats() -> list[str]:
    """Return the names of the connectors of bank statements."""
    return [
        name for name in connector_names() if isinstance(load_connector(name), StatementConnector)
    ]

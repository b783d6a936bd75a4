"""One private PostgreSQL server for the tests that need no whole bank."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.banks import drop_schemas, postgres_environment


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """Point the environment at a server whose schemas are empty."""
    with postgres_environment():
        drop_schemas()
        yield
        drop_schemas()

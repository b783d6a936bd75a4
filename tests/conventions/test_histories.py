"""Each column of a dimension with versions is tracked or timeless; nothing else has a place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

Models = list[dict[str, Any]]

VALIDITY = frozenset({"valid_from", "valid_to", "is_current", "is_inferred", "version_number"})
DIMENSIONS = ["account", "customer"]


@pytest.fixture(scope="module")
def tracked(root: Path) -> dict[str, list[str]]:
    """Return the tracked columns of each history."""
    text = (root / "dbt_project.yml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = yaml.safe_load(text)["vars"]["scd2_tracked_columns"]
    return found


@pytest.mark.parametrize("name", DIMENSIONS)
def test_a_column_of_a_version_is_tracked_or_timeless(
    models: Models, tracked: dict[str, list[str]], name: str
) -> None:
    (model,) = [m for m in models if m["name"] == f"dim_{name}"]
    timeless = model["config"]["meta"]["timeless"]
    keys = {f"{name}_key", f"{name}_natural_key"}
    # the key of a dimension whose natural key is tracked
    keys |= {c.replace("_natural_key", "_key") for c in tracked[name] if "_natural_key" in c}
    assert set(timeless) & set(tracked[name]) == set()
    assert set(model["columns"]) - keys - VALIDITY - {"_batch_id"} == {*tracked[name], *timeless}

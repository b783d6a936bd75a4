"""A variable reaches every row: what incremental relations read is in their fingerprint."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.support.variables import CHANGED, DEFAULTS

SETTINGS = Path(__file__).resolve().parents[2] / "macros" / "warehouse" / "settings.sql"
READ = re.compile(r"\bvar\(\s*['\"](\w+)['\"]")
LEDGER = SETTINGS.with_name("ledger.sql")
LISTED = re.compile(r"^\s+'(\w+)',$", re.MULTILINE)

SEEN_IN_ROWS = {
    # the clock moves what is counted: months, days, ages, each compared with what is stored
    "as_of": None,
    # decide the keys of versions, which `rekeyed_partitions` compares with the dimension
    "include_pii": None,
    "scd2_tracked_columns": None,
    # each stored rate is compared with that of today's currency
    "reporting_currency": {"fact_transactions"},
}
"""Variables that a relation without a fingerprint may read, and which relations (None: all)."""


class Reads:
    """Which variables a node reads: itself, through its macros, through its inputs."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.nodes, self.macros = manifest["nodes"], manifest["macros"]

    def of(self, unique_id: str) -> set[str]:
        """Return the names."""
        found: set[str] = set()
        ahead, seen = [unique_id], set()
        while ahead:
            name = ahead.pop()
            node = self.nodes.get(name) or self.macros.get(name)
            if node is None or name in seen:
                continue
            seen.add(name)
            found |= set(READ.findall(node.get("raw_code") or node.get("macro_sql") or ""))
            ahead += node["depends_on"].get("nodes", []) + node["depends_on"]["macros"]
        return found


def listed() -> set[str]:
    """Return the variables of the fingerprint."""
    return set(LISTED.findall(SETTINGS.read_text(encoding="utf-8")))


def incremental(project: Any) -> list[dict[str, Any]]:
    """Return the incremental models."""
    return [
        node for node in project.nodes("model") if node["config"]["materialized"] == "incremental"
    ]


def has_fingerprint(node: dict[str, Any]) -> bool:
    """Whether the model stores a fingerprint."""
    return "_fingerprint" in node["raw_code"]


def test_every_variable_that_an_incremental_relation_reads_makes_it_stale(project: Any) -> None:
    reads = Reads(project.manifest)
    missing = {}
    for node in incremental(project):
        seen = {
            name
            for name, relations in SEEN_IN_ROWS.items()
            if relations is None or node["name"] in relations
        }
        if has_fingerprint(node):
            seen = listed() | {"as_of"}
        if left := reads.of(node["unique_id"]) - seen:
            missing[node["name"]] = sorted(left)
    assert missing == {}, "list them in macros/warehouse/settings.sql"


def test_the_fingerprint_lists_nothing_that_is_not_read(project: Any) -> None:
    reads = Reads(project.manifest)
    wanted = set().union(
        *(reads.of(node["unique_id"]) for node in incremental(project) if has_fingerprint(node))
    )
    assert listed() == wanted - {"as_of"}


def test_the_walk_changes_every_variable() -> None:
    assert list(CHANGED) == list(DEFAULTS)
    assert [name for name in DEFAULTS if CHANGED[name] == DEFAULTS[name]] == []


def test_every_variable_is_read(project: Any) -> None:
    texts = [node.get("raw_code") or "" for node in project.manifest["nodes"].values()]
    texts += [macro["macro_sql"] for macro in project.manifest["macros"].values()]
    texts += [
        path.read_text(encoding="utf-8") for path in SETTINGS.parents[2].glob("models/**/*.yml")
    ]
    read = set(READ.findall("\n".join(texts)))
    assert set(DEFAULTS) - read == set()


def test_the_ledger_of_builds_hashes_every_variable() -> None:
    """So that a relation of other variables is never published as if it were of these."""
    assert sorted(LISTED.findall(LEDGER.read_text(encoding="utf-8"))) == sorted(DEFAULTS)

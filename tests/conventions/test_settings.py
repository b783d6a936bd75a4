"""A variable reaches every row: what incremental relations read is in their fingerprint."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from tests.support.variables import CHANGED, DEFAULTS

from financial_analytics.models import diagnostic, exploratory, inferential, predictive

SETTINGS = Path(__file__).resolve().parents[2] / "macros" / "warehouse" / "settings.sql"
LITERAL_COVERAGE = re.compile(r"\b95 ?%|\b1\.96\b|\b1\.9599|\b0\.975\b")
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
    # when an instalment was settled is compared with what the tolerance says now
    "instalment_tolerance_amount": {"fact_loan_payments"},
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


def literal_coverages(root: Path) -> list[str]:
    """Return the lines of code and texts that say 95 % where the variable `confidence` belongs."""
    package = root / "src" / "financial_analytics"
    files = [
        path
        for folder in (
            *(package / part for part in ("charts", "models", "reports", "stats")),
            root / "macros",
            root / "models",
        )
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".py", ".sql", ".yml", ".md"}
    ]
    return [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if LITERAL_COVERAGE.search(line)
    ]


def test_no_interval_has_a_coverage_of_its_own() -> None:
    """The one line left is the table of quantiles that the variable is looked up in."""
    assert literal_coverages(SETTINGS.parents[2]) == [
        "macros/statistics/wilson.sql: '0.95': 1.959963984540054,"
    ]


@pytest.mark.parametrize(
    "line", ["its 95 % interval", "z = 1.96", "1.959963984540054 * se", "ppf(0.975)", "the 95% one"]
)
def test_literal_coverages__finds(line: str, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text(f"{line}\nthe 95th percentile\n")
    assert literal_coverages(tmp_path) == [f"models/one.sql: {line}"]


def test_python_models_are_given_the_confidence(project: Any) -> None:
    """A shell whose function has `confidence` takes it from its YAML."""
    modules = [diagnostic, exploratory, inferential] + [
        importlib.import_module(found.name)
        for found in pkgutil.iter_modules(predictive.__path__, f"{predictive.__name__}.")
    ]
    taking = {
        name
        for module in modules
        for name, value in vars(module).items()
        if inspect.isfunction(value) and "confidence" in signature(value).parameters
    }
    shells = [node for node in project.nodes("model") if node["language"] == "python"]
    assert len(taking) >= 6 and len(shells) >= 7
    for node in shells:
        if any(f"return {name}(" in node["raw_code"] for name in taking):
            assert "confidence=share" in node["raw_code"], node["name"]
            assert float(node["config"]["meta"]["confidence"]) == DEFAULTS["confidence"]

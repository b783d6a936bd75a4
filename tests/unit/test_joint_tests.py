"""Tests of one relation, asked in one statement, end as they would each by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from financial_analytics import joint_tests
from financial_analytics.build import BuildOptions, build
from financial_analytics.errors import BuildError
from financial_analytics.results import BuildResult
from financial_analytics.settings import Settings

FILES = {
    "dbt_project.yml": "name: tiny\nprofile: financial_analytics\nmodel-paths: [models]\n"
    "macro-paths: [macros]\nmodels: {tiny: {+materialized: table}}\n",
    "profiles.yml": "financial_analytics:\n  target: duckdb\n  outputs:\n    duckdb:\n"
    "      type: duckdb\n      path: \"{{ env_var('FA_DATA_DIR') }}/warehouse.duckdb\"\n"
    "      threads: 2\n",
    "macros/below.sql": "{% test below(model, column_name, other, field) %}\n"
    "select a.* from {{ model }} as a cross join (select max({{ field }}) as top from {{ other }})"
    " as b where a.{{ column_name }} > b.top\n{% endtest %}\n",
    "models/models.yml": """
models:
  - name: limits
    columns:
      - name: amount
        data_tests: [unique, not_null]
  - name: payments
    columns:
      - name: id
        data_tests: [unique, not_null]
      - name: amount
        data_tests:
          - not_null: {config: {severity: warn}}
          - below: {arguments: {other: "ref('limits')", field: amount}}
          - below: {name: below_a_third, arguments: {other: "ref('later')", field: "3"}}
          - accepted_values: {arguments: {values: [1, 2, 3], quote: false}}
  - name: later
    columns:
      - name: amount
        data_tests:
          - not_null: {config: {where: "amount < 0"}}
          - unique: {config: {error_if: ">1"}}
    """,
    "models/limits.sql": "select 3 as amount",
    "models/payments.sql": "select payments_in.* from payments_in cross join {{ ref('limits') }}",
    "models/later.sql": "select amount from {{ ref('payments') }}",
}


class Project:
    """A project of three models and what its statements were."""

    def __init__(self, folder: Path) -> None:
        for name, text in FILES.items():
            path = folder / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.settings = Settings(folder / "project", folder / "data", folder / "reports")
        self.settings.data_dir.mkdir()

    def load(self, rows: str) -> None:
        with duckdb.connect(str(self.settings.warehouse_path)) as connection:
            connection.execute(
                "create or replace table payments_in as select * from"
                f" (values {rows}) as rows(id, amount)"
            )

    def build(self) -> BuildResult:
        return build(self.settings, BuildOptions(full_refresh=True))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Return the names of tests, one set for each statement that asks several."""
    found: list[set[str]] = []
    ask: Callable[..., set[str]] = joint_tests._ask

    def listen(runner: Any, manifest: Any, node: Any, members: list[Any]) -> set[str]:
        found.append({member.name for member in members})
        return ask(runner, manifest, node, members)

    monkeypatch.setattr(joint_tests, "_ask", listen)
    return found


def ends(result: BuildResult) -> dict[str, tuple[str, int]]:
    return {
        node.name: (node.status, node.failing_rows) for node in result.nodes if node.kind == "test"
    }


def test_tests_of_a_relation_are_asked_once_each_with_a_result(
    project: Project, asked: list[set[str]]
) -> None:
    project.load("(1, 1), (2, null), (3, 3)")
    found = ends(project.build())
    assert {frozenset(names) for names in asked} == {
        frozenset({"unique_limits_amount", "not_null_limits_amount"}),
        frozenset(
            {
                "unique_payments_id",
                "not_null_payments_id",
                "not_null_payments_amount",
                "accepted_values_payments_amount__False__1__2__3",
                "below_payments_amount__amount__ref_limits_",
            }
        ),
    }, "what reads a later model waits for it; what is configured otherwise is left to dbt"
    assert found.pop("not_null_payments_amount") == ("warn", 1)
    assert set(found.values()) == {("pass", 0)}
    assert len(found) == 9


def test_what_finds_rows_is_told_by_dbt(project: Project) -> None:
    project.load("(1, 1), (1, 4), (3, 3)")
    with pytest.raises(BuildError) as caught:
        project.build()
    for words in (
        "test unique_payments_id: Got 1 result",
        "test below_payments_amount__amount__ref_limits_: Got 1 result",
        "test accepted_values_payments_amount__False__1__2__3: Got 1 result",
    ):
        assert words in str(caught.value)
    assert "not_null_payments_id" not in str(caught.value)


def test_a_statement_that_fails_hides_no_other_test(project: Project) -> None:
    models = project.settings.project_dir / "models" / "models.yml"
    broken = models.read_text(encoding="utf-8").replace("field: amount", "field: no_such_column")
    models.write_text(broken, encoding="utf-8")
    project.load("(1, 1), (1, 2)")
    with pytest.raises(BuildError) as caught:
        project.build()
    said = str(caught.value)
    assert "test unique_payments_id: Got 1 result" in said
    assert "no_such_column" in said
    assert "not_null_payments_id" not in said

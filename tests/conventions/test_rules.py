"""Each rule keeps quiet on what is right and speaks up on a planted fault."""

from __future__ import annotations

import pytest
from tests.conventions import rules

GOOD_NODE = {
    "unique_id": "model.fa.loans",
    "alias": "loans",
    "original_file_path": "models/gold/loans.sql",
    "patch_path": "fa://models/gold/loans.yml",
    "description": "Loans of the bank.\nGrain: one row per loan.\n",
    "fqn": ["fa", "gold", "loans"],
}


def test_rules__a_good_model_passes_them_all() -> None:
    grain = {"attached_node": "model.fa.loans", "test_metadata": {"name": "grain"}}
    assert rules.name_faults(GOOD_NODE) == []
    assert rules.description_faults(GOOD_NODE) == []
    assert rules.grain_faults(GOOD_NODE, [grain]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"alias": "loan"},
        {"patch_path": None},
        {"patch_path": "fa://models/gold/schema.yml"},
        {"patch_path": "fa://models/transform/loans.yml"},
    ],
)
def test_name_faults__finds(change: dict[str, object]) -> None:
    assert len(rules.name_faults({**GOOD_NODE, **change})) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Loans."},
        {"description": "Grain: one row per loan."},
        {"description": ""},
        {"fqn": ["fa", "gold", "analytics", "loans"]},
    ],
)
def test_description_faults__finds(change: dict[str, object]) -> None:
    assert rules.description_faults({**GOOD_NODE, **change})


def test_grain_faults__other_tests_do_not_count() -> None:
    others = [
        {"attached_node": "model.fa.loans", "test_metadata": {"name": "not_null"}},
        {"attached_node": "model.fa.cards", "test_metadata": {"name": "grain"}},
        {"attached_node": "model.fa.loans", "test_metadata": None},
    ]
    assert len(rules.grain_faults(GOOD_NODE, others)) == 1


@pytest.mark.parametrize(
    ("name", "data_type", "unit"),
    [
        ("customer_key", "text", None),
        ("date_key", "integer", None),
        ("open_date", "date", None),
        ("alert_at", "timestamp", None),
        ("valid_from", "timestamp", None),
        ("is_active", "boolean", None),
        ("paid_amount", "decimal(18, 2)", "currency"),
        ("decline_rate_lower", "double", None),
        ("decline_rate_pct", "double", None),
        ("transaction_month", "integer", None),
        ("latitude", "double", "degrees"),
        ("city", "text", None),
        ("pct_of_total", "double", None),
        ("previous_avg_income", "decimal(18, 2)", "currency"),
    ],
)
def test_column_faults__accepts(name: str, data_type: str, unit: str | None) -> None:
    assert rules.column_faults(name, data_type, unit) == []


@pytest.mark.parametrize(
    ("name", "data_type", "unit"),
    [
        ("active", "boolean", None),
        ("is_active", "integer", None),
        ("opened", "date", None),
        ("open_date", "timestamp", None),
        ("opened_at", "date", None),
        ("paid_amount", "text", None),
        ("distance_km", "text", None),
        ("paid_amount", "decimal(18, 2)", None),
        ("balance_lower", "double", None),
        ("paid", "decimal(18, 2)", "currency"),
        ("risk_score", "float", None),
        ("latitude", "double", None),
        ("previous_customers", "bigint", None),
    ],
)
def test_column_faults__finds(name: str, data_type: str, unit: str | None) -> None:
    assert rules.column_faults(name, data_type, unit)


def test_sql_faults__accepts_the_example_of_the_house() -> None:
    assert (
        rules.sql_faults(
            "{#- now() and a::b in a comment -#}\n"
            "with loans as (\n    select * from {{ ref('stg_loans') }}\n)\n"
            "select count(*) as loan_count, max(paid_at) as paid_at from loans -- current_date\n"
            "order by loan_count desc nulls last"
        )
        == []
    )


@pytest.mark.parametrize(
    "text",
    [
        "select a::int from b",
        "select a from b qualify row_number() over (order by a) = 1",
        "select current_date as d from b",
        "select now() as d from b",
        "select '{{ run_started_at }}' as d",
        "{% if target.type == 'x' %}select 1{% endif %}",
        "select cast(a as float) as a from b",
        "select regexp_replace(a, '[0-9]', '') as a from b",
        "select a from b where c rlike 'x'",
        "select try_cast(a as int) as a from b",
        "select {{ dbt.safe_cast('a', 'int') }} as a from b",
        "with a as (select * from {{ ref('b') }})\nselect * from a",
        "select a from b order by a desc",
        "select row_number() over (partition by a order by coalesce(b, c) desc) as n from d",
    ],
)
def test_sql_faults__finds(text: str) -> None:
    assert len(rules.sql_faults(text)) == 1


def test_header_faults__finds_what_is_missing() -> None:
    assert rules.header_faults("{#- Loans. Grain: one row per loan. -#}\nselect 1") == []
    assert rules.header_faults("select 1 -- Grain: one row") == ["no header comment"]
    assert rules.header_faults("{#- Loans. -#}\nselect 1") == ["its header has no 'Grain:'"]


def test_engine_faults__allows_only_the_contract_line() -> None:
    allowed = """      +contract: {enforced: "{{ target.type == 'duckdb' }}"}"""
    assert rules.engine_faults(allowed) == []
    for text in ("as on DuckDB", "{{ target.type }}", "postgres__x", "adapter.type() != 'spark'"):
        assert len(rules.engine_faults(f"\n{text}\n")) == 1


def test_import_faults__sees_every_spelling() -> None:
    source = (
        "import duckdb.typing\nfrom dbt import x\nimport duckdbx\n"
        "def f():\n    from financial_analytics import engines\n    from ..engines import y\n"
    )
    forbidden = {"duckdb", "dbt", "financial_analytics.engines"}
    faults = rules.import_faults(source, forbidden, "financial_analytics.stats.module")
    assert {fault.split(":")[0] for fault in faults} == {"line 1", "line 2", "line 5", "line 6"}


@pytest.mark.parametrize(
    "source",
    [
        "if target == 'spark': pass",
        "match target:\n    case 'spark': pass",
        "modules = {'spark': module}",
        "target in ('spark', other)",
        "x = 1 if target != table.DEFAULT_TARGET else 2",
    ],
)
def test_engine_choice_faults__finds(source: str) -> None:
    assert len(rules.engine_choice_faults(source, {"spark"})) == 1
    allowed = "chosen = given or DEFAULT_TARGET\nhint = 'start spark'"
    assert rules.engine_choice_faults(allowed, {"spark"}) == []


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "time.time()"],
)
def test_clock_faults__finds(source: str) -> None:
    assert len(rules.clock_faults(source)) == 1
    assert rules.clock_faults("time.perf_counter(); moment.today; parsed.now") == []


def test_randomness_faults__finds_the_global_generators() -> None:
    assert len(rules.randomness_faults("import random")) == 1
    assert len(rules.randomness_faults("np.random.normal()")) == 1
    assert rules.randomness_faults("np.random.default_rng(1).normal()") == []

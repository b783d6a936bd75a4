"""Spark: macros, the adapter, builds that die, and a whole bank cell by cell against DuckDB.

One file, so that one worker starts one session for all of it. The bank is loaded and built, first
and again with what comes later; in between a process of its own has begun to build and was killed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dbt.cli.main import dbtRunner
from tests.support import scores
from tests.support.lab import write_feed
from tests.support.lasting import check_that_a_setting_lasts, write_project
from tests.support.parity import Cells, differences, modelled_relations
from tests.support.spark import session
from tests.support.spark_bank import Pair
from tests.support.spark_events import Events
from tests.support.traps import HOLDS, KEY, evaluate

from financial_analytics import cli
from financial_analytics.engines.spark import session as spark_session
from financial_analytics.models.predictive.score_sql import score_sql
from financial_analytics.synthetic import load_config
from financial_analytics.synthetic.generate import generate

TYPED = """
select
    cast(1 as integer) as whole, cast(9223372036854775807 as bigint) as big,
    cast(12.30 as decimal(18, 2)) as money, cast(0.1 as double) as score,
    '' as word, true as flag, cast('2024-02-29' as date) as day,
    cast('2024-02-29 23:59:59.123456' as timestamp) as moment
union all
select null, null, null, null, null, null, null, null
"""
ECHO = """
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("typed")
"""
ARROW = ECHO.replace('dbt.ref("typed")', 'dbt.ref("typed").toArrow()')
# The least in which every relation has rows: rings of fraud need many frauds to show.
BANK = load_config(
    customers=40, transactions=1_200, deltas=2, merchants=60, start="2025-07-01",
    overrides=["fraud.share=0.08"],
)  # fmt: skip
STAGES = ("first load", "late rows")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of the one session of this process, which hashes with a key."""
    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FA_PII_KEY", KEY)
        session(folder / "data")
        yield folder
        spark_session.stop()


def _dbt(folder: Path, data_dir: Path, *arguments: str) -> bool:
    place = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FA_DATA_DIR", str(data_dir))
        return bool(dbtRunner().invoke([*arguments, *place]).success)


def _small_project(folder: Path) -> None:
    (folder / "models").mkdir()
    (folder / "seeds").mkdir()
    (folder / "dbt_project.yml").write_text(
        "name: small\nversion: '1.0'\nprofile: small\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (folder / "profiles.yml").write_text(
        "small: {target: spark, outputs: {spark: {type: spark_python, schema: shapes, threads: 1}}}"
    )
    (folder / "models" / "typed.sql").write_text("{{ config(materialized='table') }}" + TYPED)
    (folder / "models" / "echo.py").write_text(ECHO)
    (folder / "models" / "arrow.py").write_text(ARROW)
    (folder / "seeds" / "words.csv").write_text("id,word\n1,it's\n2,\n3,back\\slash\n")


def test_python_models_seeds_and_models_that_fail(home: Path, tmp_path: Path) -> None:
    spark = session(home / "data")
    _small_project(tmp_path)
    for _ in range(2):  # from nothing, then over what is there
        assert _dbt(tmp_path, home / "data", "run")
        expected = Cells("sql", spark.table("shapes.typed").toArrow())
        assert expected.table.schema.field("moment").type == pa.timestamp("us")
        for name in ("echo", "arrow"):
            given = Cells(name, spark.table(f"shapes.{name}").toArrow())
            assert differences(expected, given) == []
    assert _dbt(tmp_path, home / "data", "seed")
    words = {row.id: row.word for row in spark.table("shapes.words").collect()}
    assert words == {1: "it's", 2: None, 3: "back\\slash"}

    (tmp_path / "models" / "echo.py").write_text(ECHO.replace("return", "raise ValueError #"))
    (tmp_path / "models" / "typed.sql").write_text(
        "{{ config(materialized='table') }} select cast('no number' as integer) as whole"
    )
    assert not _dbt(tmp_path, home / "data", "run", "--select", "typed")
    assert not _dbt(tmp_path, home / "data", "run", "--select", "echo")
    for name in ("typed", "echo"):
        assert differences(expected, Cells(name, spark.table(f"shapes.{name}").toArrow())) == []


def test_a_second_process_is_told_that_the_metastore_is_in_use(home: Path, tmp_path: Path) -> None:
    feed = write_feed(tmp_path, "transactions", [_lone_transaction("2025-05-05 10:00:00", "1.00")])
    done = subprocess.run(
        [sys.executable, "-m", "financial_analytics.cli", "ingest", str(feed), "--target", "spark"],
        env={**os.environ, "FA_DATA_DIR": str(home / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert "is in use by another process" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def macro_row(home: Path) -> dict[str, Any]:
    return evaluate(home / "data", "spark")


@pytest.mark.parametrize("name", HOLDS)
def test_macro_holds(macro_row: dict[str, Any], name: str) -> None:
    assert macro_row[name] is True


def test_a_scorecard_scores_as_in_python(home: Path) -> None:
    connection = session(home / "data")
    schema = "id int, age double, smokes boolean, ward string"
    connection.createDataFrame(scores.records(), schema).createOrReplaceTempView("patients")
    query = score_sql(scores.scorecard(), "patients", ["id"], double="double")
    try:
        found = [(row.id, row.probability) for row in connection.sql(query).collect()]
    finally:  # a view is a table of every database that the later tests list
        connection.catalog.dropTempView("patients")
    scores.assert_same(found)


@pytest.fixture(scope="module")
def events(home: Path) -> Events:
    """Return four models, built once."""
    events = Events(home)
    events.arrive(e1=(202401, 10), e2=(202401, 20), e3=(202402, 30), e4=(202403, 40))
    assert events.run()
    events.assert_right()
    return events


def test_comments_of_tables_with_partitions(events: Events) -> None:
    for options in ((), ("--full-refresh",)):
        assert events.run(*options)
        described = events.spark.sql("describe extended small.staged").collect()
        comments = {row.col_name: row.comment for row in reversed(described)}
        assert comments["id"] == "The event's key."
        assert ("Comment", "Events.") in {(row.col_name, row.data_type) for row in described}


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("alter table small.ledger__dbt_new rename", ()),  # the old table is out of the way
        ("create table small.ledger__dbt_new", ("--full-refresh",)),
    ],
)
def test_killed_without_partitions(events: Events, words: str, options: tuple[str, ...]) -> None:
    """What has arrived is in a table of its own; the next build of any kind drops it."""
    events.news(len(options))
    assert events.run_until(words=words)[-1].startswith(words)
    names = {row.tableName for row in events.spark.sql("show tables in small").collect()}
    assert "ledger__dbt_tmp" in names
    assert events.run(*options)
    events.assert_right()


def test_killed_after_the_swap(events: Events) -> None:
    """The table that was replaced is still there; the next build drops it, news or none."""
    for name in ("ledger", "staged", "fact"):
        events.spark.sql(f"create table small.{name}__dbt_old using parquet as select 1 as id")
    assert events.run()
    events.assert_right()


@pytest.mark.spark_deaths
def test_killed_between_any_two_changes(events: Events) -> None:
    events.news(0)
    changes = events.run_until(None)
    events.assert_right()
    assert any("insert overwrite table small.staged" in change for change in changes)
    assert any("rename" in change for change in changes)
    # To die after a change that found nothing to change is to die before it.
    points = [n for n in range(len(changes)) if n - 1 not in events.idle]
    assert len(points) >= 12
    for count in points:
        events.news(count + 1)
        events.run_until(count)
        assert events.run(), f"after {changes[count]}"
        events.assert_right()


@pytest.mark.spark_deaths
def test_killed_inside_a_change(events: Events) -> None:
    for name in ("staged__dbt_new", "fact__dbt_redo", "summary__dbt_old"):
        shutil.copytree(events.warehouse / "fact", events.warehouse / name)  # no table's files
    events.news(50)
    changes = events.run_until(None)
    events.assert_right()
    redo = next(n for n, c in enumerate(changes) if "insert overwrite table small.fact" in c)
    events.news(51)
    events.run_until(redo)
    shutil.rmtree(events.warehouse / "fact" / "event_month=202401")  # overwritten half
    events.spark.sql("refresh table small.fact")
    assert events.run()
    events.assert_right()


def test_a_setting_lasts(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert session(home / "data")
    monkeypatch.setenv("FA_PROJECT_DIR", str(write_project(home / "lasting")))
    monkeypatch.setenv("FA_DATA_DIR", str(home / "data"))
    check_that_a_setting_lasts(capsys, "--target", "spark")
    session(home / "data").sql("drop table gold.first")  # the bank below has none


@pytest.fixture(scope="module")
def pair(home: Path) -> Pair:
    """Return both warehouses, compared after the first load and after what came later."""
    generate(BANK, home / "bank")
    pair = Pair(home / "data")
    pair.load(home / "bank" / "full")
    pair.load({"transactions": [_lone_transaction("2025-05-05 10:00:00", "12.50")]})
    pair.lab.build()
    pair.build()
    pair.compare("first load")
    assert _partitions_of_may(pair) == 1
    for day in sorted((home / "bank" / "deltas").iterdir()):
        pair.load(day)
    pair.load_by_command({"transactions": _late_rows(pair)})
    pair.lab.build()
    spark_session.stop()  # the metastore serves one process at a time
    pair.build_killed("insert overwrite table gold.fact_transactions")
    pair.command("build", "--no-tests")
    pair.compare("late rows")
    return pair


def _partitions_of_may(pair: Pair) -> int:
    query = "select count(*) from gold.fact_transactions where transaction_month = 202505"
    return int(pair.spark.sql(query).collect()[0][0])


def _lone_transaction(at: str, amount: str) -> dict[str, Any]:
    return {
        "transaction_id": 900_000_001,
        "account_id": 1,
        "customer_id": 1,
        "transaction_date": at,
        "transaction_type": "Deposit",
        "amount": amount,
        "currency": "USD",
        "channel": "Online",
        "decline_reason": None,
    }


def _late_rows(pair: Pair) -> list[dict[str, Any]]:
    """One corrected, one moved, one late; May 2025 is left empty."""
    names = (
        "transaction_id", "account_id", "customer_id", "transaction_date", "transaction_type",
        "amount", "currency", "channel", "decline_reason",
    )  # fmt: skip
    known = pair.lab.rows(
        f"select {', '.join(names)} from ingestion_raw_data.transactions"
        " where transaction_date < timestamp '2025-08-01' and decline_reason is null"
        " order by transaction_id limit 2"
    )
    corrected, moved = (dict(zip(names, row, strict=True)) for row in known)
    corrected["amount"] = "-77.77"
    moved["transaction_date"] = "2025-09-17 11:12:13"  # more than 100 days were another thing
    late = _lone_transaction("2025-09-09 08:00:00", "3.21") | {"transaction_id": 900_000_002}
    return [corrected, moved, late, _lone_transaction("2025-08-05 10:00:00", "12.50")]


@pytest.mark.parametrize("relation", modelled_relations())
@pytest.mark.parametrize("stage", STAGES)
def test_relation_is_the_same(pair: Pair, stage: str, relation: str) -> None:
    assert pair.faults[stage][relation] == []


@pytest.mark.parametrize("stage", STAGES)
def test_bronze_is_the_same(pair: Pair, stage: str) -> None:
    bronze = {n: f for n, f in pair.faults[stage].items() if n.startswith("ingestion_raw_data.")}
    assert len(bronze) > 20
    assert {name: faults for name, faults in bronze.items() if faults} == {}


def test_both_have_the_same_relations(pair: Pair) -> None:
    assert pair.spark_relations() == pair.relations()


NEEDS_MORE = re.compile(
    r"gold_intermediate\.int_(churn|default|fraud|value|volume)_"
    r"(backtest|labels|losses|metrics|models|scoring|training)"
    r"|gold_intermediate\.int_(adoption_landmarks|credit_outcomes)"
    r"|gold_intermediate\.int_branch_(changes|event_cells|visit_hours)"
    r"|gold_intermediate\.int_realtime_(card_tests|rules|travel|visits)"
    r"|gold\.(features_loan|model_metrics)"
)
"""What needs more months, loans, adopters, branches, applications and frauds than it has."""


def test_relations_have_rows(pair: Pair) -> None:
    """Two empty relations would be the same and prove nothing."""
    counts = pair.row_counts["late rows"]
    empty = {name for name in modelled_relations() if not counts[name]}
    assert {name for name in empty if not NEEDS_MORE.fullmatch(name)} == set()


def test_a_build_was_killed_half_way(pair: Pair) -> None:
    """After models with history, inside one with partitions; the next build made it right."""
    assert pair.built_before_the_kill >= 20
    assert _partitions_of_may(pair) == 0


def test_doctor_and_report_after_a_build(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pair.spark.version
    monkeypatch.setenv("FA_DATA_DIR", str(pair.lab.folder))
    monkeypatch.setenv("FA_REPORTS_DIR", str(pair.lab.folder / "reports"))
    cli.run(["doctor", "--target", "spark"])
    told = capsys.readouterr().out
    assert f"Spark {pair.spark.version}" in told
    transactions = pair.row_counts["late rows"]["ingestion_raw_data.transactions"]
    assert f"transactions {transactions:,}" in told
    category = "01_descriptive_analytics"
    assert cli.run(["report", "--target", "spark", "--category", category]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert "<dt>Engine</dt><dd>spark</dd>" in page.read_text(encoding="utf-8")

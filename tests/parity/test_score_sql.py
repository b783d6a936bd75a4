"""A scorecard's SQL gives the scores of Python; Spark: test_spark.py."""

from __future__ import annotations

import duckdb
import pytest
from tests.support import scores

from financial_analytics.engines.postgres import session as postgres_session
from financial_analytics.errors import InvalidInputError
from financial_analytics.models.predictive.risk import RiskModel
from financial_analytics.models.predictive.score_sql import score_sql

CREATE = "create {} table patients (id integer, age {}, smokes boolean, ward varchar(20))"


def test_duckdb() -> None:
    with duckdb.connect() as connection:
        connection.execute(CREATE.format("", "double"))
        connection.executemany("insert into patients values (?, ?, ?, ?)", scores.records())
        query = score_sql(scores.scorecard(), "patients", ["id"], double="double")
        found = connection.execute(f"select id, probability from ({query}) as scored").fetchall()
    scores.assert_same(found)


def test_postgres(server: None) -> None:
    with postgres_session.open_session() as handle, handle.cursor() as cursor:
        cursor.execute(CREATE.format("temporary", "double precision"))
        cursor.executemany("insert into patients values (%s, %s, %s, %s)", scores.records())
        query = score_sql(scores.scorecard(), "patients", ["id"])
        cursor.execute(f"select id, probability from ({query}) as scored")
        found = cursor.fetchall()
    scores.assert_same(found)


def test_trees_are_not_written_as_sql() -> None:
    champion = scores.scorecard()
    trees = RiskModel("challenger", object())  # type: ignore[arg-type]
    assert champion.kind == "scorecard"
    with pytest.raises(InvalidInputError, match="not written as SQL"):
        score_sql(trees, "patients", ["id"])

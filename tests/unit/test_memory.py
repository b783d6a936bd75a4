"""One setting bounds the memory of every command."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from financial_analytics import memory
from financial_analytics.build import BuildOptions, build
from financial_analytics.engines.duckdb.session import open_warehouse
from financial_analytics.engines.duckdb.snapshot import open_snapshot
from financial_analytics.engines.spark.session import parameters
from financial_analytics.errors import UserInputError
from financial_analytics.settings import Settings, load_settings

FILES = {
    "dbt_project.yml": "name: tiny\nprofile: financial_analytics\nmodel-paths: [models]\n",
    "profiles.yml": "financial_analytics:\n  target: duckdb\n  outputs:\n    duckdb:\n"
    "      type: duckdb\n      path: \"{{ env_var('FA_DATA_DIR') }}/warehouse.duckdb\"\n"
    "      threads: 2\n      plugins:\n"
    "        - {module: financial_analytics.engines.duckdb.plugin, alias: personal_data}\n",
    "models/held.sql": "{{ config(materialized='table') }}\n"
    "select current_setting('memory_limit') as held",
}


def held(connection: duckdb.DuckDBPyConnection) -> str:
    ((found,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    return str(found)


@pytest.mark.parametrize(
    ("given", "megabytes"),
    [("4GB", 4000), ("1500 mb", 1500), ("2GiB", 2147), ("1.5GB", 1500), ("", None)],
)
def test_a_size_is_read(monkeypatch: pytest.MonkeyPatch, given: str, megabytes: int | None) -> None:
    monkeypatch.setenv("FA_MEMORY", given)
    assert memory.budget() == megabytes


@pytest.mark.parametrize(("given", "words"), [("lots", "'lots'"), ("900MB", "1000 MB at least")])
def test_what_is_no_size_ends_a_command_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, given: str, words: str
) -> None:
    monkeypatch.setenv("FA_MEMORY", given)
    with pytest.raises(UserInputError, match=words) as caught:
        load_settings()
    assert caught.value.hint


def test_a_small_budget_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FA_MEMORY", "1000MB")
    assert memory.for_engine() == 500


def test_every_connection_keeps_to_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FA_MEMORY", "1800MB")
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        assert held(connection) == "953.6 MiB"
    with open_warehouse(tmp_path / "warehouse.duckdb", memory_limit="60MB") as connection:
        assert held(connection) == "57.2 MiB", "what is asked for counts"
    with open_snapshot(tmp_path / "warehouse.duckdb") as connection:
        assert held(connection) == "953.6 MiB"
    assert parameters(tmp_path)["spark.driver.memory"] == "1000m"
    monkeypatch.setenv("FA_SPARK_DRIVER_MEMORY", "3g")
    assert parameters(tmp_path)["spark.driver.memory"] == "3g"


def test_a_build_keeps_to_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FA_MEMORY", "1800MB")
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = Settings(tmp_path / "project", tmp_path / "data", tmp_path / "reports")
    settings.data_dir.mkdir()
    build(settings, BuildOptions())
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        assert connection.execute("select held from held").fetchall() == [("953.6 MiB",)]

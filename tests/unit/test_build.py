"""dbt behind ``build``, on a project of three models that takes a second or two to run."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from financial_analytics.build import (
    BuildOptions,
    build,
    dbt_arguments,
)
from financial_analytics.errors import BuildError, EngineError, UserInputError
from financial_analytics.results import BuildResult, NodeResult, failure_message
from financial_analytics.settings import Settings

FILES = {
    "dbt_project.yml": "name: tiny\nprofile: financial_analytics\nmodel-paths: [models]\n"
    "vars: {answer: 42}\n",
    "profiles.yml": "financial_analytics:\n  target: duckdb\n  outputs:\n    duckdb:\n"
    "      type: duckdb\n      path: \"{{ env_var('FA_DATA_DIR') }}/warehouse.duckdb\"\n"
    "      threads: 1\n",
    "models/first.sql": "select {{ var('answer') }} as answer",
    "models/second.sql": "select answer + 1 as answer from {{ ref('first') }}",
    "models/third.sql": "select answer from {{ ref('second') }}",
    "models/models.yml": "models:\n  - name: first\n    columns:\n      - name: answer\n"
    "        data_tests:\n          - accepted_values: {arguments: {values: [42], quote: false}}\n",
}


class Ear:
    """A listener that remembers what it heard."""

    def __init__(self) -> None:
        self.count = 0
        self.begun: list[str] = []
        self.ended: dict[str, str] = {}

    def total(self, count: int) -> None:
        self.count = count

    def started(self, name: str) -> None:
        self.begun.append(name)

    def finished(self, name: str, status: str, seconds: float) -> None:
        assert seconds >= 0
        self.ended[name] = status


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Settings(
        project_dir=tmp_path / "project",
        data_dir=tmp_path / "data",
        reports_dir=tmp_path / "reports",
    )


def answers(settings: Settings, model: str) -> list[tuple[int]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(f"select answer from {model}").fetchall()


def test_build__runs_everything_and_lets_go_of_the_file(settings: Settings) -> None:
    ear = Ear()
    result = build(settings, listener=ear)
    assert [node.name for node in result.nodes if node.kind == "model"] == [
        "first",
        "second",
        "third",
    ]
    assert ear.count == len(result.nodes) == len(ear.ended) == 4
    assert set(ear.begun) == set(ear.ended)
    # Read-only in this very process: refused by the engine as long as dbt holds the file.
    assert answers(settings, "third") == [(43,)]
    assert result.log_file.is_file()
    assert not (settings.project_dir / "target").exists()
    assert not (settings.project_dir / "logs").exists()


def test_build__tells_what_its_listener_raised_and_does_not_hang(settings: Settings) -> None:
    class Deaf(Ear):
        def finished(self, name: str, status: str, seconds: float) -> None:
            super().finished(name, status, seconds)
            raise RuntimeError(f"nobody hears of {name}")

    ear = Deaf()
    with pytest.raises(RuntimeError, match="nobody hears of first"):
        build(settings, BuildOptions(command="run"), listener=ear)
    assert list(ear.ended) == ["first"]
    assert answers(settings, "third") == [(43,)]  # the models were built all the same


def test_build__passes_selection_and_variables(settings: Settings) -> None:
    options = BuildOptions(select=["first+"], exclude=["third"], variables={"answer": 42})
    result = build(settings, options)
    assert {node.name for node in result.nodes if node.kind == "model"} == {"first", "second"}
    build(settings, BuildOptions(select=["first"], variables={"answer": 7}, command="run"))
    assert answers(settings, "first") == [(7,)]


def test_build__names_the_failed_test_and_what_it_stopped(settings: Settings) -> None:
    with pytest.raises(BuildError) as caught:
        build(settings, BuildOptions(variables={"answer": 7}))
    message = caught.value.message
    assert "1 of 4 nodes failed" in message
    assert "test accepted_values_first_answer__False__42" in message
    assert "2 nodes after them were skipped" in message
    assert caught.value.hint is not None
    assert "dbt.log" in caught.value.hint


def test_build__names_the_failed_model_with_the_engines_words(settings: Settings) -> None:
    (settings.project_dir / "models" / "second.sql").write_text(
        "select no_such_column as answer from {{ ref('first') }}", encoding="utf-8"
    )
    with pytest.raises(BuildError, match=r"model second: .*no_such_column"):
        build(settings)
    assert answers(settings, "first") == [(42,)]


def test_build__says_when_the_project_does_not_compile(settings: Settings) -> None:
    (settings.project_dir / "models" / "second.sql").write_text(
        "select * from {{ ref('absent') }}", encoding="utf-8"
    )
    with pytest.raises(BuildError, match=r"does not compile: .*absent"):
        build(settings)


def test_build__refuses_a_selection_of_nothing(settings: Settings) -> None:
    with pytest.raises(UserInputError, match="tag:typo selects no model"):
        build(settings, BuildOptions(select=["tag:typo"]))


def test_build__refuses_an_unknown_target(settings: Settings) -> None:
    with pytest.raises(BuildError, match="nowhere"):
        build(settings, BuildOptions(target="nowhere"))


def test_build__names_a_damaged_warehouse(settings: Settings) -> None:
    settings.data_dir.mkdir()
    settings.warehouse_path.write_bytes(b"not a database" * 1000)
    with pytest.raises(EngineError, match=r"warehouse\.duckdb"):
        build(settings)
    shutil.rmtree(settings.data_dir)


def test_dbt_arguments__take_the_level_of_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def level() -> str:
        arguments = dbt_arguments(settings, BuildOptions())
        return arguments[arguments.index("--log-level-file") + 1]

    assert level() == "info"
    monkeypatch.setenv("FA_LOG_LEVEL", "debug")
    assert level() == "debug"
    monkeypatch.setenv("FA_LOG_LEVEL", "loud")
    with pytest.raises(UserInputError, match="FA_LOG_LEVEL is 'loud'"):
        level()


def test_dbt_arguments__hold_every_option(settings: Settings) -> None:
    options = BuildOptions(
        select=["tag:gold", "first"],
        exclude=["second"],
        full_refresh=True,
        variables={"as_of": "2024-12-31"},
        target="duckdb",
    )
    arguments = dbt_arguments(settings, options)
    line = " ".join(arguments)
    assert arguments[0] == "build"
    assert "--select tag:gold first" in line
    assert "--exclude second" in line
    assert "--full-refresh" in line
    assert '--vars {"as_of": "2024-12-31"}' in line
    assert "--target duckdb" in line
    assert "--no-send-anonymous-usage-stats" in line
    assert "--exclude-resource-type unit_test" in line
    assert "--full-refresh" not in dbt_arguments(
        settings, BuildOptions(command="test", full_refresh=True)
    )


def test_failure_message__shortens_a_long_list(tmp_path: Path) -> None:
    nodes = tuple(
        NodeResult(f"model_{i}", "model", "error", 0.1, "Runtime Error\n  boom\n", 0)
        for i in range(14)
    )
    message = failure_message(BuildResult(nodes, tmp_path / "dbt.log"))
    assert message.startswith("14 of 14 nodes failed")
    assert "model model_9: Runtime Error boom" in message
    assert "model_10" not in message
    assert message.endswith("and 4 more")

"""What has no news is left alone, on a project of a few models that takes seconds to build."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from financial_analytics.build import BuildOptions, build, dbt_paths, explain
from financial_analytics.errors import BuildError, UserInputError
from financial_analytics.results import BuildResult
from financial_analytics.settings import Settings
from financial_analytics.skipping.records import FILE_NAME

FILES = {
    "dbt_project.yml": "name: tiny\nprofile: financial_analytics\nmodel-paths: [models]\n"
    "macro-paths: [macros]\nvars: {factor: 10, unused: 1}\n"
    "models: {tiny: {+materialized: table}}\n",
    "profiles.yml": "financial_analytics:\n  target: duckdb\n  outputs:\n    duckdb:\n"
    "      type: duckdb\n      path: \"{{ env_var('FA_DATA_DIR') }}/warehouse.duckdb\"\n"
    "      threads: 2\n",
    "macros/times.sql": "{% macro times(value) %}{{ value }} * {{ var('factor') }}{% endmacro %}\n",
    "models/models.yml": "sources:\n  - name: raw\n    schema: raw\n    tables: [{name: events}]\n"
    "models:\n  - name: tens\n    columns:\n      - name: number\n        data_tests:\n"
    "          - unique\n          - not_null: {config: {severity: warn}}\n",
    "models/events.sql": "{{ config(materialized='incremental', unique_key='id') }}\n"
    "select id, number from {{ source('raw', 'events') }}\n"
    "{% if is_incremental() %}where id not in (select id from {{ this }}){% endif %}",
    "models/tens.sql": "select id, number // 10 as tens, {{ times('number') }} as number"
    " from {{ ref('events') }}",
    "models/shown.sql": "{{ config(materialized='view') }} select tens from {{ ref('tens') }}",
    "models/counts.sql": "select tens, count(*) as row_count from {{ ref('shown') }} group by tens",
    "models/distinct_tens.sql": "select distinct tens from {{ ref('shown') }}",
    "models/last.sql": "select count(*) as distinct_count from {{ ref('distinct_tens') }}",
}
MODELS = {Path(name).stem for name in FILES if name.endswith(".sql")} - {"times"}
TESTS = {"unique_tens_number", "not_null_tens_number"}


class Tiny:
    """The project, its warehouse, and what its last build did."""

    def __init__(self, folder: Path) -> None:
        for name, text in FILES.items():
            self.write(folder / "project" / name, text)
        self.settings = Settings(folder / "project", folder / "data", folder / "reports")
        self.settings.data_dir.mkdir()
        self.sql(
            "create schema raw",
            "create table raw.events (id integer, number integer)",
            "insert into raw.events values (1, 11), (2, 22)",
        )

    @staticmethod
    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def edit(self, name: str, text: str) -> None:
        self.write(self.settings.project_dir / name, text)

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path)) as connection:
            for statement in statements:
                found = connection.execute(statement)
            return found.fetchall()

    def build(self, **options: object) -> BuildResult:
        return build(self.settings, BuildOptions(**options))  # type: ignore[arg-type]

    def ran(self, **options: object) -> set[str]:
        """Build and return the names of what was not left alone."""
        return {node.name for node in self.build(**options).nodes if not node.is_left_alone}

    def why(self, **options: object) -> dict[str, tuple[str, str]]:
        plans = explain(self.settings, BuildOptions(**options))  # type: ignore[arg-type]
        return {each.name: (each.what, each.why) for each in plans}


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path)


@pytest.fixture
def no_dbt(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes every start of dbt an error."""

    def forbid() -> None:
        def start(*_args: object, **_options: object) -> None:
            raise AssertionError("dbt was started")

        monkeypatch.setattr("financial_analytics.build.invoke", start)

    return forbid


def test_nothing_new_is_said_without_dbt(tiny: Tiny, no_dbt: Callable[[], None]) -> None:
    assert tiny.ran() == MODELS | TESTS
    no_dbt()
    result = tiny.build()
    assert {node.name for node in result.nodes} == MODELS | TESTS
    assert result.is_all_left_alone
    assert tiny.build(command="run").is_all_left_alone, "a build did all that a run does"
    assert tiny.sql("select count(*) from shown") == [(2,)], "a look at it is no news"
    assert tiny.build().is_all_left_alone


def test_dbt_is_not_even_imported(tiny: Tiny) -> None:
    tiny.build()
    code = (
        "import sys; from pathlib import Path; from financial_analytics.build import build;"
        "from financial_analytics.settings import Settings;"
        "build(Settings(*(Path(given) for given in sys.argv[1:])));"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'dbt', 'pandas'}))"
    )
    settings = tiny.settings
    folders = [settings.project_dir, settings.data_dir, settings.reports_dir]
    said = subprocess.run(
        [sys.executable, "-c", code, *map(str, folders)], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"


def test_news_stops_where_nothing_changes(tiny: Tiny) -> None:
    tiny.build()
    tiny.sql("insert into raw.events values (3, 23)")
    assert tiny.ran() == {"events", "tens", "counts", "distinct_tens"} | TESTS
    tiny.sql("insert into raw.events values (4, 34)")
    assert tiny.ran() == MODELS - {"shown"} | TESTS
    assert tiny.sql("from last") == [(3,)]
    tiny.sql("insert into raw.events select * from raw.events where id = 4")
    assert tiny.ran() == {"events"}, "no new row: the incremental model found none"


def test_variables_are_news_for_what_reads_them(tiny: Tiny) -> None:
    tiny.build()
    assert tiny.ran(variables={"unused": 2}) == set()
    through_the_view = {"counts", "distinct_tens"}
    assert tiny.ran(variables={"factor": 20}) == {"tens"} | through_the_view | TESTS
    assert tiny.sql("select max(number) from tens") == [(440,)]
    assert tiny.ran() == {"tens"} | through_the_view | TESTS, "back again"


def test_code_is_news(tiny: Tiny) -> None:
    tiny.build()
    tiny.edit("macros/times.sql", FILES["macros/times.sql"].replace("*", "* 1 *"))
    assert tiny.ran() == {"tens"}, "the same rows"
    tiny.edit("models/tens.sql", FILES["models/tens.sql"].replace("id, ", "id + 1 as id, "))
    assert tiny.ran() == {"tens", "counts", "distinct_tens"} | TESTS
    tiny.edit("models/shown.sql", FILES["models/shown.sql"] + " where tens > 1")
    assert tiny.ran() == {"shown", "counts", "distinct_tens", "last"}
    assert tiny.sql("from last") == [(1,)]
    tiny.edit(
        "models/events.sql", FILES["models/events.sql"].replace(", number", ", -number as number")
    )
    assert {"events", "tens"} <= tiny.ran()
    assert tiny.sql("select max(number) from events") == [(-11,)], "from nothing, not on top"


def test_the_key_of_personal_data_is_news_for_what_hashes(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.edit("macros/hash.sql", "{% macro personal_hash(value) %}md5({{ value }}){% endmacro %}")
    tiny.edit("models/people.sql", "select {{ personal_hash(\"'a'\") }} as person")
    tiny.build()
    monkeypatch.setenv("FA_PII_KEY", "another")
    assert tiny.why()["people"] == ("built", "the key of personal data changed")
    assert tiny.ran() == {"people"}


@pytest.mark.parametrize(
    ("statement", "built"),
    [
        ("update tens set number = number + 1 where id = 1", {"tens"}),
        ("delete from tens where id = 1", {"tens"}),
        ("alter table tens rename column tens to twenties", {"tens"}),
        ("drop table last", {"last"}),
        ("drop view shown", {"shown"}),
        ("create or replace view shown as select 7 as tens", {"shown"}),
        ("update events set number = 0 where id = 1", {"events"}),
        ("drop table events", {"events"}),
    ],
)
def test_a_relation_that_was_changed_by_hand_is_built_again(
    tiny: Tiny, statement: str, built: set[str]
) -> None:
    tiny.build()
    before = tiny.sql("from tens order by id"), tiny.sql("from last")
    tiny.sql(statement)
    assert tiny.ran() == built
    assert (tiny.sql("from tens order by id"), tiny.sql("from last")) == before
    assert tiny.ran() == set()


def test_a_failed_test_is_repeated_and_a_warning_shown_again(
    tiny: Tiny, no_dbt: Callable[[], None]
) -> None:
    tiny.sql("insert into raw.events values (3, 22)")
    for _ in range(2):
        with pytest.raises(BuildError, match="test unique_tens_number: Got 1 result"):
            tiny.build()
    tiny.sql("update raw.events set number = null where id = 3", "drop table events")
    assert [node.name for node in tiny.build().warned] == ["not_null_tens_number"]
    no_dbt()
    (again,) = tiny.build().warned
    assert (again.name, again.failing_rows) == ("not_null_tens_number", 1)


def test_what_failed_is_built_the_next_time(tiny: Tiny) -> None:
    tiny.build()
    tiny.edit("models/counts.sql", "select no_such_column from {{ ref('shown') }}")
    for _ in range(2):
        with pytest.raises(BuildError, match="model counts"):
            tiny.build()
    tiny.edit("models/counts.sql", FILES["models/counts.sql"])
    assert tiny.ran() == set(), "the table of before is right again"


def test_plain_dbt_builds_everything_and_nothing_wrong_is_taken_for_done(tiny: Tiny) -> None:
    def dbt(*arguments: str) -> str:
        environment = {**os.environ, "FA_DATA_DIR": str(tiny.settings.data_dir)}
        project = str(tiny.settings.project_dir)
        return subprocess.run(
            [Path(sys.executable).with_name("dbt"), *arguments, "--project-dir", project,
             "--profiles-dir", project],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    tiny.build()
    assert "PASS=8" in dbt("build")
    assert tiny.ran() == set(), "it made the same"
    dbt("run", "--vars", "{factor: 3}")
    assert tiny.ran() == {"tens"}
    assert tiny.sql("select max(number) from tens") == [(220,)]


def test_a_killed_build_is_finished_by_the_next(tiny: Tiny) -> None:
    """It is killed by a model, in the middle: on the first run alone."""
    tiny.edit(
        "models/last.py",
        "import os, signal\nfrom pathlib import Path\n"
        "def model(dbt, session):\n    dbt.config(materialized='table')\n"
        "    rows = dbt.ref('distinct_tens')\n    flag = Path(os.environ['FA_DATA_DIR'], 'died')\n"
        "    if not flag.exists():\n        flag.touch()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return rows.aggregate('count(*) as distinct_count')\n",
    )
    (tiny.settings.project_dir / "models" / "last.sql").unlink()
    code = (
        "import sys; from pathlib import Path; from financial_analytics.build import build;"
        "from financial_analytics.settings import Settings;"
        "build(Settings(*(Path(given) for given in sys.argv[1:])))"
    )
    settings = tiny.settings
    folders = [settings.project_dir, settings.data_dir, settings.reports_dir]
    child = subprocess.run([sys.executable, "-c", code, *map(str, folders)], check=False)
    assert child.returncode == -signal.SIGKILL
    ran = tiny.ran()
    assert "last" in ran
    assert "events" not in ran, "what was done is done"
    assert tiny.sql("from last") == [(2,)]


def test_an_increment_never_starts_from_what_a_hand_changed(tiny: Tiny) -> None:
    tiny.build()
    tiny.sql("update events set number = 0 where id = 1")
    assert tiny.ran(is_skipping=False) == MODELS | TESTS
    assert tiny.sql("select number from events where id = 1") == [(11,)]


def test_everything_is_built_where_that_is_asked_for(tiny: Tiny) -> None:
    for options in ({}, {"is_skipping": False}, {"full_refresh": True}):
        assert tiny.ran(**options) == MODELS | TESTS
    assert tiny.ran() == set()
    records = dbt_paths(tiny.settings, None)[0] / FILE_NAME
    for text in ("", "{}", '{"version": 1, "nodes": 3}'):
        records.write_text(text, encoding="utf-8")
        assert tiny.ran() == MODELS | TESTS, "nothing is remembered"


def test_a_selection_leaves_alone_too(tiny: Tiny) -> None:
    tiny.build()
    tiny.sql("insert into raw.events values (3, 23)")
    assert tiny.ran(select=["counts", "distinct_tens"]) == set(), "their parent is as it was"
    assert tiny.ran(select=["events", "tens"]) == {"events", "tens"} | TESTS
    assert tiny.ran() == {"counts", "distinct_tens"}


def test_a_removed_model_is_forgotten(tiny: Tiny, no_dbt: Callable[[], None]) -> None:
    tiny.build()
    (tiny.settings.project_dir / "models" / "last.sql").unlink()
    assert tiny.ran() == set()
    no_dbt()
    assert "last" not in {node.name for node in tiny.build().nodes}


def test_explain_builds_nothing_and_says_why(tiny: Tiny) -> None:
    assert set(tiny.why().values()) == {("built", "there is no record of it")}
    assert "tens" not in {name for (name,) in tiny.sql("select table_name from duckdb_tables()")}
    tiny.build()
    assert set(tiny.why().values()) == {("left alone", "no news")}
    tiny.sql("insert into raw.events values (3, 23)")
    said = tiny.why()
    assert said["events"] == ("built", "raw.events changed")
    assert said["tens"] == ("perhaps", "reads events")
    assert said["unique_tens_number"] == ("perhaps", "reads tens")
    assert tiny.why(variables={"factor": 3})["tens"] == ("built", "a variable changed")
    assert tiny.why(is_skipping=False)["last"] == ("built", "everything was asked for")
    assert set(tiny.why(select=["last"])) == {"last"}
    tiny.build()
    tiny.sql("update last set distinct_count = 9", "drop table counts")
    said = tiny.why()
    assert said["last"] == ("built", "its relation is not as it was left")
    assert said["counts"] == ("built", "its relation is not there")
    with pytest.raises(UserInputError, match="target spark leaves nothing alone"):
        tiny.why(target="spark")

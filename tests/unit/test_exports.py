"""Metrics counted once: the same number in gold, in exported files, in LookML and by hand."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.csv as pacsv
import pytest
import yaml
from tests.support.star import GOLD, ROOT, STAR, TABLES, by_hand, counted
from typer.testing import CliRunner

from financial_analytics.cli import app
from financial_analytics.engines.duckdb.gold import open_gold
from financial_analytics.errors import UserInputError
from financial_analytics.export.files import export_tables, whole_folder
from financial_analytics.export.looker import FRAMES, export_looker, lookml
from financial_analytics.export.ossie import export_ossie
from financial_analytics.export.powerbi import NAME, PROJECT, export_powerbi
from financial_analytics.export.star import (
    KEPT,
)
from financial_analytics.metrics import (
    Measure,
    Ratio,
    fact_of,
    measure_sql,
    measures,
    metrics,
    ratios,
)
from financial_analytics.publish import Run, publish
from financial_analytics.settings import Settings


@pytest.mark.parametrize("name", list(measures()))
def test_a_metric_is_the_same_by_hand_in_gold_in_files_and_in_lookml(
    name: str,
) -> None:
    measure = measures()[name]
    rows = GOLD.table(measure.fact)
    expected = by_hand(measure, rows.to_pandas())
    for expression in (measure_sql(measure), looker_sql(name)):
        found = counted(measure.fact, expression, rows)
        if measure.aggregate == "mean":
            assert found == pytest.approx(expected, rel=1e-12)
        else:
            assert found == expected  # to the cent


def looker_sql(name: str) -> str:
    """Return the SQL that Looker makes of a measure."""
    import lkml  # noqa: PLC0415

    measure = measures()[name]
    text = lookml(STAR, "x")[f"views/{measure.fact}.view.lkml"]
    given = {m["name"]: m for m in lkml.load(text)["views"][0]["measures"]}[name]
    inner = given["sql"].replace("${TABLE}", measure.fact)
    calls = {"sum": f"sum({inner})", "count_distinct": f"count(distinct {inner})",
             "average": f"avg({inner})"}  # fmt: skip
    return calls[given["type"]]


def test_exported_files_give_the_metrics_of_gold(tmp_path: Path) -> None:
    export_tables(GOLD, STAR, tmp_path / "out", "parquet")
    for name, measure in measures().items():
        path = tmp_path / "out" / f"{measure.fact}.parquet"
        expression = measure_sql(measure)
        (found,) = duckdb.sql(f"select {expression} from '{path}'").fetchall()[0]
        assert found == counted(measure.fact, expression, GOLD.table(measure.fact)), name


def test_what_is_published_is_exported_while_a_build_has_the_warehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(ROOT, tmp_path / "data", tmp_path / "reports")
    settings.data_dir.mkdir()
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema gold; create table gold.analytics_x as select 1 as i")
        for name, rows in GOLD.made.items():
            connection.register("rows", rows)
            connection.execute(f"create table gold.{name} as select * from rows")
            connection.unregister("rows")
    publish(settings, Run("r1", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    with open_gold(settings) as gold:
        export_tables(gold, STAR, tmp_path / "warehouse", "parquet")
    hold = (f"import duckdb, sys; c = duckdb.connect({str(settings.warehouse_path)!r});"
            "print('has it', flush=True); sys.stdin.read()")  # fmt: skip
    monkeypatch.setenv("FA_DATA_DIR", str(settings.data_dir))
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as build:
        assert build.stdout is not None and build.stdout.readline()
        done = CliRunner().invoke(app, ["export", "parquet", str(tmp_path / "out")])
        refused = CliRunner().invoke(
            app, ["export", "parquet", str(tmp_path / "no"), "--target", "duckdb"]
        )
        build.communicate()
    assert done.exit_code == 0, done.output
    assert "in use by another process" in str(refused.exception)
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert len(written) == len(STAR)
    assert written == {p.name: p.read_bytes() for p in (tmp_path / "warehouse").iterdir()}


def test_the_registry_names_columns_and_metrics_that_there_are() -> None:
    for name, measure in measures().items():
        known = set(TABLES[measure.fact].names)
        assert {measure.column, *measure.where} - {""} <= known, name
    for name, ratio in ratios().items():
        assert {ratio.numerator, ratio.denominator} <= set(measures()), name
        facts = {measures()[part].fact for part in (ratio.numerator, ratio.denominator)}
        assert len(facts) == 1, name  # one context of filters
    labels = [metric.label for metric in metrics().values()]
    assert len(set(labels)) == len(labels)
    valued = [metric for metric in metrics().values() if metric.value is not None]
    assert len(valued) >= 40
    assert all(metric.question and metric.good in {"up", "down", "none"} for metric in valued)


def test_the_star_refers_to_dimensions_that_there_are() -> None:
    facts = [table for table in STAR if table.is_fact]
    assert len(facts) == 13
    for fact in facts:
        assert fact.references, fact.name
        for column in fact.references:
            assert TABLES[str(column.refers_to)].key.endswith("_key")
            assert column.name in fact.names


def test_what_tells_one_person_from_all_others_does_not_leave() -> None:
    everything = [name for table in STAR for name in table.names]
    assert not [name for name in everything if name.endswith(KEPT)]
    written = (ROOT / "models" / "gold" / "dimensions" / "dim_customer.yml").read_text("utf-8")
    assert "email_hash" in written  # it is there to be left out


def test_csv_holds_no_formulas_and_two_runs_are_equal(tmp_path: Path) -> None:
    for run in ("a", "b"):
        export_tables(GOLD, STAR, tmp_path / run, "csv")
    first = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    cells = pacsv.read_csv(tmp_path / "a" / "dim_customer.csv")["city"].to_pylist()
    assert "'=cmd" in cells
    assert "=cmd" not in cells


def test_an_export_replaces_its_own_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_looker(STAR, folder, "one")
    (folder / "views" / "stray.view.lkml").write_text("view: stray {}")
    export_looker(STAR, folder, "two")
    assert 'connection: "two"' in (folder / "financial_analytics.model.lkml").read_text()
    assert not (folder / "views" / "stray.view.lkml").exists()
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    with pytest.raises(UserInputError, match="holds other files"):
        export_looker(STAR, foreign, "x")
    assert (foreign / "thesis.txt").read_text() == "years of work"
    (tmp_path / "file").write_text("")
    with pytest.raises(UserInputError, match="is a file"):
        export_looker(STAR, tmp_path / "file", "x")


def test_a_failed_export_leaves_the_one_before(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_looker(STAR, folder, "one")
    before = sorted(path.name for path in folder.rglob("*"))

    def fail() -> None:
        with whole_folder(folder, "financial_analytics.model.lkml") as draft:
            (draft / "half").write_text("")
            raise OSError

    with pytest.raises(OSError):
        fail()
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


OSSIE = {
    "model": {"name", "description", "datasets", "relationships", "metrics"},
    "datasets": {"name", "source", "primary_key", "description", "fields"},
    "fields": {"name", "expression", "dimension", "label", "description"},
    "relationships": {"name", "from", "to", "from_columns", "to_columns"},
    "metrics": {"name", "expression", "description"},
}
"""Keys of the core specification 0.1.1 (github.com/apache/ossie, core-spec)."""


def test_ossie_keeps_to_its_schema_and_counts_the_same(tmp_path: Path) -> None:
    path = export_ossie(STAR, tmp_path / "out")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(content) == {"version", "semantic_model"}
    assert content["version"] == "0.1.1"
    (model,) = content["semantic_model"]
    assert set(model) <= OSSIE["model"]
    datasets = {dataset["name"]: dataset for dataset in model["datasets"]}
    assert set(datasets) == set(TABLES)
    for dataset in datasets.values():
        assert set(dataset) <= OSSIE["datasets"]
        names = [field["name"] for field in dataset["fields"]]
        assert names == TABLES[dataset["name"]].names
        assert set(dataset["primary_key"]) <= set(names)
        assert all(set(field) <= OSSIE["fields"] for field in dataset["fields"])
    for relation in model["relationships"]:
        assert set(relation) == OSSIE["relationships"]
        assert set(relation["from_columns"]) <= set(TABLES[relation["from"]].names)
        assert relation["to_columns"] == [TABLES[relation["to"]].key]
    given = {metric["name"]: metric for metric in model["metrics"]}
    assert set(given) == set(measures()) | set(ratios())
    for name, metric in given.items():
        assert set(metric) == OSSIE["metrics"]
        (written,) = metric["expression"]["dialects"]
        assert written["dialect"] == "ANSI_SQL"
        fact = fact_of(metrics()[name])
        rows, value = GOLD.table(fact), metrics()[name].value
        if isinstance(value, Measure):
            expected = counted(fact, measure_sql(value), rows)
        else:
            assert isinstance(value, Ratio)
            parts = [by_hand(measures()[part], rows.to_pandas())
                     for part in (value.numerator, value.denominator)]  # fmt: skip
            expected = pytest.approx(value.scale * float(parts[0]) / float(parts[1]), rel=1e-9)
        assert counted(fact, written["expression"], rows) == expected, name


def test_lookml_reads_back_and_names_each_field_once() -> None:
    import lkml  # noqa: PLC0415

    texts = lookml(STAR, "bank")
    for table in STAR:
        (view,) = lkml.load(texts[f"views/{table.name}.view.lkml"])["views"]
        fields = [
            item["name"] for kind in ("dimensions", "measures") for item in view.get(kind, [])
        ]
        for group in view.get("dimension_groups", []):
            assert set(group["timeframes"]) <= {"time", *FRAMES}
            fields += [f"{group['name']}_{frame}" for frame in group["timeframes"]]
        assert len(set(fields)) == len(fields), table.name
        # Looker counts each value of a primary key once: only what is unique may be one
        unique = [item["name"] for item in view["dimensions"] if item.get("primary_key") == "yes"]
        assert unique == (list(table.grain) if len(table.grain) == 1 else [])
        for item in view["dimensions"]:
            assert item["sql"] == f"${{TABLE}}.{item['name']}"
            assert item["description"]
        for measure in view.get("measures", []):
            for part in re.findall(r"\$\{(\w+)\}", measure["sql"].replace("${TABLE}", "")):
                assert part in fields
    model = lkml.load(texts["financial_analytics.model.lkml"])
    assert len(model["explores"]) == 13
    joins = [join for explore in model["explores"] for join in explore["joins"]]
    pairs = [re.fullmatch(r"\$\{(\w+)\.(\w+)\} = \$\{(\w+)\.(\w+)\}", j["sql_on"]) for j in joins]
    for pair in pairs:
        assert pair is not None
        assert pair[2] in TABLES[pair[1]].names
        assert pair[4] in TABLES[pair[3]].names


TMDL = re.compile(
    r"""(?:
        | \t*///\ .+                                        # description
        | (?:table|model|database|expression|relationship)(?:\ .+)?
        | ref\ table\ \w+
        | \t(?:column|hierarchy)\ (?:\w+|'(?:[^']|'')+')
        | \t\tlevel\ \w+
        | \tmeasure\ (?:\w+|'(?:[^']|'')+')\ =\ .+
        | \tpartition\ \w+\ =\ m
        | \t\tsource\ =
        | \t{4,5}(?:let|in|\w+(?:\ =\ .+)?)                # Power Query
        | \t{1,3}\w+:\ \S.*                                # property
    )""",
    re.X,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bi") / "powerbi"
    assert export_powerbi(GOLD, STAR, folder) == folder / PROJECT
    return folder


def test_tmdl_keeps_to_its_grammar(project: Path) -> None:
    texts = sorted((project / f"{NAME}.SemanticModel").rglob("*.tmdl"))
    assert len(texts) == len(STAR) + 4
    for path in texts:
        lines = path.read_text(encoding="utf-8").split("\n")
        assert [line for line in lines if not TMDL.fullmatch(line)] == [], path.name
        # an object is indented one further than what it belongs to, a property one further
        depth = [len(line) - len(line.lstrip("\t")) for line in lines]
        for k, before in enumerate(lines[:-1]):
            allowed = 2 if before.endswith("=") else 1
            if before and lines[k + 1]:
                assert depth[k + 1] - depth[k] <= allowed, path.name


def test_dax_and_relationships_name_what_there_is(project: Path) -> None:
    folder = project / f"{NAME}.SemanticModel" / "definition"
    labels = {metric.label for metric in metrics().values() if metric.value is not None}
    found = []
    for path in sorted((folder / "tables").glob("*.tmdl")):
        for label, formula in re.findall(r"\tmeasure (?:'((?:[^']|'')+)'|\w+) = (.+)",
                                         path.read_text(encoding="utf-8")):  # fmt: skip
            found.append(label)
            for table, column in re.findall(r"'(\w+)'\[(\w+)\]", formula):
                assert column in TABLES[table].names
            for other in re.findall(r"(?<!')\[([^\]]+)\]", formula):
                assert other in labels or f"[{other}]" in formula
            assert formula.count("(") == formula.count(")")
    quoted = {label for label in labels if not re.fullmatch(r"\w+", label)}
    assert set(filter(None, found)) == quoted
    pairs = re.findall(r"fromColumn: (\w+)\.(\w+)\n\ttoColumn: (\w+)\.(\w+)",
                       (folder / "relationships.tmdl").read_text(encoding="utf-8"))  # fmt: skip
    assert len(pairs) == sum(len(table.references) for table in STAR if table.is_fact)
    for left, column, right, key in pairs:
        assert column in TABLES[left].names
        assert TABLES[right].key == key
    # two ways from a fact to a dimension would be ambiguous
    assert len({(left, right) for left, _, right, _ in pairs}) == len(pairs)


def test_the_calendar_is_a_marked_date_table_without_an_unknown_day(project: Path) -> None:
    text = (
        project / f"{NAME}.SemanticModel" / "definition" / "tables" / "dim_date.tmdl"
    ).read_text()
    assert "\tdataCategory: Time\n" in text
    assert "\tcolumn full_date\n\t\tdataType: dateTime\n\t\tisKey: true\n" in text
    assert "each [full_date] <> null" in text
    assert "\thierarchy Calendar\n" in text


def test_the_project_has_what_the_schemas_require(project: Path) -> None:
    """As published at github.com/microsoft/json-schemas, folder fabric: keys, names, patterns."""
    required = {
        f"{NAME}.pbip": {"$schema", "version", "artifacts"},
        f"{NAME}.SemanticModel/definition.pbism": {"$schema", "version"},
        f"{NAME}.SemanticModel/.platform": {"$schema", "metadata", "config"},
        f"{NAME}.Report/.platform": {"$schema", "metadata", "config"},
        f"{NAME}.Report/definition.pbir": {"$schema", "version", "datasetReference"},
        f"{NAME}.Report/definition/version.json": {"$schema", "version"},
        f"{NAME}.Report/definition/report.json": {"$schema", "layoutOptimization",
                                                  "themeCollection"},
        f"{NAME}.Report/definition/pages/pages.json": {"$schema"},
        f"{NAME}.Report/definition/pages/overview/page.json": {"$schema", "displayName",
                                                               "displayOption", "name"},
    }  # fmt: skip
    for name, keys in required.items():
        content = json.loads((project / name).read_text(encoding="utf-8"))
        assert keys <= set(content), name
        assert content["$schema"].startswith("https://developer.microsoft.com/json-schemas/fabric/")
    reference = json.loads((project / f"{NAME}.Report/definition.pbir").read_text())
    target = project / f"{NAME}.Report" / reference["datasetReference"]["byPath"]["path"]
    assert target.resolve().is_dir()
    cards = sorted((project / f"{NAME}.Report" / "definition").rglob("visual.json"))
    assert len(cards) == 8
    for path in cards:
        card = json.loads(path.read_text())
        metric = metrics()[card["name"]]
        (shown,) = card["visual"]["query"]["queryState"]["Values"]["projections"]
        measure = shown["field"]["Measure"]
        assert measure["Property"] == metric.label
        assert measure["Expression"]["SourceRef"]["Entity"] == fact_of(metric)
        assert path.parent.name == card["name"]


def test_two_projects_are_the_same_bytes(project: Path, tmp_path: Path) -> None:
    export_powerbi(GOLD, STAR, tmp_path / "powerbi")

    def read(folder: Path) -> dict[str, bytes]:
        # but for the folder of the data, which is where each project stands
        return {
            path.relative_to(folder).as_posix(): path.read_bytes().replace(
                folder.as_posix().encode(), b""
            )
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    assert read(project) == read(tmp_path / "powerbi")

"""Writes what the documents derive from the project: ``make docs``, or ``python docs/generate.py``.

The list of charts (`docs/charts.md`), a page for each analytics model (`docs/models/`), and the
table of questions in `README.md` come from the registry of charts and the YAML of the models (its
answers from `docs/answers.yml`, which `docs/answers.py` reads from a demo), methods from the
docstrings and comments of what models call; a page for each feed (`docs/sources/`) from the
contract; the page of variables (`docs/variables.md`) from the comments of `dbt_project.yml`; the
glossary (`docs/metrics.md`) and a page for each metric (`docs/metrics/`) from their registry.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.charts.catalogue import CATEGORIES, Category
from financial_analytics.charts.registry import Chart, charts
from financial_analytics.described import Described, children, code_files, describe, feeds
from financial_analytics.methods import PACKAGE, method
from financial_analytics.metrics import (
    Measure,
    Metric,
    Ratio,
    get_metric,
    measure_sql,
    metrics,
)
from financial_analytics.validate.mechanisms import MECHANISMS

# The same YAML, read by the C library where PyYAML has it: ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ROOT = Path(__file__).resolve().parents[1]
COMMAND = "make docs"
WRITTEN = f"Written by `{COMMAND}`; do not edit."
FOLDERS = ("models", "metrics", "sources")
"""Folders of `docs` that hold nothing but generated pages."""
TABLE = re.compile(rf"(<!-- {COMMAND}: questions -->\n).*?(<!-- end -->)", re.S)


def described_models(root: Path, category: Category) -> list[str]:
    """Return the names of the analytics models of a category."""
    folder = root / "models" / "gold" / "analytics" / category.folder
    return sorted(path.stem for path in folder.glob("*.yml"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _link(root: Path, name: str, up: str = "../..") -> str:
    """Return a link from a generated page to a relation: its page, or its YAML."""
    if name.startswith("analytics_"):
        return f"[`{name}`]({up}/docs/models/{name}.md)"
    path = code_files(root)[name].with_suffix(".yml")
    return f"[`{name}`]({up}/{path.relative_to(root).as_posix()})"


def _feed_link(name: str) -> str:
    return f"[`{name}`](../sources/{name}.md)"


def _method(root: Path, said: Described) -> list[str]:
    """Return how a model computes: identities that hold on each row, steps, what they cite."""
    lines = ["", "## Method", ""]
    steps = method(root, said.name)
    formulas = [check for check in said.checks if check.formula]
    if not steps and not formulas:
        lines.append("Counts and sums of the rows that the columns describe; the code says which.")
    for step in steps:
        where = "src/financial_analytics" if step.path.is_relative_to(PACKAGE) else ""
        base = PACKAGE if where else root
        path = "/".join(filter(None, (where, step.path.relative_to(base).as_posix())))
        rest = [step.summary, step.notes, step.references and f"*Source*: {step.references}"]
        text = " ".join(filter(None, rest))
        lines.append(f"- [`{step.name}`](../../{path}): {_code_safe(text)}")
    if formulas:
        lines += [*([""] if steps else []), "On every row, held by tests:", ""]
        lines += [f"- {check.about}: `{check.formula}`" for check in formulas]
    return lines


def _code_safe(text: str) -> str:
    """Return reStructuredText of a docstring as Markdown of one line; brackets are no links."""
    return text.replace("``", "`").replace("](", "] (")


def _lineage(root: Path, said: Described) -> list[str]:
    lines = ["", "## Lineage", ""]
    lines.append(f"- **Reads** {', '.join(_link(root, name) for name in said.parents)}")
    readers = children(root).get(said.name, ())
    if readers:
        lines.append(f"- **Read by** {', '.join(_link(root, name) for name in readers)}")
    found = ", ".join(_feed_link(name) for name in feeds(root, said.name))
    return [*lines, f"- **Feeds** {found}"]


def _limits(said: Described) -> list[str]:
    """Return what a model says where it has no number."""
    states = [column for column in said.columns if column["name"] in {"status", "verdict"}]
    lines = ["", "## Limits", ""]
    lines += [f"- `{column['name']}`: {column['description']}" for column in states]
    bounds = sum(column["name"].endswith("_lower") for column in said.columns)
    if bounds:
        lines.append("- Each estimate stands with its interval: the columns `…_lower`, `…_upper`.")
    if not states and not bounds:
        lines.append("- Counts of everything: nothing is estimated. Unknown is NULL, never zero.")
    return lines


def _planted(root: Path, name: str) -> list[str]:
    """Return what of a model is planted in the synthetic bank, and what it found."""
    lines: list[str] = []
    own = {entry.name for entry in MECHANISMS if entry.model == name}
    truth = (root / "docs" / "truth.md").read_text(encoding="utf-8")
    for heading, table in re.findall(r"^## (W.*?)\n\n(\|.*?)\n\n", truth, re.S | re.M):
        head, rule, *rows = table.splitlines()
        rows = [row for row in rows if row[2:].split(" |")[0].rsplit(", ", 1)[0] in own]
        if rows:
            lines += ["", f"{heading} ([planted and found](../truth.md)):", "", head, rule, *rows]
    said = []
    for path in sorted((root / "docs").glob("*.md")):
        if path.name in {"charts.md", "catalogue.md", "style.md", "queries.md"}:
            continue
        heading, title = "", path.stem
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                title = line.lstrip("# ")
                heading = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            if f"`{name}`" in line:
                said.append(f"[{title}](../{path.name}#{heading})")
    if said:
        lines += ["", f"Worked through: {', '.join(dict.fromkeys(said))}."]
    if not lines:
        lines = [
            "",
            "No number of its own is planted. What moves it is in [the synthetic bank]"
            "(../synthetic-bank.md#what-is-planted-and-where-to-find-it-again).",
        ]
    return ["", "## Planted and found", *lines]


def _tests(said: Described) -> list[str]:
    """Return the tests of dbt by kind, and its unit tests."""
    lines = ["", "## Tests", ""]
    for kind in said.kinds():
        about = [check.about for check in said.checks if check.kind == kind and check.about]
        lines.append(f"- **{kind}**: {_cell('; '.join(about)) or 'the relation'}")
    lines += [f"- unit test: {unit}" for unit in said.unit_tests]
    return lines


def model_page(root: Path, name: str, drawn: list[Chart]) -> str:
    """Return the page of one model: question, grain, charts, columns, method, lineage, tests."""
    said = describe(root, name)
    if not said.question:
        sys.exit(f"error: {said.path}: the description is no sentence, 'Answers: …', 'Grain: …'")
    link = "../../" + said.code.relative_to(root).as_posix()
    lines = [
        f"# {name}", "", WRITTEN, "", said.what, "",
        f"- **Answers**: {said.question}", f"- **Grain**: {said.grain}",
        f"- **Code**: [{said.code.name}]({link})",
    ]  # fmt: skip
    if beside := said.beside:
        lines.append(f"- **Beside** [{beside}]({beside}.md), at a grain of its own")
    coverage = 100 * float(described_variables(root)["confidence"][1])
    lines += [
        f"- **Chart** `{entry.id}`: {entry.title}. {entry.reading_at(coverage)} Unit: {entry.unit}."
        for entry in drawn
    ]
    lines += ["", "## Columns", "", "| column | type | unit | meaning |", "|---|---|---|---|"]
    for column in said.columns:
        meta = column.get("config", {}).get("meta", {})
        meaning = _cell(column["description"])
        if "metric" in meta:
            metric = get_metric(meta["metric"])
            meaning += f" Metric [{metric.label}](../metrics/{metric.name}.md)."
        unit = meta.get("unit", "")
        lines.append(f"| `{column['name']}` | {column['data_type']} | {unit} | {meaning} |")
    lines += [*_method(root, said), *_lineage(root, said), *_limits(said)]
    lines += [*_planted(root, name), *_tests(said)]
    return "\n".join(lines) + "\n"


def counted_as(metric: Metric) -> list[str]:
    """Return how a metric is counted, if one fact has it."""
    value = metric.value
    if isinstance(value, Measure):
        return ["", f"`{measure_sql(value)}` from `{value.fact}`."]
    if isinstance(value, Ratio):
        over = " over ".join(
            f"[{get_metric(name).label}]({name}.md)"
            for name in (value.numerator, value.denominator)
        )
        return ["", f"{over}{f' times {value.scale}' if value.scale != 1 else ''}."]
    return []


def columns_by_metric(root: Path) -> dict[str, list[tuple[str, str]]]:
    """Return model and column of each column that names a metric, by the metric."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in code_files(root):
        if name.startswith("analytics_"):
            for column in describe(root, name).columns:
                if metric := column.get("config", {}).get("meta", {}).get("metric"):
                    found.setdefault(metric, []).append((name, column["name"]))
    return found


GOOD = {"up": "more is good", "down": "less is good", "none": "neither way is good in itself"}


def metric_page(root: Path, metric: Metric, columns: list[tuple[str, str]]) -> str:
    """Return the page of one metric: what it is, how it is counted, where it is shown."""
    lines = [f"# {metric.label}", "", WRITTEN, "", metric.definition, ""]
    if metric.question:
        lines.append(f"- **Question**: {metric.question}")
    lines += [
        f"- **Name**: `{metric.name}`",
        f"- **Unit**: {metric.unit}",
        f"- **Good news**: {GOOD[metric.good]}",
        f"- **Owner**: {metric.owner}",
    ]
    if counted := counted_as(metric):
        lines += ["", "## How it is counted", *counted]
    shown = [entry for entry in charts() if metric.name in entry.metrics]
    if shown or columns:
        lines += ["", "## Where it is shown", ""]
    lines += [
        f"- chart `{entry.id}` of {_link(root, entry.model)}: {entry.title}" for entry in shown
    ]
    lines += [f"- column `{column}` of {_link(root, name)}" for name, column in columns]
    return "\n".join(lines) + "\n"


def metric_list() -> str:
    """Return the glossary: all registered metrics, each with its page."""
    lines = [
        "# Metrics", "", f"{WRITTEN} From `src/financial_analytics/metrics.yml`.", "",
        "A number that several pages show has one name and one definition. Columns name theirs in",
        "`meta.metric`, charts in `metrics`, and each page prints the definition beside the chart.",
        "", "| metric | what it is | unit | good news |", "|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| [{metric.label}](metrics/{metric.name}.md) | {_cell(metric.definition)} "
        f"| {metric.unit} | {GOOD[metric.good]} |"
        for metric in metrics().values()
    ]
    return "\n".join(lines) + "\n"


def contract(root: Path) -> list[dict[str, Any]]:
    """Return the tables of the contract as its YAML has them."""
    text = (root / "models" / "ingestion" / "sources.yml").read_text(encoding="utf-8")
    tables: list[dict[str, Any]] = yaml.load(text, Loader=LOADER)["sources"][0]["tables"]
    return tables


KINDS = {
    "entity": "history is kept by key and version time",
    "event": "a later arrival of a key is a correction",
    "accumulating": "an event that is sent again as its status moves",
    "reference": "the latest arrival wins",
}


def _rules(meta: dict[str, Any]) -> str:
    """Return what a value of a column must be, in words."""
    said = ["required"] if meta.get("required") else []
    if "values" in meta:
        said.append("one of " + ", ".join(str(value) for value in meta["values"]))
    if "code_list" in meta:
        said.append("a code of ISO 4217")
    for key, word in (("above", "above"), ("minimum", "at least"), ("maximum", "at most")):
        if key in meta:
            said.append(f"{word} {meta[key]}")
    if "pii" in meta:
        said.append("personal: stays in bronze and the vault")
    if "feed_names" in meta:
        said.append("also called " + ", ".join(str(name) for name in meta["feed_names"]))
    return "; ".join(said)


def source_page(root: Path, table: dict[str, Any]) -> str:
    """Return the page of one feed: what a row is, its columns, what hangs on it."""
    name, meta = table["name"], table["config"]["meta"]
    lines = [
        f"# {name}", "", f"{WRITTEN} From [the contract](../../models/ingestion/sources.yml).", "",
        table["description"], "",
        f"- **Kind**: {meta['kind']}, {KINDS[meta['kind']]}",
        f"- **Key**: {', '.join(f'`{column}`' for column in meta['key'])}",
    ]  # fmt: skip
    if "event_time" in meta:
        lines.append(f"- **Moves the clock** by `{meta['event_time']}`")
    lines += [
        f"- `{column}` **refers to** {_feed_link(str(to).split('.', maxsplit=1)[0])}"
        for column, to in meta.get("references", {}).items()
    ]
    lines.append("- How files are read: [ingest](../ingest.md)")
    lines += ["", "## Columns", "", "| column | type | unit | rules |", "|---|---|---|---|"]
    for column in table["columns"]:
        about = column.get("config", {}).get("meta", {})
        rules = _cell(" ".join(filter(None, [column.get("description", ""), _rules(about)])))
        unit = about.get("unit", "")
        lines.append(f"| `{column['name']}` | {column['data_type']} | {unit} | {rules} |")
    hanging = [one for one in sorted(code_files(root)) if name in feeds(root, one)]
    for title, start in (("Facts", "fact_"), ("Analytics models", "analytics_")):
        found = [_link(root, one) for one in hanging if one.startswith(start)]
        if found:
            lines += ["", f"## {title} that hang on it", "", ", ".join(found)]
    return "\n".join(lines) + "\n"


def chart_list() -> str:
    """Return the page that lists every registered chart."""
    lines = ["# Charts", "", f"{WRITTEN} How charts are made: [reports](reports.md)."]
    for category in CATEGORIES:
        entries = charts(category.folder)
        if entries:
            lines += ["", f"## {category.title}: {category.question}", ""]
            lines += ["| chart | model | shows | unit |", "|---|---|---|---|"]
            lines += [
                f"| `{entry.id}` | [`{entry.model}`](models/{entry.model}.md) | {entry.title} "
                f"| {entry.unit} |"
                for entry in entries
            ]
    return "\n".join(lines) + "\n"


def questions(root: Path) -> str:
    """Return the README's table of the eight questions."""
    said = yaml.load((root / "docs" / "answers.yml").read_text(encoding="utf-8"), Loader=LOADER)
    lines = ["| # | question | the demo's answer | |", "|---|---|---|---|"]
    for number, category in enumerate(CATEGORIES, start=1):
        described = described_models(root, category)
        models = sum(not describe(root, name).beside for name in described)
        drawn = len(charts(category.folder))
        answer = _cell(said[category.question])
        state = f"{models} models, {drawn} charts, one report"
        lines.append(f"| {number} | {category.question} | {answer} | {state} |")
    return "\n".join(lines) + "\n"


def described_variables(root: Path) -> dict[str, tuple[str, Any]]:
    """Return each variable of the project with its comment and its default, in order.

    A variable without a comment of its own shares that of the one above it.
    """
    text = (root / "dbt_project.yml").read_text(encoding="utf-8")
    defaults = yaml.load(text, Loader=LOADER)["vars"]
    found: dict[str, tuple[str, Any]] = {}
    comment: list[str] = []
    is_open = False
    for line in text.split("\nvars:\n", maxsplit=1)[1].splitlines():
        if line.startswith("  # "):
            comment = [*comment, line[4:]] if is_open else [line[4:]]
            is_open = True
        elif match := re.match(r"  (\w+):", line):
            found[match[1]] = (" ".join(comment), defaults[match[1]])
            is_open = False
        elif line and not line.startswith(" "):
            break
    return found


def variables_page(root: Path) -> str:
    """Return the page of all variables."""
    lines = [
        "# Variables", "", f"{WRITTEN} From the comments of [dbt_project.yml](../dbt_project.yml).",
        "",
        "`fa build --vars '{activity_days: 30}'`, or `--vars` of dbt, sets it until another build",
        "sets it back, which asks first (the warehouse keeps what its last build was given, in",
        "`builds.settings`; all but `as_of`). For good: in `dbt_project.yml`. A changed variable",
        "reaches every row: what was built by increments with another value is built again, in",
        "plain dbt too.",
        "", "| variable | default | meaning |", "|---|---|---|",
    ]  # fmt: skip
    lists = []
    for name, (comment, default) in described_variables(root).items():
        shown = "null" if default is None else str(default)
        if isinstance(default, bool):
            shown = shown.lower()
        if isinstance(default, dict):
            shown = "below"
            lists += ["", f"## {name}", "", "| | columns |", "|---|---|"]
            lists += [f"| {key} | {', '.join(values)} |" for key, values in default.items()]
        lines.append(f"| `{name}` | {shown} | {_cell(comment)} |")
    return "\n".join(lines + lists) + "\n"


def pages(root: Path) -> dict[Path, str]:
    """Return every file that is generated, whole, by its path."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    found = {
        root / "README.md": TABLE.sub(
            lambda place: place[1] + questions(root) + place[2], readme, count=1
        ),
        root / "docs" / "charts.md": chart_list(),
        root / "docs" / "metrics.md": metric_list(),
        root / "docs" / "variables.md": variables_page(root),
    }
    named = columns_by_metric(root)
    for metric in metrics().values():
        page = metric_page(root, metric, named.get(metric.name, []))
        found[root / "docs" / "metrics" / f"{metric.name}.md"] = page
    for table in contract(root):
        found[root / "docs" / "sources" / f"{table['name']}.md"] = source_page(root, table)
    for category in CATEGORIES:
        entries = charts(category.folder)
        for name in described_models(root, category):
            drawn = [entry for entry in entries if entry.model == name]
            found[root / "docs" / "models" / f"{name}.md"] = model_page(root, name, drawn)
    return found


def stale(root: Path) -> list[Path]:
    """Return what differs from what would be written, and pages of models that are gone."""
    wanted = pages(root)
    differing = [
        path
        for path, text in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    kept = [path for folder in FOLDERS for path in (root / "docs" / folder).glob("*.md")]
    return differing + [path for path in kept if path not in wanted]


def main(root: Path = ROOT) -> None:
    """Write what differs, delete pages of models that are gone, say which."""
    changed = stale(root)
    wanted = pages(root)
    for path in changed:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
        sys.stdout.write(f"{path.relative_to(root)}\n")


if __name__ == "__main__":
    main()

"""Writes what the documents derive from the project: ``make docs``, or ``python docs/generate.py``.

The list of charts (`docs/charts.md`), a page for each analytics model (`docs/models/`), and the
table of questions in `README.md` come from the registry of charts and the YAML of the models (its
answers from `docs/answers.yml`, which `docs/answers.py` reads from a demo); the
page of variables (`docs/variables.md`) from the comments of `dbt_project.yml`; the page of metrics
(`docs/metrics.md`) from their registry.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from financial_analytics.charts.catalogue import CATEGORIES, Category
from financial_analytics.charts.registry import Chart, charts
from financial_analytics.export.star import doc_blocks, with_blocks
from financial_analytics.metrics import (
    Measure,
    Metric,
    Ratio,
    get_metric,
    measure_sql,
    metrics,
)

# The same YAML, read by the C library where PyYAML has it: ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ROOT = Path(__file__).resolve().parents[1]
COMMAND = "make docs"
WRITTEN = f"Written by `{COMMAND}`; do not edit."
TABLE = re.compile(rf"(<!-- {COMMAND}: questions -->\n).*?(<!-- end -->)", re.S)


def described_models(root: Path, category: Category) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return the analytics models of a category: name to YAML file and content."""
    folder = root / "models" / "gold" / "analytics" / category.folder
    return {
        model["name"]: (path, model)
        for path in sorted(folder.glob("*.yml"))
        for model in yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)["models"]
    }


def _beside(model: dict[str, Any]) -> str | None:
    """Return the model of the catalogue that this one completes at another grain, if it does."""
    name: str | None = model.get("config", {}).get("meta", {}).get("beside")
    return name


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def model_page(root: Path, path: Path, model: dict[str, Any], drawn: list[Chart]) -> str:
    """Return the page of one model: question, grain, charts, columns."""
    blocks = doc_blocks(root)

    def words(text: str) -> str:
        return _cell(with_blocks(text, blocks))

    said = words(model["description"])
    match = re.fullmatch(r"(.*?) Answers: (.*?) Grain: (.*)", said)
    if match is None:
        sys.exit(f"error: {path}: the description is no sentence, 'Answers: …' and 'Grain: …'")
    what, answers, grain = match.groups()
    code = next(file for file in sorted(path.parent.glob(f"{path.stem}.*")) if file != path)
    link = "../../" + code.relative_to(root).as_posix()
    lines = [
        f"# {model['name']}", "", WRITTEN, "", what, "",
        f"- **Answers**: {answers}", f"- **Grain**: {grain}",
        f"- **Code**: [{code.name}]({link})",
    ]  # fmt: skip
    if beside := _beside(model):
        lines.append(f"- **Beside** [{beside}]({beside}.md), at a grain of its own")
    coverage = 100 * float(described_variables(root)["confidence"][1])
    lines += [
        f"- **Chart** `{entry.id}`: {entry.title}. {entry.reading_at(coverage)} Unit: {entry.unit}."
        for entry in drawn
    ]
    lines += ["", "| column | type | unit | meaning |", "|---|---|---|---|"]
    for column in model["columns"]:
        meta = column.get("config", {}).get("meta", {})
        unit = meta.get("unit", "")
        meaning = words(column.get("description", ""))
        if "metric" in meta:
            metric = get_metric(meta["metric"])
            meaning += f" Metric [{metric.label}](../metrics.md#{metric.name})."
        lines.append(f"| `{column['name']}` | {column['data_type']} | {unit} | {meaning} |")
    return "\n".join(lines) + "\n"


def counted_as(metric: Metric) -> list[str]:
    """Return how a metric is counted, if one fact has it."""
    value = metric.value
    if isinstance(value, Measure):
        return ["", f"{metric.question} `{measure_sql(value)}` from `{value.fact}`."]
    if isinstance(value, Ratio):
        times = f" times {value.scale}" if value.scale != 1 else ""
        return ["", f"{metric.question} `{value.numerator}` over `{value.denominator}`{times}."]
    return []


def metric_list() -> str:
    """Return the page of all registered metrics, and the charts that show each."""
    lines = [
        "# Metrics", "", f"{WRITTEN} From `src/financial_analytics/metrics.yml`.", "",
        "A number that several pages show has one name and one definition. Columns name theirs in",
        "`meta.metric`, charts in `metrics`, and each page prints the definition beside the chart.",
    ]  # fmt: skip
    for metric in metrics().values():
        shown = ", ".join(f"`{entry.id}`" for entry in charts() if metric.name in entry.metrics)
        lines += [
            "", f"## {metric.name}", "", f"**{metric.label}.** {metric.definition}", "",
            f"Unit: {metric.unit}. Owner: {metric.owner}. Charts: {shown or 'none'}.",
            *counted_as(metric),
        ]  # fmt: skip
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
        described = described_models(root, category).values()
        models = sum(_beside(model) is None for _, model in described)
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
    for category in CATEGORIES:
        entries = charts(category.folder)
        for name, (path, model) in described_models(root, category).items():
            drawn = [entry for entry in entries if entry.model == name]
            found[root / "docs" / "models" / f"{name}.md"] = model_page(root, path, model, drawn)
    return found


def stale(root: Path) -> list[Path]:
    """Return what differs from what would be written, and pages of models that are gone."""
    wanted = pages(root)
    differing = [
        path
        for path, text in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    return differing + [p for p in (root / "docs" / "models").glob("*.md") if p not in wanted]


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

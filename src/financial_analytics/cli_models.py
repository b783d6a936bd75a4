"""Commands of ``fa`` about trained models: train them whatever stands, look at one closely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from financial_analytics.cli_console import Display, format_table, note, now, say
from financial_analytics.cli_options import Target, Vars, parse_vars
from financial_analytics.errors import UserInputError
from financial_analytics.rights import shared

if TYPE_CHECKING:
    from financial_analytics.engines.gold import Gold
    from financial_analytics.export.star import Table
    from financial_analytics.settings import Settings

Model = Annotated[
    str | None, typer.Argument(help="Name in model_registry, such as churn. Default: all.")
]
validate = typer.Typer(
    name="validate", help="Check models against what happened.", no_args_is_help=True
)
export = typer.Typer(name="export", help="Write files for other tools.", no_args_is_help=True)


def trained_names(project: Path) -> list[str]:
    """Return the names of what is trained, from the files of the project."""
    folder = project / "models" / "gold" / "intermediate" / "predictive"
    return sorted(
        path.stem.removeprefix("int_").removesuffix("_models")
        for path in folder.glob("int_*_models.py")
    )


def checked_name(name: str, project: Path) -> str:
    """Return a name of what is trained.

    Raises
    ------
    UserInputError
        If nothing is called so.
    """
    names = trained_names(project)
    if name not in names:
        raise UserInputError(f"no model {name!r}", hint=f"give one of: {', '.join(names)}")
    return name


def train(
    context: typer.Context, model: Model = None, variables: Vars = "", target: Target = None
) -> None:
    """Train models again, though neither data nor code changed, and publish what follows."""
    from financial_analytics import cli_steps  # noqa: PLC0415
    from financial_analytics.build import BuildOptions  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    names = (
        [checked_name(model, settings.project_dir)]
        if model
        else trained_names(settings.project_dir)
    )
    chosen = parse_vars(variables)
    cli_steps.lasting_step(context.obj, settings, chosen, target)
    moment = now()
    options = BuildOptions(
        select=tuple(f"int_{name}_models+" for name in names),
        variables=chosen,
        target=target,
        is_skipping=False,
    )
    with Display() as display:
        result = cli_steps.build_step(display, settings, options)
        cli_steps.publish_step(
            display,
            settings,
            moment,
            target=target,
            is_partial=True,
            contents=result.contents,
            is_skipping=False,
        )
    note(f"trained: {', '.join(names)}")


@validate.command("model")
def validate_model(
    name: Annotated[str, typer.Argument(help="Name in model_registry, such as churn.")],
    target: Target = None,
) -> None:
    """Write the validation pack of a model: one page, and its scorecard as SQL."""
    from financial_analytics.reports.validation import write_pack  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    with shared():
        written = write_pack(settings, checked_name(name, settings.project_dir), target)
    for path in written:
        say(str(path))


@validate.command("truth")
def validate_truth(
    seeds: Annotated[int, typer.Option(min=1, help="Synthetic banks of either kind.")] = 40,
    first: Annotated[int, typer.Option(help="The first seed; the others follow.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Banks at a time.")] = 1,
    customers: Annotated[int, typer.Option(min=500, help="Of each bank.")] = 6000,
    transactions: Annotated[int, typer.Option(min=5000, help="About so many.")] = 300_000,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results. Default: data/validation.")
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Write a Markdown page, too.")] = None,
) -> None:
    """Hold causal estimates against what is planted in synthetic banks, seed by seed.

    Banks that were done before in the folder are not done again.
    """
    from financial_analytics.settings import load_settings  # noqa: PLC0415
    from financial_analytics.validate import (  # noqa: PLC0415
        pages,
        recover,
        summary,
    )

    settings = load_settings()
    folder = out or settings.data_dir / "validation"
    with Display() as display, display.step("validate") as step:

        def heard(done: int, total: int) -> None:
            step.total(total)
            if done:
                step.finished(f"bank {done}", "done", 0.0)

        found = recover(
            range(first, first + seeds), folder=folder, project_dir=settings.project_dir,
            moment=now(), customers=customers, transactions=transactions, jobs=jobs, heard=heard,
        )  # fmt: skip
        step.summary = f"{2 * seeds} banks, {len(found)} estimates"
    rows = summary(found)
    words = [[row["arm"], *pages.cells(row)] for row in rows]
    say(format_table(["effects", *pages.HEADERS], words))
    for path in pages.write_results(found, folder):
        note(str(path))
    if page is not None:
        command = f"fa validate truth --seeds {seeds}"
        page.write_text(
            pages.page(found, command=command, customers=customers, transactions=transactions),
            encoding="utf-8",
        )
        note(str(page))


@export.command("features")
def export_features_command(
    out_dir: Annotated[
        Path | None, typer.Argument(help="Folder to write to. Default: data/features.")
    ] = None,
    target: Target = None,
) -> None:
    """Write the features as Parquet with entity key and event timestamp, as Feast expects."""
    from financial_analytics.export.feast import export_features  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    with _gold(settings, target) as gold:
        for path in export_features(gold, out_dir or settings.data_dir / "features"):
            say(str(path))


Folder = Annotated[Path | None, typer.Argument(help="Folder to write to.")]


@export.command("parquet")
def export_parquet(out_dir: Folder = None, target: Target = None) -> None:
    """Write dimensions and facts as Parquet. Default folder: data/export/parquet."""
    _export_tables("parquet", out_dir, target)


@export.command("csv")
def export_csv(out_dir: Folder = None, target: Target = None) -> None:
    """Write dimensions and facts as CSV without formulas. Default folder: data/export/csv."""
    _export_tables("csv", out_dir, target)


@export.command("looker")
def export_looker_command(
    out_dir: Folder = None,
    connection: Annotated[
        str, typer.Option(help="Name of the database connection in Looker.")
    ] = "financial_analytics",
) -> None:
    """Write a LookML project: views, explores, metrics. Default folder: data/export/looker."""
    from financial_analytics.export.looker import export_looker  # noqa: PLC0415
    from financial_analytics.export.star import star_schema  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    folder = out_dir or settings.data_dir / "export" / "looker"
    for path in export_looker(star_schema(settings.project_dir), folder, connection):
        say(str(path))


@export.command("ossie")
def export_ossie_command(out_dir: Folder = None) -> None:
    """Write the semantic model as Ossie 0.1.1 (YAML). Default folder: data/export/ossie."""
    from financial_analytics.export.ossie import export_ossie  # noqa: PLC0415
    from financial_analytics.export.star import star_schema  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    folder = out_dir or settings.data_dir / "export" / "ossie"
    say(str(export_ossie(star_schema(settings.project_dir), folder)))


@export.command("powerbi")
def export_powerbi_command(out_dir: Folder = None, target: Target = None) -> None:
    """Write a Power BI project with its data. Default folder: data/export/powerbi."""
    from financial_analytics.export.powerbi import export_powerbi  # noqa: PLC0415

    with _star("powerbi", out_dir, target) as (gold, tables, folder):
        say(str(export_powerbi(gold, tables, folder)))


@export.command("tableau")
def export_tableau_command(
    out_dir: Folder = None,
    data: Annotated[
        str, typer.Option(help="hyper (one extract; needs pantab) or csv (a text file each).")
    ] = "hyper",
    target: Target = None,
) -> None:
    """Write Tableau data sources with their rows. Default folder: data/export/tableau."""
    from financial_analytics.export.tableau import export_tableau  # noqa: PLC0415

    with _star("tableau", out_dir, target) as (gold, tables, folder):
        for path in export_tableau(gold, tables, folder, data):
            say(str(path))


@export.command("excel")
def export_excel_command(
    out_dir: Folder = None,
    rows: Annotated[
        int, typer.Option(help="Tables of more rows are named in the book, not written.")
    ] = 100_000,
    target: Target = None,
) -> None:
    """Write a workbook: metrics by month, dimensions, facts. Default folder: data/export/excel."""
    from financial_analytics.export.excel import export_excel  # noqa: PLC0415

    with _star("excel", out_dir, target) as (gold, tables, folder):
        path, long = export_excel(gold, tables, folder, rows)
    for name, count in long.items():
        note(f"not in the book: {name} has {count:,} rows")
    say(str(path))


def _export_tables(form: str, out_dir: Path | None, target: str | None) -> None:
    from financial_analytics.export.files import export_tables  # noqa: PLC0415

    with _star(form, out_dir, target) as (gold, tables, folder):
        for path in export_tables(gold, tables, folder, form):
            say(str(path))


@contextmanager
def _star(
    form: str, out_dir: Path | None, target: str | None
) -> Iterator[tuple[Gold, list[Table], Path]]:
    """Give what is exported, the tables of the star schema, and the folder of an export."""
    from financial_analytics.export.star import star_schema  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    folder = out_dir or settings.data_dir / "export" / form
    with _gold(settings, target) as gold:
        yield gold, star_schema(settings.project_dir), folder


@contextmanager
def _gold(settings: Settings, target: str | None) -> Iterator[Gold]:
    """Give the star schema as it was published last, or the warehouse that `target` names."""
    if target is not None:
        from financial_analytics.engines.table import engine_of  # noqa: PLC0415

        with engine_of(target).gold.open_gold(settings) as gold:
            yield gold
        return
    from financial_analytics.engines.duckdb.snapshot import open_star  # noqa: PLC0415
    from financial_analytics.publish import star_path  # noqa: PLC0415

    with open_star(star_path(settings)) as published:
        day = published.as_of()
        note(f"from the build {published.run_id()}" + (f", data of {day} as newest" if day else ""))
        yield published


def redate_command(target: Target = None) -> None:
    """Date loads anew that a wrong clock has dated into the future; now is the right time."""
    from financial_analytics.build import target_name  # noqa: PLC0415
    from financial_analytics.ingest.redate import redate  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    moment = now()
    count = redate(load_settings(), target_name(target), latest=moment)
    if not count:
        note(f"no load is dated later than {moment:%Y-%m-%d %H:%M:%S}; nothing was changed")
        return
    say(f"{count} loads are dated {moment:%Y-%m-%d %H:%M:%S}")
    note("what is built of them has the old times still: fa build --full-refresh")


def register(app: typer.Typer) -> None:
    """Add the commands to ``fa``."""
    app.command("redate")(redate_command)
    app.command()(train)
    app.add_typer(validate)
    app.add_typer(export)

"""Options that several commands of ``fa`` have, each said once."""

from __future__ import annotations

from typing import Annotated

import typer

Vars = Annotated[
    str,
    typer.Option("--vars", help="Variables of dbt_project.yml: '{as_of: 2024-12-31}'."),
]
Target = Annotated[
    str | None, typer.Option(help="dbt target. Default: FA_TARGET, or the profile's.")
]
MaxQuarantined = Annotated[
    float,
    typer.Option(help="Per cent of a table's rows; more in quarantine ends in exit code 6."),
]
Connector = Annotated[
    str | None,
    typer.Option(help="Source system or format of the files: berka, camt, … Default: contract."),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="A lab bank, made for one study: branches, campaigns, cards, churn, clv, credit, "
        "demo, products, proximity, retention or volume. Other options change it."
    ),
]

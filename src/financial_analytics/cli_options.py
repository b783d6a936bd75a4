"""Options that several commands of ``fa`` have, each said once, and how they are read."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from financial_analytics.errors import UserInputError

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


def parse_vars(text: str) -> dict[str, Any]:
    """Return dbt variables written as a YAML mapping; dates stay text.

    Raises
    ------
    UserInputError
        If `text` is not a mapping.
    """
    import yaml  # noqa: PLC0415

    if not text.strip():
        return {}
    try:
        parsed = yaml.load(text, Loader=yaml.BaseLoader)
        typed = yaml.safe_load(text)
    except yaml.YAMLError:
        parsed = typed = None
    if not isinstance(parsed, dict) or not isinstance(typed, dict):
        raise UserInputError(
            f"--vars {text!r} is not a YAML mapping", hint="write it as '{as_of: 2024-12-31}'"
        )
    plain = (bool, int, float, list, dict, type(None))
    return {
        str(name): value if isinstance(value, plain) else parsed[name]
        for name, value in zip(parsed, typed.values(), strict=True)
    }

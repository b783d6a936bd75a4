"""Commands of ``fa`` for who runs it: how it stands, erasing customers, another key."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from financial_analytics.cli_console import Display, confirm, format_table, note, now, say
from financial_analytics.cli_options import Target
from financial_analytics.errors import UserInputError

if TYPE_CHECKING:
    from financial_analytics.status import Status


def erase(
    customer: Annotated[
        list[str], typer.Option("--customer", help="Id, as the feeds have it. Repeatable.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    target: Target = None,
) -> None:
    """Erase customers for good; their movements stay, under the unknown customer."""
    from financial_analytics import cli_steps  # noqa: PLC0415
    from financial_analytics.build import BuildOptions, target_name  # noqa: PLC0415
    from financial_analytics.erasure import erase as erasing  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    engine = target_name(target)
    plan = erasing.plan_of(settings, engine)
    ids = list(dict.fromkeys(text.strip() for text in customer))
    if not yes and not confirm(f"erasing {len(ids)} customer(s) cannot be undone"):
        raise UserInputError("nothing was erased", hint="fa erase --customer ID --yes")
    moment = now()
    with Display() as display:
        cli_steps.hot_step(display, settings, moment, engine)
        with display.step("erase") as step:
            begun = erasing.erase_bronze(plan, ids, moment=moment)
            step.summary = f"{begun.rows:,} rows of bronze deleted or emptied"
        if not begun.number:
            note("erased before; nothing is left to do")
            return
        variables = erasing.build_variables(plan)
        with display.step("files") as step:
            erasing.rewrite(plan, begun)
            hot = erasing.forget_hot(plan)
            gone = erasing.forget_exports(settings)
            step.summary = f"written anew; {hot:,} events of the stream emptied"
        options = BuildOptions(
            full_refresh=True, variables=variables, target=engine, is_skipping=False
        )
        result = cli_steps.build_step(display, settings, options)
        cli_steps.publish_step(
            display, settings, moment, target=engine, contents=result.contents, is_skipping=False
        )
        if settings.reports_dir.is_dir():
            cli_steps.report_step(display, settings, None)
        erasing.sweep(plan)
        erasing.finish(plan, moment=now())
    say(f"erasure {begun.number}: {begun.customers:,} customers, {begun.rows:,} rows of bronze")
    for folder in gone:
        note(f"deleted, for it was made of the earlier state: {folder} (fa export writes it again)")
    note("not touched: the files that were loaded, exports in other folders, backups")


def rekey(target: Target = None) -> None:
    """Go over from the key FA_PII_KEY_BEFORE to FA_PII_KEY; hashes follow with the next build."""
    from financial_analytics.build import target_name  # noqa: PLC0415
    from financial_analytics.erasure import erase as erasing  # noqa: PLC0415
    from financial_analytics.erasure.secret import key_of  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415

    plan = erasing.plan_of(load_settings(), target_name(target))
    before = key_of(os.environ, erasing.BEFORE_NAME)
    if erasing.rotate(plan, before):
        say("erased customers are known again under the new key")
    else:
        say("nobody was erased: there is nothing to carry over")
    note("hashes of e-mail addresses and telephone numbers change with the next build: fa build")


def status_command(
    as_json: Annotated[bool, typer.Option("--json", help="For a scheduler or a monitor.")] = False,
    target: Target = None,
) -> None:
    """Say how old feeds are, how builds ended, what failed and what is in quarantine."""
    from financial_analytics.build import target_name  # noqa: PLC0415
    from financial_analytics.settings import load_settings  # noqa: PLC0415
    from financial_analytics.status import status  # noqa: PLC0415

    found = status(load_settings(), target_name(target), moment=now())
    if as_json:
        say(json.dumps(found.as_dict(), indent=2))
    else:
        _show_status(found)
    if not found.is_well:
        raise typer.Exit(1)


def _show_status(found: Status) -> None:
    say(format_table(
        ["feed", "newest load", "hours ago", "loads", "accepted", "quarantined"],
        [[f.feed, f.loaded_at, f.age_hours, f.loads, f.accepted_rows, f.quarantined_rows]
         for f in found.feeds],
    ))  # fmt: skip
    say("")
    say(format_table(
        ["build", "outcome", "seconds", "ran", "left alone", "warned", "failed"],
        [[r.run_id, r.outcome, r.seconds, r.ran, r.left_alone, len(r.warned), len(r.failed)]
         for r in found.runs],
    ))  # fmt: skip
    if found.quarantine:
        say("")
        say(format_table(
            ["quarantine", "column", "rule", "rows"],
            [[q.feed, q.column or "", q.rule, q.rows] for q in found.quarantine],
        ))  # fmt: skip
    for name in found.failing:
        note(f"failed: {name}")
    for name in found.warnings:
        note(f"warning: {name}")
    if found.warehouse:
        note(f"bronze was not asked: {found.warehouse}")
    if found.unfinished_erasures:
        note("an erasure is not finished: run the same fa erase again")


def register(app: typer.Typer) -> None:
    """Add the commands to ``fa``."""
    app.command("status")(status_command)
    app.command()(erase)
    app.command()(rekey)

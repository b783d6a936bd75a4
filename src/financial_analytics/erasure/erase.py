"""Erasing customers from an installation, in steps that can each be done again.

Bronze is one transaction. Then its files are written anew, everything is built and published
from it, and what was made for others of the earlier state goes. An erasure that was killed in
between is finished by the same command.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from financial_analytics.engines.stores import BRONZE_SCHEMA, ERASURE_LEDGERS, NEEDED_ERASED
from financial_analytics.engines.table import ENGINES, Engine, engine_of
from financial_analytics.erasure import bronze
from financial_analytics.erasure.secret import KEY_NAME, Wrapped, unwrap, wrap
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.ingest.contract_file import load_contract
from financial_analytics.live.forget import forget
from financial_analytics.live.hot import hot_path, one_stream
from financial_analytics.settings import Settings

BEFORE_NAME = "FA_PII_KEY_BEFORE"
DERIVED = ("export", "features")
"""Folders of the data folder that exports write to when they are told no other."""


@dataclass(frozen=True)
class Plan:
    """What is to be erased where, and the key that it is remembered under."""

    settings: Settings
    target: str
    key: bytes

    @property
    def engine(self) -> Engine:
        """The engine of the target."""
        return engine_of(self.target)


def plan_of(settings: Settings, target: str) -> Plan:
    """Return how customers of a target are erased.

    Raises
    ------
    UserInputError
        If the target cannot, or no key of personal data is set.
    """
    able = [name for name in ENGINES if engine_of(name).erasure is not None]
    if target not in able:
        raise UserInputError(
            f"customers of target {target} cannot be erased", hint=f"valid are {', '.join(able)}"
        )
    key = os.environ.get(KEY_NAME, "").encode()
    if not key:
        raise UserInputError(
            f"{KEY_NAME} is not set: an erased customer could not be known again in a later file",
            hint=f"set {KEY_NAME} to the key of personal data of this warehouse",
        )
    return Plan(settings, target, key)


def erase_bronze(plan: Plan, ids: Sequence[str], *, moment: datetime) -> bronze.Begun:
    """Erase customers in bronze, whole or not at all.

    Parameters
    ----------
    plan : Plan
        Where.
    ids : sequence of str
        Ids of customers as the feeds have them.
    moment : datetime
        Now, UTC.

    Raises
    ------
    UserInputError
        If one is not known, or the key is another one than before; nothing was erased.
    EngineError
        If the warehouse is in use, damaged or refuses; nothing was erased.
    """
    erasure = plan.engine.erasure
    assert erasure is not None
    contract = load_contract(plan.settings.project_dir)
    with erasure.open_editor(plan.settings) as editor:
        return bronze.begin(editor, contract, ids, key=plan.key, moment=moment)


def rewrite(plan: Plan, begun: bronze.Begun) -> None:
    """Get the bytes out of the files of bronze."""
    erasure = plan.engine.erasure
    assert erasure is not None
    erasure.rewrite(plan.settings, begun.tables)


def rotate(plan: Plan, before: bytes) -> bool:
    """Keep the secret of erasures under the key of `plan`; False where nobody was erased.

    Done twice it changes nothing. Hashes in silver follow with the next build.

    Parameters
    ----------
    plan : Plan
        Where, and the new key.
    before : bytes
        The key that it is kept under.

    Raises
    ------
    UserInputError
        If `before` is not the key that it is kept under.
    """
    erasure = plan.engine.erasure
    assert erasure is not None
    with erasure.open_editor(plan.settings) as editor:
        if "_erasure_secret" not in editor.tables():
            return False
        kept = editor.rows(f"select salt, wrapped, proof from {BRONZE_SCHEMA}._erasure_secret")
        if not kept:
            return False
        wrapped = Wrapped(*kept[0])
        with suppress(UserInputError):
            unwrap(wrapped, plan.key)
            return True  # as an earlier call left it
        secret = unwrap(wrapped, before, BEFORE_NAME)
        bronze.keep_secret(editor, wrap(secret, plan.key, os.urandom(16)))
    path = hot_path(plan.settings)
    if path.is_file():
        forget_hot(plan)
    return True


def sweep(plan: Plan) -> None:
    """Get the bytes of what was built before out of a server's files, after a build."""
    erasure = plan.engine.erasure
    assert erasure is not None
    if not plan.engine.is_embedded:  # a file that was rewritten has nothing of before
        erasure.rewrite(plan.settings, ())


def build_variables(plan: Plan) -> dict[str, Any]:
    """Return the variables that the newest build was given, for the one that follows."""
    kept = plan.engine.newest_settings(plan.settings)
    return json.loads(kept) if kept else {}


def forget_exports(settings: Settings) -> list[Path]:
    """Delete exports in the data folder, which are written again from what is built."""
    gone = [settings.data_dir / name for name in DERIVED if (settings.data_dir / name).is_dir()]
    for folder in gone:
        shutil.rmtree(folder)
    return gone


def forget_hot(plan: Plan) -> int:
    """Take erased customers out of the hot store, if there is one; return of how many rows.

    Raises
    ------
    EngineError
        If a stream is running.
    """
    path = hot_path(plan.settings)
    if not path.is_file():
        return 0
    erasure = plan.engine.erasure
    assert erasure is not None
    with one_stream(path), erasure.open_editor(plan.settings) as editor:
        ledgers = {
            name: [
                tuple(row)
                for row in editor.rows(
                    f"select {', '.join(ERASURE_LEDGERS[name])} from {BRONZE_SCHEMA}.{name}"
                )
            ]
            for name in NEEDED_ERASED
        }
    ((salt, wrapped, proof),) = ledgers["_erasure_secret"]
    secret = unwrap(Wrapped(salt, wrapped, proof), plan.key)
    with one_stream(path):
        return forget(path, load_contract(plan.settings.project_dir), ledgers, secret)


def forget_taken(settings: Settings, target: str) -> None:
    """Take customers erased earlier out of a hot store that bronze has just taken.

    While a stream writes to the store it is left for the next time; the stream itself leaves them
    out, unless the store is newer than the erasure.
    """
    engine = engine_of(target)
    if engine.erasure is None or f"{BRONZE_SCHEMA}._erased" not in engine.relations(settings):
        return
    with suppress(EngineError):
        forget_hot(plan_of(settings, target))


def finish(plan: Plan, *, moment: datetime) -> None:
    """Write down, in bronze, that nothing is left to do."""
    erasure = plan.engine.erasure
    assert erasure is not None
    with erasure.open_editor(plan.settings) as editor:
        bronze.finish(editor, moment=moment)


def unfinished(settings: Settings, target: str) -> int:
    """Return how many erasures were begun and not finished.

    Raises
    ------
    EngineError
        If the warehouse cannot be read.
    """
    engine = engine_of(target)
    if f"{BRONZE_SCHEMA}._erasures" not in engine.relations(settings):
        return 0
    with engine.gold.open_gold(settings) as gold:
        ((count,),) = gold.rows(
            f"select count(*) from {BRONZE_SCHEMA}._erasures where finished_at is null"
        )
    return int(count)

"""What a build leaves for the live page: small relations of the last days, and the models' SQL.

The models of category 08 are one text: dbt runs it in the warehouse, the live page on these
relations and the hot rows. The SQL is compiled against an empty warehouse, so that it is that of a
first build, whatever stands in the real one.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from financial_analytics.build import BuildOptions, common_arguments, invoke
from financial_analytics.engines.duckdb.basis import Part, write_parts
from financial_analytics.engines.gold import Gold
from financial_analytics.engines.table import DEFAULT_TARGET, engine_of
from financial_analytics.errors import BuildError
from financial_analytics.live.hot import hot_path, open_hot
from financial_analytics.parsed import ParsedProject, cache_dir
from financial_analytics.settings import Settings

FILE_NAME = "realtime.duckdb"
REALTIME = (
    "transaction_monitoring", "timeline", "fraud_alerts", "customer_activity", "system_health",
    "trending_merchants", "account_alerts",
)  # fmt: skip
MODELS = tuple(f"analytics_realtime_{name}" for name in REALTIME)
CLEANING = ("stg_transactions", "fact_transactions")
RECENT = "int_realtime_transactions"
RULES = ("int_realtime_travel", "int_realtime_card_tests", "int_realtime_rules")
COMPILED = (*CLEANING, RECENT, *RULES, *MODELS)
"""In the order in which one reads the other."""
KEPT = (
    Part("gold_intermediate", "int_realtime_clock"),
    Part("gold_intermediate", RECENT),
    Part("gold_intermediate", "int_realtime_hours"),
    Part("gold_intermediate", "int_realtime_customers"),
    Part("gold_intermediate", "int_realtime_merchants"),
    Part("gold_intermediate", "int_realtime_accounts"),
    Part("gold_intermediate", "int_realtime_account_states"),
    Part("gold_intermediate", "int_realtime_visits"),
    Part("gold_intermediate", "int_fraud_links", "record_type = 'merchant' and is_suspicious"),
    Part("gold", "dim_merchant"),
    Part("silver", "int_daily_exchange_rates"),
    # joined for keys that the realtime models do not ask for: their columns are enough
    Part("gold", "dim_customer", "1 = 0"),
    Part("gold", "dim_account", "1 = 0"),
    Part("silver", "stg_merchant_category_codes", "1 = 0"),
)


def stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells one basis from the next; None where there is none."""
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_ino, there.st_mtime_ns


def basis_path(settings: Settings) -> Path:
    """Return where the basis of an installation's live page is."""
    return settings.published_dir / FILE_NAME


def write_basis(settings: Settings, target: str) -> Path | None:
    """Write the basis of what is built and swap it in whole; None where it is not built.

    Parameters
    ----------
    settings : Settings
        Names the warehouse, the hot store and the folder of the basis.
    target : str
        Engine that built it.

    Raises
    ------
    EngineError
        If the warehouse is in use or unreadable; the old basis stays.
    BuildError
        If the models do not compile.
    """
    with engine_of(target).gold.open_gold(settings) as source:
        there = source.relations()
        if any(f"{part.schema}.{part.name}" not in there for part in KEPT):
            return None
        queries = compiled(settings, _variables(source))
        path = basis_path(settings)
        write_parts(source, path, KEPT, queries, {"last_event": str(_taken(settings))})
    return path


def _variables(source: Gold) -> Mapping[str, Any]:
    given = source.newest_settings()
    found: Mapping[str, Any] = json.loads(given) if given else {}
    return found


def _taken(settings: Settings) -> int:
    """Return the number of the newest event that bronze has."""
    path = hot_path(settings)
    if not path.is_file():
        return 0
    with open_hot(path) as hot:
        return hot.taken()


def compiled(settings: Settings, variables: Mapping[str, Any]) -> dict[str, str]:
    """Return the SQL of the models in `COMPILED`, by name, kept for the next one who asks.

    Raises
    ------
    BuildError
        If they do not compile.
    """
    parsed = ParsedProject(settings.project_dir, DEFAULT_TARGET, variables)
    path = cache_dir() / "realtime" / f"{parsed.path.stem}.json"
    with suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if set(kept) == set(COMPILED):
            return {str(name): str(sql) for name, sql in kept.items()}
    queries = _compile(settings, variables, parsed)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.stem}.draft.{os.getpid()}.json")
        draft.write_text(json.dumps(queries), encoding="utf-8")
        draft.replace(path)
    return queries


def _compile(
    settings: Settings, variables: Mapping[str, Any], parsed: ParsedProject
) -> dict[str, str]:
    options = BuildOptions(variables=variables, target=DEFAULT_TARGET)
    with tempfile.TemporaryDirectory(prefix="fa-realtime-") as folder:
        empty = replace(settings, data_dir=Path(folder))
        arguments = ["compile", *common_arguments(empty, options)]
        arguments += ["--indirect-selection", "empty", "--select", *COMPILED]
        outcome = invoke(empty, arguments, manifest=parsed.load())
    if outcome.exception is not None:
        raise BuildError(f"the realtime models do not compile: {outcome.exception}")
    return {str(each.node.name): str(each.node.compiled_code) for each in outcome.result.results}

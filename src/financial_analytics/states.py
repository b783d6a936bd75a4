"""Whether relations are of one build: reads the ledger that macros/warehouse/ledger.sql keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LEDGER_SCHEMA = "builds"
LEDGER_TABLE = "relations"
CLOCK = "silver.data_clock"
COUNTED = ("dim_", "fact_", "analytics_", "data_quality")
CONSTANT, MIXED, UNKNOWN = "constant", "mixed", "unknown"


@dataclass(frozen=True)
class Built:
    """What the ledger says of one relation.

    Attributes
    ----------
    state : str
        ``<newest batch>:<hash of all variables>`` of the feeds it was built from; `MIXED`
        where it was built from relations of different ones, `CONSTANT` where it reads none.
    is_building : bool
        A build began to replace it, and did not say how it ended.
    """

    state: str
    is_building: bool


Ledger = Mapping[str, Built]


def ledger_of(rows: Iterable[Sequence[object]]) -> Ledger:
    """Return the ledger of its rows: relation, state, is_building."""
    return {str(name): Built(str(state), bool(building)) for name, state, building in rows}


def why_not_one(ledger: Ledger | None, gold: Iterable[str]) -> str | None:
    """Return why the relations of a warehouse are not of one build; None where they are.

    Parameters
    ----------
    ledger : mapping of str to Built, or None
        By ``schema.relation``. None: a warehouse that no version with a ledger has built; nothing
        is known against it.
    gold : iterable of str
        Names of the relations of schema gold. Dimensions, facts and analytics count, and with
        them the data clock.
    """
    if ledger is None:
        return None
    names = [f"gold.{name}" for name in gold if name.startswith(COUNTED)]
    clock = [CLOCK] if CLOCK in ledger else []  # a project without one has no date to differ in
    found = {name: ledger.get(name, Built(UNKNOWN, False)) for name in [*clock, *sorted(names)]}
    for verdict, concerned in (
        ("left half built", [n for n, built in found.items() if built.is_building]),
        ("of an earlier version, or never built", _with(found, UNKNOWN)),
        ("built from others of different loads or variables", _with(found, MIXED)),
    ):
        if concerned:
            return f"{verdict}: {_some(concerned)}"
    states = Counter(built.state for built in found.values() if built.state != CONSTANT)
    if len(states) < 2:
        return None
    newest = max(states, key=_batch)
    older = [n for n, built in found.items() if built.state not in {newest, CONSTANT}]
    if any(_batch(state) != _batch(newest) for state in states):
        return f"without the newest feeds (batch {_batch(newest)}): {_some(older)}"
    return f"built with other variables: {_some(older)}"


def _with(found: Ledger, state: str) -> list[str]:
    return [name for name, built in found.items() if built.state == state]


def _batch(state: str) -> int:
    return int(state.split(":", maxsplit=1)[0])


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"

"""Planted faults and the ledger of them (mechanism 17).

A fault is planted on a copy of a good row, in a second file of the full load
(``<table>_dirty``, all columns text, as from another system). So the clean rows stay
whole, every identity holds, and what ingest refuses is what the ledger lists.

Faults of each kind are Poisson, at a rate per clean row of the feed: ``duplicates``,
``missing_keys``, ``orphans``, ``bad_dates``, ``bad_amounts``, ``bad_enums``,
``wrong_encoding`` and ``mixed_currencies``. The rates are our own choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from financial_analytics.synthetic.emit import Put
from financial_analytics.synthetic.frame import Ints
from financial_analytics.synthetic.rng import stream
from financial_analytics.synthetic.simulate import World
from financial_analytics.synthetic.sink import Sink

QUARANTINED, DUPLICATE, ACCEPTED = "quarantined", "duplicate", "accepted"
UNKNOWN_ID = 2_000_000_000
NEW_ID = 9_000_000_000_000_000


@dataclass(frozen=True)
class Target:
    """Which columns of a feed can be spoilt.

    Attributes
    ----------
    key, date : str
        Key and a date or time column.
    amount, choice : str, optional
        A money column and one with a closed list.
    owners : tuple of str
        References that an orphan points nowhere with; empty for entities.
    """

    key: str
    date: str
    amount: str = ""
    choice: str = ""
    owners: tuple[str, ...] = ()


TARGETS = {
    "customers": Target("customer_id", "date_of_birth", "annual_income", "customer_segment"),
    "accounts": Target("account_id", "open_date", "current_balance", "account_status"),
    "transactions": Target(
        "transaction_id", "transaction_date", "amount", "transaction_type",
        ("customer_id", "account_id"),
    ),
    "customer_interactions": Target(
        "interaction_id", "interaction_date", "", "interaction_type", ("customer_id",)
    ),
    "loan_payments": Target("payment_id", "scheduled_date", "scheduled_amount", ""),
    "credit_applications": Target(
        "application_id", "application_date", "requested_amount", "decision"
    ),
    "campaign_touches": Target("touch_id", "touch_date", "conversion_value", "", ("customer_id",)),
    "account_events": Target("event_id", "event_date"),
}  # fmt: skip
RULES = (
    "duplicates", "missing_keys", "orphans", "bad_dates", "bad_amounts", "bad_enums",
    "wrong_encoding", "mixed_currencies",
)  # fmt: skip
BAD_DATES = ("2024-02-31", "2099-01-01")
BAD_AMOUNTS = ("abc", "NaN", "12.345", "1,2,3")
PREFIXES = ("EUR ", "\u20ac", "$", "GBP ")


class DirtMaker:
    """Stands between the feeds and the sink, and adds bad rows at the planted rates."""

    def __init__(self, world: World, sink: Sink) -> None:
        self.world, self.sink = world, sink
        self.planted = 0
        self._rows: dict[str, int] = {}

    def watch(self, block: int) -> Put:
        """Return a `put` for one block."""

        def put(table: str, rows: pa.Table, day: Ints) -> pa.Table:
            full = self.sink.put(table, rows, day)
            # a feed is put again for rows that change later: one sample per feed and block
            if table in TARGETS and table not in seen and full.num_rows:
                seen.add(table)
                self._spoil(table, full, block)
            return full

        seen: set[str] = set()
        return put

    def _spoil(self, table: str, rows: pa.Table, block: int) -> None:
        rng = stream(self.world.config.seed, f"dirt {table}", block)
        target, dirt = TARGETS[table], self.world.config.dirt
        rates = np.array([getattr(dirt, rule) for rule in RULES])
        numbers = rng.poisson(rates * rows.num_rows)
        total = int(numbers.sum())
        if not total:
            return
        index = rng.integers(0, rows.num_rows, total)
        pick = rng.integers(0, 1 << 30, total)
        copies = as_text(rows.take(pa.array(index)))
        starts = np.cumsum(numbers) - numbers
        for rule, start, number in zip(RULES, starts.tolist(), numbers.tolist(), strict=True):
            if number:
                some = slice(start, start + number)
                copy = copies.slice(start, number)
                planted = self._plant(rule, table, target, copy, pick[some], block)
                if planted is not None:
                    bad, column, outcome = planted
                    self._write(table, rule, bad, column, outcome, latin=rule == "wrong_encoding")

    def _plant(
        self, rule: str, table: str, target: Target, copy: pa.Table, pick: Ints, block: int
    ) -> tuple[pa.Table, str, str] | None:
        size = copy.num_rows

        def put(name: str, words: list[str | None], into: pa.Table = copy) -> pa.Table:
            return into.set_column(
                into.schema.get_field_index(name), name, pa.array(words, pa.string())
            )

        if rule == "duplicates":
            return copy, "", DUPLICATE
        if rule == "missing_keys":
            return put(target.key, [None] * size), target.key, QUARANTINED
        if rule == "orphans" and target.owners:
            first = block * 1_000_000 + int(self._rows.get(table, 0))
            bad = put(target.key, [str(NEW_ID + first + n) for n in range(size)])
            for owner in target.owners:
                bad = put(owner, [str(UNKNOWN_ID + (first + n) % 10**8) for n in range(size)], bad)
            return bad, target.owners[0], ACCEPTED
        if rule == "bad_dates":
            words = BAD_DATES[
                : 1 if target.date in ("date_of_birth", "open_date", "scheduled_date") else 2
            ]
            return (
                put(target.date, [words[p % len(words)] for p in pick.tolist()]),
                target.date,
                QUARANTINED,
            )
        if rule == "bad_amounts" and target.amount:
            words = BAD_AMOUNTS
            return (
                put(target.amount, [words[p % len(words)] for p in pick.tolist()]),
                target.amount,
                QUARANTINED,
            )
        if rule == "bad_enums" and target.choice:
            return put(target.choice, ["Unheard Of"] * size), target.choice, QUARANTINED
        if rule == "mixed_currencies" and target.amount:
            old = copy[target.amount].to_pylist()
            new: list[str | None] = [
                PREFIXES[p % len(PREFIXES)] + (value or "10.00")
                for p, value in zip(pick.tolist(), old, strict=True)
            ]
            return put(target.amount, new), target.amount, QUARANTINED
        if rule == "wrong_encoding" and table == "customers" and self.sink.fmt == "csv":
            # letters that Latin-1 and its neighbours share, so any guess reads them alike
            odd = pc.match_substring_regex(
                pc.binary_join_element_wise(copy["first_name"], copy["last_name"], " "), "[ñø]"
            )
            copy = copy.filter(pc.invert(odd))
            return (copy, "", DUPLICATE) if copy.num_rows else None
        return None

    def _write(
        self, table: str, rule: str, bad: pa.Table, column: str, outcome: str, *, latin: bool
    ) -> None:
        name = f"{table}_{'latin1' if latin else 'dirty'}"
        first = self._rows.get(name, 0) + 1
        self._rows[name] = first + bad.num_rows - 1
        self.planted += bad.num_rows
        file = self.sink.extra(name, bad, latin=latin)
        size = bad.num_rows
        self.sink.truth("dirt", pa.table({
            "table_name": pa.array([table] * size),
            "source_file": pa.array([file] * size),
            "source_row": pa.array(np.arange(first, first + size)),
            "column_name": pa.array([column] * size),
            "rule": pa.array([rule] * size),
            "outcome": pa.array([outcome] * size),
        }))  # fmt: skip


def as_text(rows: pa.Table) -> pa.Table:
    """Return all columns as text, numbers in a form that reads back exactly."""
    columns = []
    for column in rows.columns:
        kind = column.type
        if pa.types.is_timestamp(kind):
            text = pc.strftime(pc.cast(column, pa.timestamp("s")), "%Y-%m-%d %H:%M:%S")
        else:
            text = pc.cast(column, pa.string())
        columns.append(text)
    return pa.table(columns, names=rows.column_names)

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
BAD_AMOUNTS = ("abc", "12.3.4", "12.345", "1,2,3")
PREFIXES = ("EUR ", "\u20ac", "$", "GBP ")


BATCH_BLOCKS = 8
"""Blocks whose faults are written together; fixed, so that files depend on it only."""


@dataclass(frozen=True)
class Sample:
    """Good rows of one block that copies are made of.

    Attributes
    ----------
    rows : Table
        The copies, in the order of the rules.
    numbers : list of int
        Rows per rule.
    picks : ndarray of int64
        A random number per row.
    """

    block: int
    rows: pa.Table
    numbers: list[int]
    picks: Ints


class DirtMaker:
    """Stands between the feeds and the sink, and adds bad rows at the planted rates."""

    def __init__(self, world: World, sink: Sink) -> None:
        self.world, self.sink = world, sink
        self.planted = 0
        self._rows: dict[str, int] = {}
        self._samples: dict[str, list[Sample]] = {table: [] for table in TARGETS}
        dirt = world.config.dirt
        self._rates = np.array([getattr(dirt, rule) for rule in RULES])

    def watch(self, block: int) -> Put:
        """Return a `put` for one block."""

        def put(table: str, rows: pa.Table, day: Ints) -> pa.Table:
            full = self.sink.put(table, rows, day)
            # a feed is put again for rows that change later: one sample per feed and block
            if table in TARGETS and table not in seen and full.num_rows:
                seen.add(table)
                self._sample(table, full, block)
            return full

        if block and block % BATCH_BLOCKS == 0:
            self.flush()
        seen: set[str] = set()
        return put

    def _sample(self, table: str, rows: pa.Table, block: int) -> None:
        rng = stream(self.world.config.seed, f"dirt {table}", block)
        numbers = rng.poisson(self._rates * rows.num_rows)
        total = int(numbers.sum())
        if total:
            index = rng.integers(0, rows.num_rows, total)
            picks = rng.integers(0, 1 << 30, total)
            copies = rows.take(pa.array(index))
            self._samples[table].append(Sample(block, copies, numbers.tolist(), picks))

    def flush(self) -> None:
        """Spoil the rows sampled so far and write them with their ledger."""
        for table, samples in self._samples.items():
            if samples:
                copies = as_text(pa.concat_tables([sample.rows for sample in samples]))
                self._spoil(table, samples, copies.combine_chunks())
                samples.clear()

    def _spoil(self, table: str, samples: list[Sample], copies: pa.Table) -> None:
        """Plant the faults of `samples`, whose rows follow each other in `copies`."""
        spoilt = Spoilt(table, copies)
        ledger: list[tuple[str, str, str]] = []
        kept: list[int] = []
        latin: list[int] = []
        place = 0
        for sample in samples:
            start = place
            for rule, number in zip(RULES, sample.numbers, strict=True):
                rows = range(place, place + number)
                place += number
                if rule == "wrong_encoding":
                    if table == "customers" and self.sink.fmt == "csv":
                        latin += spoilt.latin(rows)
                    continue
                planted = spoilt.plant(rule, rows, sample.block, sample.picks[rows.start - start :])
                if planted is not None and number:
                    kept += rows
                    ledger += [(rule, *planted)] * number
        self._write(table, f"{table}_dirty", spoilt.rows(kept), ledger)
        same = [("wrong_encoding", "", DUPLICATE)] * len(latin)
        self._write(table, f"{table}_latin1", spoilt.rows(latin), same)

    def _write(
        self, table: str, name: str, bad: pa.Table, ledger: list[tuple[str, str, str]]
    ) -> None:
        size = bad.num_rows
        if not size:
            return
        first = self._rows.get(name, 0) + 1
        self._rows[name] = first + size - 1
        self.planted += size
        file = self.sink.extra(name, bad, latin=name.endswith("_latin1"))
        rules, columns, outcomes = zip(*ledger, strict=True)
        self.sink.truth("dirt", pa.table({
            "table_name": pa.array([table] * size),
            "source_file": pa.array([file] * size),
            "source_row": pa.array(np.arange(first, first + size)),
            "column_name": pa.array(columns),
            "rule": pa.array(rules),
            "outcome": pa.array(outcomes),
        }))  # fmt: skip


class Spoilt:
    """Rows of one feed as text, and what is changed in them."""

    def __init__(self, table: str, copies: pa.Table) -> None:
        self.copies, self.target = copies, TARGETS[table]
        self._edited: dict[str, list[str | None]] = {}

    def _column(self, name: str) -> list[str | None]:
        if name not in self._edited:
            self._edited[name] = self.copies[name].to_pylist()
        return self._edited[name]

    def _put(self, name: str, rows: range, words: list[str] | list[None]) -> None:
        self._column(name)[rows.start : rows.stop] = words

    def plant(self, rule: str, rows: range, block: int, picks: Ints) -> tuple[str, str] | None:
        """Plant `rule` in `rows`; returns column and outcome, None if it has no place here."""
        size, target, pick = len(rows), self.target, picks[: len(rows)].tolist()
        if rule == "duplicates":
            return "", DUPLICATE
        if rule == "missing_keys":
            self._put(target.key, rows, [None] * size)
            return target.key, QUARANTINED
        if rule == "orphans" and target.owners:
            first = block * 1_000_000
            self._put(target.key, rows, [str(NEW_ID + first + n) for n in range(size)])
            unknown = [str(UNKNOWN_ID + (first + n) % 10**8) for n in range(size)]
            for owner in target.owners:
                self._put(owner, rows, unknown)
            return target.owners[0], ACCEPTED
        if rule == "bad_dates":
            birth = target.date in ("date_of_birth", "open_date", "scheduled_date")
            words = BAD_DATES[: 1 if birth else 2]
            self._put(target.date, rows, [words[p % len(words)] for p in pick])
            return target.date, QUARANTINED
        if rule == "bad_amounts" and target.amount:
            self._put(target.amount, rows, [BAD_AMOUNTS[p % len(BAD_AMOUNTS)] for p in pick])
            return target.amount, QUARANTINED
        if rule == "bad_enums" and target.choice:
            self._put(target.choice, rows, ["Unheard Of"] * size)
            return target.choice, QUARANTINED
        if rule == "mixed_currencies" and target.amount:
            old = self._column(target.amount)[rows.start : rows.stop]
            new = [PREFIXES[p % len(PREFIXES)] + (value or "10.00")
                   for p, value in zip(pick, old, strict=True)]  # fmt: skip
            self._put(target.amount, rows, new)
            return target.amount, QUARANTINED
        return None

    def latin(self, rows: range) -> list[int]:
        """Return those of `rows` whose letters Latin-1 and its neighbours share."""
        first, last = self._column("first_name"), self._column("last_name")
        return [row for row in rows if not set("ñø") & set(f"{first[row]} {last[row]}")]

    def rows(self, index: list[int]) -> pa.Table:
        """Return the rows `index` with all changes."""
        changed = self.copies
        for name, words in self._edited.items():
            place = changed.schema.get_field_index(name)
            changed = changed.set_column(place, name, pa.array(words, pa.string()))
        return changed.take(pa.array(index, pa.int64()))


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

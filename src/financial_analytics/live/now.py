"""The models of category 08 over what was built and what has come since, in memory.

The SQL is dbt's own (`basis`): the warehouse's relations stand in memory under their own names, the
last two days hold the hot rows too, and each hot row goes through the SQL of silver and of the fact
table first. So an event shows without a build, and nothing is defined twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from financial_analytics.engines.duckdb.basis import load_parts
from financial_analytics.engines.duckdb.session import Connection, open_warehouse
from financial_analytics.errors import EngineError
from financial_analytics.ingest.contract import Contract
from financial_analytics.live.basis import CLEANING, COMPILED, MODELS, RECENT, RULES
from financial_analytics.live.events import typed_bodies, typed_table
from financial_analytics.live.hot import Alert, HotStore

if TYPE_CHECKING:
    import pandas as pd

FEED = "transactions"
KEPT_HOURS = 48
PRUNED_EVERY = timedelta(minutes=10)
"""Of event time; before the models are asked they are pruned in any case."""
MOST_ROWS = 20_000
"""Hot rows that go through the SQL at once."""
_RECENT = "gold_intermediate.recent"
_CLOCK = "gold_intermediate.int_realtime_clock"
_RULES = "gold_intermediate.int_realtime_rules"
_RATES = "silver.int_daily_exchange_rates"
_ACCOUNTS = "gold_intermediate.int_realtime_accounts"
Clock = Callable[[], datetime]


class Now:
    """The last two days with the hot rows in them; a context manager.

    Parameters
    ----------
    basis : Path
        What `basis.write_basis` wrote.
    contract : Contract
        What hot rows hold.
    clock : callable, optional
        Moment that windows end with, UTC; that of the newest transaction where there is none, and
        where that one is later.
    is_scoring : bool
        The models see only the accounts of the newest hot rows: enough for the rules, and the cost
        does not grow with what the window holds.

    Raises
    ------
    EngineError
        If the basis cannot be read, or is that of another version.
    """

    def __init__(
        self, basis: Path, contract: Contract, *, clock: Clock | None = None,
        is_scoring: bool = False,
    ) -> None:  # fmt: skip
        self._table = contract[FEED]
        self._clock = clock
        self._close = ExitStack()
        self._run = self._close.enter_context(open_warehouse(Path(":memory:")))
        # one thread: the relations are small, and others want the processors
        self._run.execute("set threads = 1")
        try:
            queries, facts = load_parts(self._run, basis)
            if missing := sorted(set(COMPILED) - set(queries)):
                raise EngineError(
                    f"{basis} is of another version: it lacks {', '.join(missing)}",
                    hint="write it again: fa build --no-skip",
                )
        except EngineError:
            self.close()
            raise
        self._run.execute("use warehouse")
        self.number = int(facts["last_event"])
        self._recent_sql = queries[RECENT]
        ((found,),) = self._run.execute(f"select clock_at from {_CLOCK}").fetchall()
        self.moment: datetime | None = found
        """Moment that windows end with."""
        self._pruned_at: datetime | None = found
        ((rated,),) = self._run.execute(f"select max(rate_date) from {_RATES}").fetchall()
        self._rated_to: date | None = rated
        self._prepare(queries, is_scoring=is_scoring)

    def __enter__(self) -> Now:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the memory."""
        self._close.close()

    def _prepare(self, queries: dict[str, str], *, is_scoring: bool) -> None:
        run = self._run
        columns = typed_table([], self._table)
        run.register("no_rows", columns)
        run.execute("create schema ingestion_raw_data")
        run.execute(
            "create table ingestion_raw_data.transactions as select *, 0::bigint as _batch_id,"
            " null::timestamp as _loaded_at, null::varchar as _source_file,"
            " 0::bigint as _source_row from no_rows"
        )
        run.unregister("no_rows")
        run.execute(f"alter table gold_intermediate.{RECENT} rename to recent")
        run.execute("alter table gold_intermediate.int_realtime_hours rename to hours")
        run.execute("create table gold_intermediate.asked (account_natural_key integer)")
        run.execute("set variable channel = null")
        condition = "getvariable('channel') is null or channel = getvariable('channel')"
        if is_scoring:
            condition = "account_natural_key in (select * from gold_intermediate.asked)"
        run.execute(
            f"create view gold_intermediate.{RECENT} as select * from {_RECENT} where {condition}"
        )
        # of one channel the sum of all channels is itself
        run.execute(
            "create view gold_intermediate.int_realtime_hours as"
            " select * from gold_intermediate.hours where getvariable('channel') is null"
            " or channel = getvariable('channel') union all"
            " select * replace ('All' as channel) from gold_intermediate.hours"
            " where channel = getvariable('channel')"
        )
        places = dict.fromkeys(MODELS, "gold") | dict.fromkeys(RULES, "gold_intermediate")
        places |= dict(zip(CLEANING, ("silver", "gold"), strict=True))
        for name in (*CLEANING, *RULES[:-1]):
            run.execute(f"create view {places[name]}.{name} as {queries[name]}")
        if is_scoring:
            run.execute(f"create view {_RULES} as {queries[RULES[-1]]}")
            return
        # rules look at all channels, whichever one a page asks for: they are evaluated once
        run.execute(f"create view gold_intermediate.fired as {queries[RULES[-1]]}")
        run.execute(f"create table {_RULES} as select * from gold_intermediate.fired")
        for name in MODELS:
            run.execute(f"create view gold.{name} as {queries[name]}")

    def evaluate(self) -> None:
        """Let the rules look at all that is there."""
        self.prune()
        self._run.execute("set variable channel = null")
        self._run.execute(f"delete from {_RULES}")
        self._run.execute(f"insert into {_RULES} select * from gold_intermediate.fired")

    def add(self, bodies: Sequence[tuple[int, str]]) -> None:
        """Let hot rows in, numbers and JSON of accepted transactions in order of arrival."""
        for start in range(0, len(bodies), MOST_ROWS):
            self._add(bodies[start : start + MOST_ROWS])
        if bodies:
            self.number = max(self.number, bodies[-1][0])

    def _add(self, bodies: Sequence[tuple[int, str]]) -> None:
        run = self._run
        run.register("hot_rows", typed_bodies([body for _, body in bodies], self._table))
        run.execute("delete from ingestion_raw_data.transactions")
        # the newest arrival of a transaction is the one that counts, as in bronze
        run.execute(
            "insert into ingestion_raw_data.transactions select *, 0, null, null,"
            " row_number() over () from hot_rows"
        )
        run.unregister("hot_rows")
        self.tick()
        if self._pruned_at is None or self.moment is None or (
            self.moment - self._pruned_at >= PRUNED_EVERY
        ):  # fmt: skip
            self.prune()
        run.execute(
            f"delete from {_RECENT} where transaction_id in"
            " (select transaction_id from ingestion_raw_data.transactions)"
        )
        run.execute(f"insert into {_RECENT} by name {self._recent_sql}")
        run.execute("delete from gold_intermediate.asked")
        run.execute(
            "insert into gold_intermediate.asked select distinct account_id"
            " from ingestion_raw_data.transactions where account_id is not null"
        )

    def ask_all(self) -> None:
        """Let the models see all accounts until the next hot rows come in."""
        self._run.execute("delete from gold_intermediate.asked")
        self._run.execute(
            f"insert into gold_intermediate.asked select distinct account_natural_key"
            f" from {_RECENT} where account_natural_key is not null"
        )

    def tick(self) -> None:
        """Move the clock on, to the newest transaction or the given moment."""
        given = None if self._clock is None else self._clock().replace(tzinfo=None)
        ((newest,),) = self._run.execute(
            "select max(transaction_date) from ingestion_raw_data.transactions"
        ).fetchall()
        known = [moment for moment in (self.moment, newest, given) if moment is not None]
        if known and max(known) != self.moment:
            self.moment = max(known)
            self._run.execute(
                f"update {_CLOCK} set clock_at = ?, as_of_date = greatest(as_of_date, ?)",
                [self.moment, self.moment.date()],
            )
        if newest is not None:
            self._extend_rates(newest.date())

    def prune(self) -> None:
        """Let go of what is older than two days; accounts were last used then."""
        if self.moment is None:
            return
        run, pruned_to = self._run, self.moment - timedelta(hours=KEPT_HOURS)
        self._pruned_at = self.moment
        run.execute(
            "create or replace temp table gone as select account_natural_key,"
            f" max(transaction_at) as last_used_at from {_RECENT} where transaction_at <= ?"
            " and account_natural_key is not null group by account_natural_key",
            [pruned_to],
        )
        run.execute(f"delete from {_RECENT} where transaction_at <= ?", [pruned_to])
        run.execute(
            f"update {_ACCOUNTS} set last_used_at = greatest({_ACCOUNTS}.last_used_at,"
            " gone.last_used_at) from gone"
            f" where {_ACCOUNTS}.account_natural_key = gone.account_natural_key"
        )
        run.execute(
            f"insert into {_ACCOUNTS} by name select * from gone where account_natural_key not in"
            f" (select account_natural_key from {_ACCOUNTS})"
        )

    def _extend_rates(self, day: date) -> None:
        """Carry the last rate of a currency on, as the model of the rates does up to the clock."""
        while self._rated_to is not None and self._rated_to < day:
            self._run.execute(
                f"insert into {_RATES} by name select * replace (rate_date + 1 as rate_date)"
                f" from {_RATES} where rate_date = ?",
                [self._rated_to],
            )
            self._rated_to += timedelta(days=1)

    def alerts(self) -> list[Alert]:
        """Return the rules that transactions of the asked accounts fire."""
        rows = self._run.execute(
            f"select transaction_id, rule_name, rule_words, rule_score from {_RULES}"
            " order by transaction_id, rule_name"
        ).fetchall()
        return [Alert(*row) for row in rows]

    def frame(self, model: str, channel: str | None = None) -> pd.DataFrame:
        """Return a realtime model as it is now, of all channels or of one.

        What is usual for a customer or a merchant is of all channels in either case.
        """
        self._run.execute("set variable channel = ?", [channel])
        found: pd.DataFrame = self._run.execute(f"select * from gold.{model}").df()
        return found

    def channels(self) -> list[str]:
        """Return the channels of the last two days."""
        rows = self._run.execute(f"select distinct channel from {_RECENT} order by 1").fetchall()
        return [str(channel) for (channel,) in rows]

    @property
    def connection(self) -> Connection:
        """The database in memory."""
        return self._run


def transactions_of(events: Iterable[tuple[int, str, str]]) -> list[tuple[int, str]]:
    """Return number and body of the transactions among stored events."""
    return [(number, body) for number, table, body in events if table == FEED]


def catch_up(now: Now, hot: HotStore) -> int:
    """Let in what the hot store has and `now` has not; return the number of its newest event."""
    newest = now.number
    while events := list(hot.events_after(newest, most=MOST_ROWS)):
        now.add(transactions_of(events))
        newest = events[-1][0]
    now.number = newest
    return newest

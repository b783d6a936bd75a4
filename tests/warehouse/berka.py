"""Where the Berka files are, what they report, and on which days their balances do not add up.

For tests: `movements` is any relation with account_id, transaction_date and signed amount, so the
same check runs on the connector's output, on bronze, on silver and on the fact.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = ("account", "card", "client", "disp", "district", "loan", "order", "trans")
TOLERANCE = 0.50
"""Berka keeps amounts and balances rounded to tenths of a crown, each for itself: every rounding
can move the running sum by 0.10 from the reported balance, and the steps add up. In this extract
(15 months) 38,801 of 38,821 account-days stay within half a crown."""

ACCOUNT_DAYS = 38_821
UNRECONCILED = frozenset(
    (9188, date.fromisoformat(day))
    for day in (
        "1993-12-12", "1993-12-27", "1993-12-28", "1993-12-31", "1994-01-04",
        "1994-01-07", "1994-01-08", "1994-01-09", "1994-01-11", "1994-01-12",
        "1994-01-31", "1994-02-03", "1994-02-07", "1994-02-09", "1994-02-12",
        "1994-02-28", "1994-03-05", "1994-03-07", "1994-03-09", "1994-03-12",
    )
)  # fmt: skip
"""(account, day) where running and reported balance differ by more than `TOLERANCE`.

All of one account, and all of it rounding: seven steps of 0.10 in the same direction (the first
on 30 April 1993; the sixth, on 12 December, passes the tolerance; the last on 31 January 1994)."""


def berka_dir() -> Path:
    """Folder of the eight files: FA_BERKA_DIR, else beside the repository."""
    given = os.environ.get("FA_BERKA_DIR")
    return Path(given) if given else REPOSITORY.parent / "shared" / "data" / "berka"


def missing_berka() -> str | None:
    """Why tests on the real files cannot run here; None if they can."""
    folder = berka_dir()
    lacking = [f"{name}.asc" for name in FILES if not (folder / f"{name}.asc").is_file()]
    if not lacking:
        return None
    return f"the Berka data are not at {folder} (lacks {', '.join(lacking)}); set FA_BERKA_DIR"


def raw(name: str, folder: Path | None = None) -> pa.Table:
    """One file as it is, every column text, blanks as empty text."""
    path = (folder or berka_dir()) / f"{name}.asc"
    header = path.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    names = [column.strip('"') for column in header.split(";")]
    return pa_csv.read_csv(
        path,
        parse_options=pa_csv.ParseOptions(delimiter=";"),
        convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )


def reported_balances() -> pa.Table:
    """account_id, balance_date and balance, one row per movement, straight from trans.asc."""
    trans = raw("trans")
    days = pc.strptime(pc.binary_join_element_wise("19", trans["date"], ""), "%Y%m%d", "s")
    return pa.table(
        {
            "account_id": trans["account_id"].cast(pa.int32()),
            "balance_date": days.cast(pa.date32()),
            "balance": trans["balance"].cast(pa.decimal128(18, 2)),
        }
    )


def account_day_differences(
    connection: duckdb.DuckDBPyConnection, movements: str
) -> dict[tuple[int, date], float]:
    """Running balance of each account-day less the reported balance nearest to it.

    Several movements of a day carry several balances and the files do not say which came last;
    the one that closes the day is the one nearest to the running balance.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where `movements` lives.
    movements : str
        SQL table expression with account_id, transaction_date (date or timestamp), amount
        (negative = money out).
    """
    connection.register("berka_reported", reported_balances())
    try:
        rows = connection.execute(f"""
            with days as (
                select
                    account_id,
                    cast(transaction_date as date) as balance_date,
                    sum(sum(amount)) over (
                        partition by account_id order by cast(transaction_date as date)
                    ) as running_balance
                from {movements} as movements
                group by account_id, cast(transaction_date as date)
            )
            select
                days.account_id,
                days.balance_date,
                arg_min(
                    days.running_balance - berka_reported.balance,
                    abs(days.running_balance - berka_reported.balance)
                )
            from days
            inner join berka_reported using (account_id, balance_date)
            group by days.account_id, days.balance_date
        """).fetchall()
    finally:
        connection.unregister("berka_reported")
    return {(account, day): float(difference) for account, day, difference in rows}

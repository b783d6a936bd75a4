"""What the loader noticed in a file that it loaded: said in its report and kept beside bronze.

``gold.data_quality`` counts them. A new kind is a line in `KINDS` and one in
``models/gold/intermediate/quality/int_quality_remarks.sql``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from financial_analytics.engines.duckdb.session import Connection, sql_text
from financial_analytics.engines.stores import BRONZE_SCHEMA

KINDS = (
    "encoding_guessed", "dates_read_as_empty", "hours_read_as_empty", "amounts_against_type",
    "unread_direction", "words_unknown", "rows_gone", "rows_back", "decimal_comma",
    "rows_corrected", "balance_mismatch", "statement_gap", "entries_not_booked",
    "balance_unchecked", "lines_above", "lines_padded",
    "rows_doubtful", "rows_erased", "words_read_as_empty", "persons_erased",
    "postal_zeros_missing",
)  # fmt: skip
_RELATION = f"{BRONZE_SCHEMA}._remarks"


@dataclass(frozen=True)
class Remark:
    """One thing noticed.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    rows : int
        How many rows it is about; 0 where it is about the file.
    words : str
        A sentence for the report, without personal data; empty where the report says it anyway.
    """

    kind: str
    rows: int
    words: str


def keep(
    connection: Connection, batch_id: int, stamp: str, table: str, file: str,
    remarks: Iterable[Remark],
) -> None:  # fmt: skip
    """Write the remarks on a batch, in the transaction that writes its rows.

    `stamp` is SQL of the load time.
    """
    for remark in remarks:
        assert remark.kind in KINDS, remark.kind
        connection.execute(
            f"insert into {_RELATION} values ({batch_id}, {stamp}, {sql_text(table)}, "
            f"{sql_text(file)}, {sql_text(remark.kind)}, {remark.rows}, {sql_text(remark.words)})"
        )

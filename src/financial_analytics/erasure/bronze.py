"""Erasing in bronze: one transaction, in statements that hold no id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from financial_analytics.engines.duckdb.session import sql_name
from financial_analytics.engines.erasure import Editor
from financial_analytics.engines.stores import BRONZE_SCHEMA, ERASURE_LEDGERS
from financial_analytics.erasure.secret import Wrapped, drawn, id_hash, unwrap
from financial_analytics.errors import UserInputError
from financial_analytics.ingest.contract import Contract
from financial_analytics.ingest.remains import MARK, OWNER, PERSONS, assignments, concerns

_CUSTOMERS, _ACCOUNTS, _WORDS = "erasing", "erasing_accounts", "erasing_words"
_OWNED = f"{OWNER} in (select {OWNER} from {_CUSTOMERS})"
_REASON = "of an erased customer"


@dataclass(frozen=True)
class Begun:
    """What was erased in bronze.

    Attributes
    ----------
    number : int
        Of the erasure; 0 where there was nothing left to erase and nothing to finish.
    customers, rows : int
        How many were erased, and rows deleted or emptied.
    tables : tuple of str
        Tables of bronze that held them, or may still hold their bytes.
    """

    number: int
    customers: int
    rows: int
    tables: tuple[str, ...]


def begin(
    editor: Editor, contract: Contract, ids: Sequence[str], *, key: bytes, moment: datetime
) -> Begun:
    """Erase customers in an open bronze and write down that it was begun, but not of whom.

    One that was erased before is passed over, so that a killed erasure can be run again.

    Parameters
    ----------
    editor : Editor
        Bronze in a transaction.
    contract : Contract
        Says what is personal.
    ids : sequence of str
        Ids of customers as their source writes them.
    key : bytes
        The key of personal data.
    moment : datetime
        Now, UTC.

    Raises
    ------
    UserInputError
        If bronze knows none of that id, now or before; or the key is not the right one.
    """
    for name in ERASURE_LEDGERS:
        editor.create(name)
    secret = _secret(editor, key)
    there = editor.tables()
    numbers = _numbers(editor, ids, secret)
    erased = {digest for (digest,) in editor.rows(f"select id_hash from {_ledger('_erased')}")}
    known = _known(editor, contract, there, list(numbers.values()))
    fresh = {
        text: number
        for text, number in numbers.items()
        if id_hash(secret, PERSONS, number) not in erased or number in known
    }
    strange = [text for text, number in fresh.items() if number not in known]
    if strange:
        raise UserInputError(
            f"no customer {', '.join(strange)} in bronze; nothing was erased",
            hint="give ids as the feeds have them: fa erase --customer 17",
        )
    tables = tuple(sorted({t.name for t in contract if concerns(t)} | {"quarantine", "_keys"}))
    if not fresh:
        return _unfinished(editor, tables)
    rows = _erase(editor, contract, there, fresh, secret)
    ((highest,),) = editor.rows(
        f"select coalesce(max(erasure_number), 0) from {_ledger('_erasures')}"
    )
    editor.execute(
        f"insert into {_ledger('_erasures')} values ({highest + 1},"
        f" timestamp '{moment.replace(tzinfo=None):%Y-%m-%d %H:%M:%S}', null, {len(fresh)}, {rows})"
    )
    return Begun(int(highest) + 1, len(fresh), rows, tables)


def finish(editor: Editor, *, moment: datetime) -> None:
    """Write down that nothing is left of what was begun."""
    editor.execute(
        f"update {_ledger('_erasures')} set finished_at ="
        f" timestamp '{moment.replace(tzinfo=None):%Y-%m-%d %H:%M:%S}' where finished_at is null"
    )


def _unfinished(editor: Editor, tables: tuple[str, ...]) -> Begun:
    found = editor.rows(
        "select max(erasure_number), coalesce(sum(customer_count), 0),"
        f" coalesce(sum(row_count), 0) from {_ledger('_erasures')} where finished_at is null"
    )
    ((number, customers, rows),) = found
    return Begun(int(number or 0), int(customers), int(rows), tables)


def _secret(editor: Editor, key: bytes) -> bytes:
    kept = editor.rows(f"select salt, wrapped, proof from {_ledger('_erasure_secret')}")
    if kept:
        return unwrap(Wrapped(*kept[0]), key)
    secret, wrapped = drawn(key)
    keep_secret(editor, wrapped)
    return secret


def keep_secret(editor: Editor, wrapped: Wrapped) -> None:
    """Put a wrapped secret in the place of what is kept."""
    editor.give(
        "secret_given",
        [(name, "text") for name in ERASURE_LEDGERS["_erasure_secret"]],
        [(wrapped.salt, wrapped.wrapped, wrapped.proof)],
    )
    editor.execute(f"delete from {_ledger('_erasure_secret')}")
    editor.execute(f"insert into {_ledger('_erasure_secret')} select * from secret_given")


def _numbers(editor: Editor, ids: Sequence[str], secret: bytes) -> dict[str, int]:
    """Return the numbers that bronze has for ids of the source."""
    kept: dict[str, int] = {}
    if "_keys" in editor.tables():
        query = f"select source_id, kept_id from {_ledger('_keys')} where table_name = '{PERSONS}'"
        kept = {str(source): int(number) for source, number in editor.rows(query)}
    numbers = {}
    for text in ids:
        if kept:
            number = kept.get(text, kept.get(f"{MARK}{id_hash(secret, PERSONS + '=', text)}"))
        else:
            number = int(text) if text.strip().isdecimal() else None
        if number is None:
            raise UserInputError(
                f"no customer {text} in bronze; nothing was erased",
                hint="give ids as the feeds have them: fa erase --customer 17",
            )
        numbers[text] = int(number)
    return numbers


def _known(editor: Editor, contract: Contract, there: set[str], numbers: list[int]) -> set[int]:
    """Return which of some customers any row of bronze names."""
    editor.give(_CUSTOMERS, [(OWNER, "bigint")], [(number,) for number in numbers])
    return {
        int(number)
        for table in contract
        if concerns(table) and table.name in there
        for (number,) in editor.rows(
            f"select distinct {OWNER} from {_ledger(table.name)} where {_OWNED}"
        )
    }


def _erase(
    editor: Editor, contract: Contract, there: set[str], fresh: dict[str, int], secret: bytes
) -> int:
    accounts = [
        int(number)
        for (number,) in editor.rows(
            f"select distinct account_id from {_ledger('accounts')} where {_OWNED}"
        )
    ]
    editor.give(_ACCOUNTS, [("account_id", "bigint")], [(number,) for number in accounts])
    words = [("customer_id", str(number)) for number in fresh.values()]
    words += [("customer_id", text) for text in fresh if text != str(fresh[text])]
    words += [("account_id", str(number)) for number in accounts]
    editor.give(_WORDS, [("name", "text"), ("word", "text")], words)
    rows = _erase_quarantine(editor, contract)
    for table in contract:
        if not concerns(table) or table.name not in there:
            continue
        if table.name == PERSONS:
            rows += editor.execute(f"delete from {_ledger(table.name)} where {_OWNED}")
            continue
        condition = _OWNED
        if "account_id" in table.column_names and table.name != "accounts":
            condition += (
                f" or (coalesce({OWNER}, -1) = -1"
                f" and account_id in (select account_id from {_ACCOUNTS}))"
            )
        rows += editor.execute(
            f"update {_ledger(table.name)} set {assignments(table, _OWNED)} where {condition}"
        )
    hashes = [(PERSONS, id_hash(secret, PERSONS, number)) for number in fresh.values()]
    hashes += [("accounts", id_hash(secret, "accounts", number)) for number in accounts]
    editor.give("erasing_hashes", [("table_name", "text"), ("id_hash", "text")], hashes)
    editor.execute(f"insert into {_ledger('_erased')} select distinct * from erasing_hashes")
    _hide_keys(editor, fresh, accounts, secret)
    return rows


def _erase_quarantine(editor: Editor, contract: Contract) -> int:
    """Empty what was set aside of them; the row still counts, and which rule it broke stays."""
    tables = ", ".join(f"'{table.name}'" for table in contract if concerns(table))
    spaced = "' ' || translate(q.raw_row, ',;|\"' || chr(9), '     ') || ' '"
    named = "strpos(q.raw_row, '\"' || w.name || '\":\"' || w.word || '\"') > 0"
    in_line = (
        "strpos(q.raw_row, '\"line\":') > 0 and w.name = 'customer_id'"
        f" and strpos({spaced}, ' ' || w.word || ' ') > 0"
    )
    orphan = "(w.name = 'customer_id' or strpos(q.raw_row, '\"customer_id\":\"') = 0)"
    return editor.execute(
        f"update {_ledger('quarantine')} as q set rejected_value = null, raw_row = null,"
        f" reason = '{_REASON}' where q.table_name in ({tables}) and exists ("
        f"select 1 from {_WORDS} as w where ({named} and {orphan}) or ({in_line}))"
    )


def _hide_keys(
    editor: Editor, fresh: dict[str, int], accounts: Sequence[int], secret: bytes
) -> None:
    """Put hashes in the place of kept source ids, which name a person as well as a number does."""
    if "_keys" not in editor.tables():
        return
    numbers = {PERSONS: set(fresh.values()), "accounts": set(accounts)}
    hidden = [
        (table, kept, f"{MARK}{id_hash(secret, f'{table}=', source)}")
        for table, source, kept in editor.rows(
            f"select table_name, source_id, kept_id from {_ledger('_keys')}"
        )
        if kept in numbers.get(table, ())
    ]
    if not hidden:
        return
    editor.give(
        "erasing_keys", [("name", "text"), ("number", "bigint"), ("hidden", "text")], hidden
    )
    editor.execute(
        f"update {_ledger('_keys')} as k set source_id = h.hidden from erasing_keys as h"
        " where k.table_name = h.name and k.kept_id = h.number"
    )


def _ledger(name: str) -> str:
    return f"{BRONZE_SCHEMA}.{sql_name(name)}"

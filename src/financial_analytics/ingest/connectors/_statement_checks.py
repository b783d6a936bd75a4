"""Whether statements tie: balances and movements, what they sum up, and one with the next."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from financial_analytics.ingest.connectors._statement_ids import account_id
from financial_analytics.ingest.connectors._statements import Statement
from financial_analytics.ingest.remarks import Remark
from financial_analytics.masking import looks_personal

MOST_WORDS = 10
"""Remarks of one kind that are said one by one."""


def remarks_on(found: Sequence[Statement]) -> list[Remark]:
    """Say where balances do not tie, statements are missing, and what was left out."""
    broken: list[str] = []
    gaps: list[str] = []
    unchecked = 0
    wholes = [_whole(pages) for pages in _by_statement(found)]
    for statement in wholes:
        broken += [f"{_called(statement)}: {fault}" for fault in statement.faults]
        if not (statement.opening and statement.closing and statement.is_complete):
            unchecked += bool(statement.movements)
            continue
        moved = sum((each.amount for each in statement.movements), Decimal(0))
        missing = statement.closing.amount - statement.opening.amount - moved
        if missing:
            broken.append(
                f"{_called(statement)}: it opens with {statement.opening.amount:,} and moves by"
                f" {moved:,}, which makes {statement.opening.amount + moved:,}, but closes with"
                f" {statement.closing.amount:,}: {missing:,} {statement.currency} are in no entry"
            )
    gaps = _gaps(wholes)
    left_out = sum(statement.not_booked for statement in found)
    remarks = _listed("balance_mismatch", broken, "statements whose totals do not tie")
    remarks += _listed("statement_gap", gaps, "gaps between statements")
    if left_out:
        said = f"{left_out:,} entries are not booked (pending, expected, declined): not loaded"
        remarks.append(Remark("entries_not_booked", left_out, said))
    if unchecked:
        said = (
            f"{unchecked:,} statements lack an opening or a closing balance: their movements"
            " cannot be checked"
        )
        remarks.append(Remark("balance_unchecked", unchecked, said))
    return remarks


def _listed(kind: str, said: list[str], what: str) -> list[Remark]:
    remarks = [Remark(kind, 1, each) for each in said[:MOST_WORDS]]
    more = len(said) - MOST_WORDS
    if more > 0:
        remarks.append(Remark(kind, more, f"{more:,} more {what}"))
    return remarks


def _by_statement(found: Sequence[Statement]) -> list[list[Statement]]:
    """Group the pages of each statement, each page once, in their order."""
    groups: dict[tuple[str, ...], list[dict[int, Statement]]] = defaultdict(list)
    for position, page in enumerate(found):
        name = (page.account, page.currency, page.name or f"\x1f{position}")
        for pages in groups[name]:  # numbers start again each year: another page 1, another one
            if pages.setdefault(page.page, page) == page:
                break
        else:
            groups[name].append({page.page: page})
    return [
        [pages[number] for number in sorted(pages)] for same in groups.values() for pages in same
    ]


def _whole(pages: Sequence[Statement]) -> Statement:
    """Return the pages of a statement as one."""
    first, last = pages[0], pages[-1]
    return replace(
        first,
        closing=last.closing,
        movements=tuple(movement for page in pages for movement in page.movements),
        is_complete=all(page.is_complete for page in pages),
        faults=tuple(fault for page in pages for fault in page.faults),
    )


def _called(statement: Statement) -> str:
    name = statement.name
    shown = f"statement {name}" if name and not looks_personal(name) else "a statement"
    return f"{shown} of account_id {account_id(statement)}"


def _gaps(wholes: Sequence[Statement]) -> list[str]:
    """Compare each numbered statement with the next of its account."""
    known: dict[int, dict[int, Statement]] = defaultdict(dict)
    for statement in wholes:
        if re.fullmatch(r"\d{1,6}", statement.name) and statement.opening and statement.closing:
            known[account_id(statement)][int(statement.name)] = statement
    said = []
    for numbers in known.values():
        ordered = sorted(numbers)
        for number, following in pairwise(ordered):
            closing, opening = numbers[number].closing, numbers[following].opening
            assert closing and opening
            if (
                opening.day and closing.day and opening.day < closing.day
            ):  # numbers that start again each year
                continue
            missing = opening.amount - closing.amount
            if missing or following != number + 1:
                between = following - number - 1
                said.append(
                    f"{_called(numbers[number])} closes with {closing.amount:,}, statement"
                    f" {following} opens with {opening.amount:,}"
                    + (f"; {between:,} statements between them are missing" if between else "")
                )
    return said

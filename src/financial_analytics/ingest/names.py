"""Which column of the contract a feed's column may be, by its name: a proposal, never a reading.

The words are in the contract (``name_words``): what feeds write for the words that its names are
made of, and for whole names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from financial_analytics.ingest.contract import Table
from financial_analytics.ingest.header import normalise

LEAST = 0.5
"""Share of words in common, of all words of both names, from which a name is proposed."""
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-z]*")


def pieces(name: str) -> list[str]:
    """Return the words of a column name in lower case.

    Examples
    --------
    >>> pieces("TxnDate"), pieces("Acct. No"), pieces("mcc_code")
    (['txn', 'date'], ['acct', 'no'], ['mcc', 'code'])
    """
    return [piece.lower() for piece in _PIECES.findall(name)]


def propose_names(
    names: Iterable[str],
    table: Table,
    words: Mapping[str, Collection[str]],
    taken: Collection[str] = (),
) -> dict[str, str]:
    """Return a contract column for each name that no column of the contract has.

    Parameters
    ----------
    names : iterable of str
        Columns of the feed that the contract does not know.
    words : mapping of str to collection of str
        Words of the contract's names, or whole names, with what feeds write for them.
    taken : collection of str
        Contract columns that the feed has under their own names.
    """
    meant: dict[str, set[str]] = {}
    for word, others in words.items():
        for other in others:
            meant.setdefault(" ".join(pieces(other)), set()).add(word)
    free = [column for column in table.column_names if column not in taken]
    scored: list[tuple[float, int, int, str, str]] = []
    for place, name in enumerate(names):
        for rank, column in enumerate(free):
            score = _score(pieces(name), column, meant)
            if score >= LEAST:
                scored.append((-score, rank, place, name, column))
    found: dict[str, str] = {}
    for *_, name, column in sorted(scored):
        if name not in found and column not in found.values():
            found[name] = column
    return {name: column for name, column in found.items() if normalise(name) != column}


def _score(given: list[str], column: str, meant: Mapping[str, set[str]]) -> float:
    wanted = column.split("_")
    if column in meant.get(" ".join(given), set()) or given == wanted:
        return 1.0
    readings = [meant.get(piece, set()) | {piece} for piece in given]
    common = sum(any(word in reading for reading in readings) for word in wanted)
    used = sum(bool(reading & set(wanted)) for reading in readings)
    if not common or not used:
        return 0.0
    return common / (len(wanted) + len(given) - used)

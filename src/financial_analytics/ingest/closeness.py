"""What an unknown word may mean, by its likeness to the words of the contract: a proposal."""

from __future__ import annotations

import difflib

from financial_analytics.ingest.contract import Column
from financial_analytics.ingest.vocabulary import plain

LEAST = 0.8
"""Likeness of two words, as `difflib` counts it, from which one may be meant by the other."""
_TRUE = {"true", "t", "yes", "y", "1", "on", "enabled", "active", "enrolled"}
_FALSE = {"false", "f", "no", "n", "0", "off", "disabled", "inactive", "not", "none", "non"}


def is_known(column: Column, word: str) -> bool:
    """Tell whether a list of words knows a word in some spelling."""
    return plain(word) in _candidates(column)


def is_truth_word(word: str) -> bool:
    """Tell whether a word is a truth value without a mapping."""
    return word.strip().lower() in {"true", "t", "yes", "y", "1", "1.0"} | {
        "false", "f", "no", "n", "0", "0.0",
    }  # fmt: skip


def closest(column: Column, word: str) -> str | None:
    """Return the word of the contract that a word may mean, None if nothing is like it.

    The longest phrase of the contract in it decides, of equally long ones the last: the end of a
    phrase says what kind its beginning is of.
    """
    candidates = _candidates(column)
    tokens = plain(word).split()
    best: tuple[int, int] | None = None
    meaning = None
    for phrase, meant in candidates.items():
        parts = phrase.split()
        for place in range(len(tokens) - len(parts) + 1):
            rank = (len(parts), place)
            if tokens[place : place + len(parts)] == parts and (best is None or rank > best):
                best, meaning = rank, meant
    if meaning is not None:
        return meaning
    like = difflib.get_close_matches(plain(word), candidates, n=1, cutoff=LEAST)
    return candidates[like[0]] if like else None


def closest_truth(word: str) -> bool | None:
    """Return the truth value that a word may mean, None if it says neither."""
    tokens = set(plain(word).split())
    if tokens & _FALSE:
        return False
    return True if tokens & _TRUE else None


def _candidates(column: Column) -> dict[str, str]:
    return {plain(word): word for word in column.vocabulary} | dict(column.synonyms)

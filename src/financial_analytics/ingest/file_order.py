"""The order of files in a folder: by name, numbers as numbers and dates as dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import TypeVar

from financial_analytics.errors import UserInputError

Named = TypeVar("Named")
Key = tuple[int, list[tuple[int, int, str]], str]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([-._ ])(\d{1,2})\2(\d{4})(?!\d)")
_WORDS = re.compile(
    rf"(?<![a-z\d])(?:(\d{{1,2}})[-._ ]?)?({'|'.join(_MONTHS)})[a-z]{{0,6}}[-._ ]?(\d{{4}})(?!\d)",
    re.IGNORECASE,
)


def in_order(files: Sequence[Named], name: Callable[[Named], PurePath]) -> list[Named]:
    """Return files in order: those of a folder before those of its folders, each by name.

    ``part-2`` comes before ``part-10``, and ``31-01-2024`` before ``01-02-2024``: where the year
    is last, a number above 12 in any of the names tells day from month.

    Raises
    ------
    UserInputError
        If nothing tells them apart and it would make a difference.

    Examples
    --------
    >>> names = ["t_01-02-2024.csv", "t_31-01-2024.csv", "t_2-Dec-2023.csv"]
    >>> in_order(names, PurePath)
    ['t_2-Dec-2023.csv', 't_31-01-2024.csv', 't_01-02-2024.csv']
    """
    day_first, month_first = (
        sorted(files, key=lambda file, first=first: _key(name(file), day_first=first))  # type: ignore[misc]
        for first in (True, False)
    )
    texts = [name(file).name for file in files]
    is_day_first = _is_day_first(texts)
    if is_day_first is not None:
        return day_first if is_day_first else month_first
    if day_first != month_first:
        one, other = next(
            (name(a).name, name(b).name)
            for a, b in zip(day_first, month_first, strict=True)
            if a is not b
        )
        raise UserInputError(
            f"the names {one} and {other} do not tell whether the day or the month comes first",
            hint="give the files in their order instead of the folder, or write the year first",
        )
    return day_first


def _is_day_first(names: Sequence[str]) -> bool | None:
    """Tell whether days come before months in dates that end in a year; None if not known."""
    days, months, is_dotted = [], [], False
    for date in (match for name in names for match in _NUMBERS.finditer(name)):
        first, second = int(date[1]), int(date[3])
        as_day = _iso(date[4], second, first) is not None
        as_month = _iso(date[4], first, second) is not None
        is_dotted |= date[2] == "." and as_day
        if as_day and not as_month:
            days.append(date[0])
        elif as_month and not as_day:
            months.append(date[0])
    if days and months:
        raise UserInputError(
            f"the names have dates of two orders: {days[0]} and {months[0]}",
            hint="give the files in their order instead of the folder",
        )
    if days or (is_dotted and not months):
        return True
    return False if months else None


def _key(path: PurePath, *, day_first: bool) -> Key:
    def numbers(match: re.Match[str]) -> str:
        day, month = (match[1], match[3]) if day_first else (match[3], match[1])
        return _iso(match[4], int(month), int(day)) or match[0]

    def words(match: re.Match[str]) -> str:
        month = 1 + _MONTHS.index(match[2].lower())
        return _iso(match[3], month, int(match[1] or 1)) or match[0]

    *folders, name = path.parts
    dated = _WORDS.sub(words, _NUMBERS.sub(numbers, name))
    return len(path.parts), _natural("/".join([*folders, dated])), path.as_posix()


def _iso(year: str, month: int, day: int) -> str | None:
    try:
        return dt.date(int(year), month, day).isoformat()
    except ValueError:
        return None


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key that puts ``part-2`` before ``part-10``."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", text)
        if part
    ]

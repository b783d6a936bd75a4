"""Dates and times in another form than ISO: the formats that a mapping declares, as SQL."""

from __future__ import annotations

import re
from typing import Any

from financial_analytics.engines.duckdb.session import sql_text
from financial_analytics.errors import UserInputError

ISO = "iso"
"""In a list of formats: the form of the contract, read as without a mapping."""
_DIRECTIVE = re.compile(r"%(-?[A-Za-z%])")
_DAY = {"%d", "%-d"}
_MONTH = {"%m", "%-m", "%b", "%B"}
_YEAR = {"%Y", "%y"}
_CLOCK = {"%H", "%-H", "%I", "%-I", "%M", "%-M", "%S", "%-S", "%f", "%p", "%z"}
_DAY_OF_YEAR = {"%j"}
_NAMES = {"%a", "%A", "%%"}
_KNOWN = _DAY | _MONTH | _YEAR | _CLOCK | _DAY_OF_YEAR | _NAMES
_HINT = (
    "a format is made of %Y or %y (year), %m, %b or %B (month), %d (day), %H or %I with %p"
    " (hour), %M, %S, %f (fraction), %z (offset), %j (day of the year), such as '%m/%d/%Y' or"
    f" '%d.%m.%Y %H:%M'; {ISO} is YYYY-MM-DD"
)


def check_formats(said: Any, here: str, *, is_time: bool) -> tuple[str, ...]:
    """Return the formats of ``date:`` or ``time:`` in a mapping.

    Raises
    ------
    UserInputError
        If one is no format, or does not say a whole day.
    """
    listed = [said] if isinstance(said, str) else said
    if not isinstance(listed, (list, tuple)) or not listed:
        raise UserInputError(
            f"{here}: {'time' if is_time else 'date'} is a format or a list of formats", hint=_HINT
        )
    return tuple(_checked(one, here, is_time=is_time) for one in listed)


def _checked(one: Any, here: str, *, is_time: bool) -> str:
    if one == ISO:
        return ISO
    found = {f"%{name}" for name in _DIRECTIVE.findall(str(one))}
    unknown = sorted(found - _KNOWN)
    if unknown or "%" in _DIRECTIVE.sub("", str(one)):
        raise UserInputError(
            f"{here}: the format {one!r} has the unknown part {', '.join(unknown) or '%'}",
            hint=_HINT,
        )
    has_day = bool(found & _YEAR) and (
        bool(found & _DAY_OF_YEAR) or bool(found & _MONTH and found & _DAY)
    )
    if not has_day:
        raise UserInputError(
            f"{here}: the format {one!r} does not say year, month and day", hint=_HINT
        )
    if not is_time and found & _CLOCK:
        raise UserInputError(
            f"{here}: the format {one!r} has a time of day",
            hint="say it as time:, not date:",
        )
    if found & {"%I", "%-I"} and "%p" not in found:
        raise UserInputError(
            f"{here}: the format {one!r} has hours up to 12 and no %p to tell noon from midnight",
            hint="use %H for hours from 0 to 23",
        )
    return str(one)


def parsed(formats: tuple[str, ...], value: str, iso: str) -> str:
    """Return SQL of the timestamp that a text is in the first format that fits, else NULL.

    Parameters
    ----------
    formats : tuple of str
        Checked formats.
    value, iso : str
        SQL of the text, and of what it is in the contract's form.
    """
    tried = []
    for one in formats:
        if one == ISO:
            tried.append(f"cast({iso} as timestamp)")
            continue
        parse = f"cast(try_strptime({value}, {sql_text(one)}) as timestamp)"
        if "%Y" in one:
            # "24" is no year of four digits: 05/16/24 would be the year 24
            year = f"lpad(cast(year({parse}) as varchar), 4, '0')"
            parse = (
                f"case when {parse} >= timestamp '1000-01-01' then {parse} "
                f"when contains({value}, {year}) then {parse} end"
            )
        # a text that does not fit costs ten times one that does
        if ":" in one and len(formats) > 1:
            parse = f"case when contains({value}, ':') then {parse} end"
        tried.append(parse)
    return tried[0] if len(tried) == 1 else f"coalesce({', '.join(tried)})"


def in_words(formats: tuple[str, ...]) -> str:
    """Return formats as they may be read in a message."""
    return " or ".join("YYYY-MM-DD" if one == ISO else one for one in formats)

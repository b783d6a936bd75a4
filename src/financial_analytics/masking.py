r"""What may be shown of a value: the one home of masking, for messages, reports and quarantine.

A value is judged by what it looks like *and* by the column that it may belong to. In a table with
personal data the columns of a feed may be shifted, so that any word may be a name and any long
number an account: what has the form that its column wants is shown (a number, a date, a member of
a closed list or nearly one), of everything else the shape, letters as ``x`` and digits as ``9``.

Patterns are read by two engines (Python's `re` and RE2), so they use neither look-around nor
back-references. `shown_value` and `shown_line` return SQL: masking costs nothing on rows without a
fault, and rows with one never pass through Python.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from financial_analytics.ingest.contract import Column, Table

SHOWN = 200
"""Characters of a value that a message shows at most."""
_EMAIL = r"[^\s@]@[^\s@]"  # misspelt ones, too
_NATIONAL_ID = (
    r"(?:^|\D)\d{3}[-. ]\d{2}[-. ]\d{4}(?:\D|$)"
    r"|(?:^|[^A-Za-z0-9])[A-Za-z]{2}\d{6}[A-Za-z](?:[^A-Za-z0-9]|$)"
)
_PHONE = (
    r"\+\d[\d ()./-]{6}|\(\d{3}\) ?\d{3}|(?:^|\D)\d{3}[-. ]\d{3}[-. ]\d{4}(?:\D|$)"
    r"|(?:^|[^\d.-])\d{3}-\d{4}(?:\D|$)"
)
_IBAN = r"(?:^|[^A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}"
_ADDRESS = r"(?:^|[^\d.])\d{1,3}(?:\.\d{1,3}){3}(?:[^\d.]|$)|(?:[0-9A-Fa-f]{1,4}:){4}"
_LONG_NUMBER = r"(?:^|[^\d.])\d{9}|\d{4}[ -]\d{4}[ -]\d{4}|(?:^|\D)\d{3}[ -]\d{3}[ -]\d{3}"
PERSONAL = "|".join((_EMAIL, _NATIONAL_ID, _PHONE, _IBAN, _ADDRESS))
"""What personal data look like anywhere; in texts a long number does, too."""

_WRITTEN = (
    r"[+-]\d{1,6}|[+-]?\d{0,6}[.,]\d{1,15}|[+-]?\d{1,6}(?:[.,]\d+)?[eE][+-]?\d{1,3}"
    r"|[+-]?\d{1,3}[,.'’ ]\d{3}[.,]\d{1,3}|(?i:[+-]?(?:nan|inf|infinity))"  # noqa: RUF001
)
"""A number that says by its sign, decimals or exponent that it is no identifier."""
_AMOUNT = r"[+-]?\d{0,8}|[+-]?\d{0,18}[.,]\d{0,18}|[+-]\d{1,30}"
_NUMBERS = ("integer", "bigint", "decimal", "double")
_LOCAL_PHONE = r"\d{3}[.,]\d{4}"
_TIME_OF_DAY = r"(?:[T ][0-9:.,]+(?: ?(?:Z|z|UTC|[AaPp][Mm]|[+-][0-9:]{2,6}))?)?"
_DAY = rf"\d{{4}}-\d{{2}}-\d{{2}}{_TIME_OF_DAY}"
_OTHER_DAY = (
    rf"(?:\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d{{2}})|\d{{4}}[./]\d{{1,2}}[./]\d{{1,2}})"
    rf"{_TIME_OF_DAY}"
)
_IDENTIFIERS = {"national_id", "phone", "account_number"}
"""Classes whose values are long numbers: no bare number of eight digits is a key beside them."""
_SNAKE = re.compile(r"[A-Za-z]+(_[A-Za-z0-9]+)+")
_NAME = re.compile(r"[^\W\d][\w ./%()#&-]{0,59}")
_DATA = re.compile(r"[+-]?[\d.,]*\d[\d.,%-]*|\d{1,4}[-./:]\d{1,2}[-./:].*", re.ASCII)
_DAY_INSIDE = re.compile(r"\d[-./ ]\d|\d{5}")
_KNOWN_BEFORE = re.compile(
    r"(?:table|relation|column|columns|schema|encoding|type|types|function|constraint|extension"
    r"|file|database|role|setting|parameter) $",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\x00-\x40\x5b-\x60\x7b-\x7f]")
"""Letters, and every character beyond ASCII: cheaper than a class of all alphabets."""
_DIGIT = re.compile(r"[0-8]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
WORDS = (
    "true", "false", "yes", "no", "t", "f", "y", "n", "0", "1", "ja", "nein", "oui", "non", "on",
    "off", "null", "none", "nil", "nan", "n/a", "na", "unknown", "undefined", "other", "test",
    "\\n", "-", "?", "open", "opened", "closed", "active", "inactive", "frozen", "blocked",
    "suspended", "dormant", "pending", "cancelled", "canceled", "approved", "declined", "rejected",
    "withdrawn", "debit", "credit", "withdrawal", "deposit", "transfer", "payment", "purchase",
    "fee", "refund", "interest", "cash", "atm", "pos", "web", "mobile", "online", "branch",
    "telephone", "yesterday", "today", "tomorrow", "now", "never",
)  # fmt: skip
"""Words that are no personal data in any column."""


def shape(text: str) -> str:
    """Return the shape of a text: letters (and all beyond ASCII) as ``x``, digits as ``9``.

    Examples
    --------
    >>> shape("Ann-Marie 12.5")
    'xxx-xxxxx 99.9'
    """
    return _LETTER.sub("x", _DIGIT.sub("9", text[:SHOWN]))


def looks_personal(text: str) -> bool:
    """Tell whether a text holds what looks like personal data, whatever its column.

    Examples
    --------
    >>> looks_personal("write to ann@example.org"), looks_personal("4111 1111 1111 1111")
    (True, True)
    >>> looks_personal("2024-01-05 10:00:00"), looks_personal("-1,234.50")
    (False, False)
    """
    return bool(re.search(f"{PERSONAL}|{_LONG_NUMBER}", text, re.ASCII))


def shown_text(text: str) -> str:
    """Return a value of a feed whose contract is not known: a short number, else the shape.

    Examples
    --------
    >>> shown_text("12.5"), shown_text("Ann")
    ('12.5', 'xxx')
    """
    plain = re.fullmatch(rf"\d{{1,4}}|{_WRITTEN}", text, re.ASCII)
    safe = (plain and not re.fullmatch(_LOCAL_PHONE, text)) or text.lower() in WORDS
    return text if safe else shape(text)


def without_values(message: str) -> str:
    """Return the first line of an engine's message without the values that it quotes.

    Names of relations, columns and types and paths stay.

    Examples
    --------
    >>> without_values("Conversion Error: Could not convert string 'Ann' to INT32")
    "Conversion Error: Could not convert string 'xxx' to INT32"
    """
    line = (message.strip() or "no message").splitlines()[0]

    def hide(found: re.Match[str]) -> str:
        quoted = found.group()
        inner = quoted[1:-1]
        is_name = _KNOWN_BEFORE.search(line[: found.start()]) and not looks_personal(inner)
        if is_name or inner.startswith("/"):
            return quoted
        return f"{quoted[0]}{shape(inner)}{quoted[-1]}"

    line = _QUOTED.sub(hide, line)
    return re.sub(f"{_EMAIL}|{_NATIONAL_ID}|{_IBAN}", lambda found: shape(found.group()), line)


def safe_cause(error: BaseException) -> BaseException:
    """Return an error of the same trace whose message holds no values, to be raised from."""
    return RuntimeError(f"{type(error).__name__}: {without_values(str(error))}").with_traceback(
        error.__traceback__
    )


def looks_like_data(names: Sequence[str], matched: Collection[int]) -> bool:
    """Tell whether what should be a header is a row: `matched` are positions of known names."""
    given = [i for i, name in enumerate(names) if name.strip()]
    data = any(
        i not in matched and (_DATA.fullmatch(names[i].strip()) or looks_personal(names[i]))
        for i in given
    )
    return data and 2 * len(matched) < len(given)


def shown_names(names: Sequence[str], matched: Collection[int]) -> list[str]:
    """Return the column names of a feed as they may be shown.

    Names of the contract are shown; others where the line is a header beyond doubt (it holds a
    known name and no value) and they look like names. Of the rest only the shape is shown.

    Parameters
    ----------
    names : sequence of str
        The cells of the first line.
    matched : collection of int
        Positions of those that are columns of the contract.

    Examples
    --------
    >>> shown_names(["customer_id", "ssn", "Region", "ann@example.org"], {0, 1})
    ['customer_id', 'ssn', 'Region', 'xxx@xxxxxxx.xxx']
    >>> shown_names(["7", "Ann", "1980-01-01"], ())
    ['9', 'xxx', '9999-99-99']
    """
    is_data = looks_like_data(names, matched)
    shown = []
    for position, given in enumerate(names):
        name = given.strip()
        fits = _NAME if matched else _SNAKE
        is_name = bool(fits.fullmatch(name)) and not is_data
        is_name = is_name and not _DAY_INSIDE.search(name) and not looks_personal(name)
        shown.append(name if position in matched or is_name else shape(name) or "(blank)")
    return shown


def shown_key(table: Table, column: Column, value: object) -> str:
    """Return a key of a stored row as a message may show it."""
    text = str(value)
    if not table.has_personal_data:
        return shape(text) if re.search(PERSONAL, text, re.ASCII) else text[:SHOWN]
    return text if re.fullmatch(_bare(table, column), text, re.ASCII) else shape(text)


def shape_sql(value: str, longest: int = SHOWN) -> str:
    """Return SQL of the shape of a text value."""
    digits = f"translate(left({value}, {longest}), '012345678', '999999999')"
    return f"regexp_replace({digits}, '{_LETTER.pattern}', 'x', 'g')"


def masked(value: str) -> str:
    """Return SQL for personal data as it may be shown: first character and length."""
    return f"left({value}, 1) || '*** (' || length({value}) || ' characters)'"


def shown_value(table: Table, column: Column, value: str) -> str:
    """Return SQL for the text `value` of a column as it may be shown outside bronze.

    Parameters
    ----------
    table, column : Table, Column
        Where the feed says that the value belongs.
    value : str
        SQL of the value as text.
    """
    hidden = shape_sql(value)
    whole = f"left({value}, {SHOWN})"
    if not table.has_personal_data:
        plain = _AMOUNT if column.family in _NUMBERS else _DAY
        if column.name in (*table.key, *table.references):
            plain += r"|\d{1,30}"
        personal = f"regexp_matches({value}, {_literal(f'{PERSONAL}|{_LONG_NUMBER}')})"
        return (
            f"case when {_full(value, plain)} then {whole} "
            f"when {personal} then {hidden} else {whole} end"
        )
    if column.pii:
        return masked(value) if column.family == "text" else hidden
    return f"case {' '.join(_branches(table, column, value, whole))} else {hidden} end"


def _branches(table: Table, column: Column, value: str, whole: str) -> Iterable[str]:
    """Yield what is shown of a value in a table with personal data."""
    # one text: a list of constants costs more to plan than to search
    words = f"|{'|'.join([*WORDS, *_words(table)])}|"
    yield f"when contains({_literal(words)}, '|' || lower({value}) || '|') then {whole}"
    if column.values:
        near = [word.lower() for word in column.values if len(word) >= 5]
        tests = [f"damerau_levenshtein(lower(left({value}, 40)), {_literal(w)}) = 1" for w in near]
        if tests:
            yield f"when {' or '.join(tests)} then {whole}"
    elif column.family in ("date", "timestamp"):
        yield f"when {_full(value, _DAY)} then {_shown_day(table, value, whole)}"
        if not _has_birth_date(table):
            yield f"when {_full(value, _OTHER_DAY)} then {whole}"
    elif column.family in _NUMBERS:
        yield (
            f"when {_full(value, f'{_bare(table, column)}|{_WRITTEN}')} "
            f"and not {_full(value, _LOCAL_PHONE)} then {whole}"
        )


def _words(table: Table) -> Iterable[str]:
    """Return the members of the closed lists of a table, in lower case."""
    return (value.lower() for column in table.columns for value in column.values)


def _shown_day(table: Table, value: str, whole: str) -> str:
    """Return a day in the right form: it may be a birth date, of which the year is shown."""
    if not _has_birth_date(table):
        return whole
    rest = f"regexp_replace(substr({value}, 5, 40), '[0-9]', '9', 'g')"
    return (
        f"case when try_cast(left({value}, 10) as date) is null then {whole} "
        f"else left({value}, 4) || {rest} end"
    )


def _has_birth_date(table: Table) -> bool:
    return any(column.pii == "birth_date" for column in table.columns)


def _bare(table: Table, column: Column) -> str:
    """Return the pattern of the bare whole numbers that a column of a table may show.

    In a key they may be long, unless an account or a telephone number may have come there.
    Elsewhere a number of five digits may be a ZIP code, and one of four the end of a card's.
    """
    classes = {other.pii for other in table.columns}
    if column.name in (*table.key, *table.references):
        return r"[+-]?\d{1,7}" if classes & _IDENTIFIERS else r"[+-]?\d{1,30}"
    if "card_number" in classes:
        return r"\d{1,3}"
    return r"\d{1,4}" if classes & {"address", "birth_date"} else r"\d{1,6}"


def shown_line(table: Table, value: str, longest: int = SHOWN) -> str:
    """Return SQL for a line that is no row: with personal data only its shape is shown."""
    hidden = shape_sql(value, longest)
    if table.has_personal_data:
        return hidden
    personal = f"regexp_matches({value}, {_literal(f'{PERSONAL}|{_LONG_NUMBER}')})"
    return f"case when {personal} then {hidden} else left({value}, {longest}) end"


def _full(value: str, pattern: str) -> str:
    return f"regexp_full_match({value}, {_literal(pattern)})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

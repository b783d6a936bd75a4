"""SQL in a mapping: one expression over the columns of a feed's row, and nothing else.

The engine's own parser says what a text is; nothing is judged by its look. What an expression gives
depends on its row alone: no query, no aggregate, no clock, no chance, no setting of the machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from financial_analytics.engines.duckdb.session import DatabaseError, open_warehouse, sql_text
from financial_analytics.errors import UserInputError

_HINT = (
    "give one expression over the columns of the row, such as split_part(Reference, '/', 1); no"
    " select, no aggregate, no window, nothing that hangs on the clock or on chance"
)
_CLASSES = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
    "FUNCTION", "OPERATOR", "TYPE",
}  # fmt: skip
_REFUSED = {"row", "version", "getvariable", "current_setting", "in_search_path", "write_log"}
"""Scalar functions that hang on more than the row, or make more than one value."""
Spot = tuple[int, int, str]
"""Where a column is named in an expression: first and last byte, and its name."""


def check_expression(text: Any, here: str) -> tuple[Spot, ...]:
    """Return where an expression names columns.

    Raises
    ------
    UserInputError
        If it is no single expression over one row.
    """
    if not isinstance(text, str) or not text.strip():
        raise UserInputError(f"{here}: sql is a text", hint=_HINT)
    try:
        return _spots(text)
    except ValueError as error:
        raise UserInputError(f"{here}: the SQL {error}", hint=_HINT) from None


@lru_cache(maxsize=256)
def _spots(text: str) -> tuple[Spot, ...]:
    start = "select ("
    with open_warehouse(Path(":memory:")) as connection:
        try:
            answer = connection.execute(
                "select json_serialize_sql($1)", [f"{start}{text}\n)"]
            ).fetchall()[0][0]
        except DatabaseError as error:
            raise ValueError(f"cannot be read: {str(error).splitlines()[0]}") from None
        functions = {
            str(name)
            for (name,) in connection.execute(
                "select function_name from duckdb_functions() "
                "where function_type in ('scalar', 'macro') "
                "group by 1 having bool_or(coalesce(stability, 'CONSISTENT') = 'CONSISTENT' "
                "and not coalesce(has_side_effects, false))"
            ).fetchall()
        }
    tree = json.loads(answer)
    if tree.get("error"):
        raise ValueError(f"cannot be read: {tree.get('error_message')}")
    statements = tree["statements"]
    node = statements[0]["node"]
    plain = (
        len(statements) == 1
        and node["type"] == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and (node.get("from_table") or {}).get("type") == "EMPTY"
        and not any(
            node.get(part)
            for part in ("where_clause", "group_expressions", "having", "qualify", "modifiers",
                         "sample")
        )
        and not (node.get("cte_map") or {}).get("map")
    )  # fmt: skip
    if not plain:
        raise ValueError("is more than one expression")
    spots: list[Spot] = []
    for part in _parts(node["select_list"][0]):
        kind = part["class"]
        if kind not in _CLASSES:
            raise ValueError(f"has a {kind.lower().replace('_', ' ')}")
        if kind == "FUNCTION":
            name = str(part["function_name"]).lower()
            if not part.get("is_operator") and (name not in functions or name in _REFUSED):
                raise ValueError(f"calls {name}, which is no function of one row alone")
        if kind == "COLUMN_REF":
            if len(part["column_names"]) != 1:
                raise ValueError(f"names {'.'.join(part['column_names'])}; a column has one name")
            first = int(part["query_location"]) - len(start)
            spots.append((first, first + int(part["query_location_length"]),
                          str(part["column_names"][0])))  # fmt: skip
    return tuple(sorted(spots))


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of an expression."""
    if isinstance(tree, list):
        for item in tree:
            yield from _parts(item)
    elif isinstance(tree, dict):
        if "class" in tree and "type" in tree:
            yield tree
        for item in tree.values():
            yield from _parts(item)


def placed(text: str, spots: tuple[Spot, ...], names: dict[str, str]) -> str:
    """Return an expression with the columns of the feed in the place of their names.

    Parameters
    ----------
    names : dict of str to str
        SQL of each column, by the name that the expression gives it.
    """
    encoded = text.encode()
    for first, last, name in reversed(spots):
        encoded = encoded[:first] + names[name].encode() + encoded[last:]
    return encoded.decode()


def literal(value: Any) -> str:
    """Return SQL text of a constant of YAML, in the form of the contract."""
    if isinstance(value, bool):
        return sql_text("true" if value else "false")
    return sql_text(value.isoformat(sep=" ") if _has_clock(value) else str(value))


def _has_clock(value: Any) -> bool:
    return hasattr(value, "hour") and hasattr(value, "isoformat")

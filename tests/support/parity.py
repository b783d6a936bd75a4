"""Compares one relation of two engines cell by cell and shows the first rows that differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

RELATIVE = 1e-9
"""How far doubles may be apart, relative to the larger one; everything else is equal or wrong."""

SHOWN_ROWS = 3
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cells:
    """A relation as Arrow, whatever engine it comes from."""

    engine: str
    table: pa.Table


def plain_type(kind: pa.DataType) -> str:
    """Return the type of a column as the YAML calls it: what must be equal on all engines."""
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "timestamp with time zone"
    names = {
        pa.string(): "text", pa.large_string(): "text", pa.string_view(): "text",
        pa.int32(): "integer", pa.int64(): "bigint", pa.float64(): "double",
        pa.date32(): "date", pa.bool_(): "boolean",
    }  # fmt: skip
    return names.get(kind, str(kind))


def differences(expected: Cells, given: Cells) -> list[str]:
    """Return what differs between two relations, or an empty list.

    Columns are matched by name, rows by all columns that are no double (with multiplicity);
    among rows that agree in those, doubles are matched in order of size.
    """
    types = {field.name: plain_type(field.type) for field in expected.table.schema}
    others = {field.name: plain_type(field.type) for field in given.table.schema}
    faults = [
        f"column {name}: {expected.engine} {types.get(name)}, {given.engine} {others.get(name)}"
        for name in sorted({*types, *others})
        if types.get(name) != others.get(name)
    ]
    if faults:
        return faults
    if expected.table.num_rows != given.table.num_rows:
        faults.append(
            f"rows: {expected.engine} {expected.table.num_rows}, "
            f"{given.engine} {given.table.num_rows}"
        )
    return faults + _differing_rows(expected, given, types)


def _differing_rows(expected: Cells, given: Cells, types: dict[str, str]) -> list[str]:
    doubles = [name for name, kind in types.items() if kind == "double"]
    exact = [name for name in types if name not in doubles]
    keys = ", ".join(f'"{name}"' for name in exact)
    order = ", ".join(f'"{name}" nulls last' for name in doubles) or "1"
    numbered = (
        f"select *, row_number() over (partition by {keys or '1'} order by {order}) as n_ from {{}}"
    )
    matches = " and ".join(
        [*(f'a."{name}" is not distinct from b."{name}"' for name in exact), "a.n_ = b.n_"]
    )
    apart = " or ".join(
        f"""(a."{name}" is null) <> (b."{name}" is null)
        or isnan(a."{name}") <> isnan(b."{name}")
        or (not isnan(a."{name}") and a."{name}" <> b."{name}"
            and (isinf(a."{name}") or isinf(b."{name}") or abs(a."{name}" - b."{name}")
                > {RELATIVE} * greatest(abs(a."{name}"), abs(b."{name}"))))"""
        for name in doubles
    )
    query = f"""
        with a as ({numbered.format("expected_rows")}), b as ({numbered.format("given_rows")})
        select a as expected_row, b as given_row
        from a full join b on {matches}
        where a.n_ is null or b.n_ is null {f"or {apart}" if apart else ""}
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("expected_rows", expected.table)
        connection.register("given_rows", given.table)
        connection.execute(f"create table faults as {query}")
        count = connection.execute("select count(*) from faults").fetchall()[0][0]
        if not count:
            return []
        rows = connection.execute(
            "select expected_row, given_row from faults"
            f" order by expected_row, given_row limit {SHOWN_ROWS}"
        ).fetchall()
    found = [f"{count} rows differ, such as"]
    for left, right in rows:
        found += [f"  {expected.engine}: {_shown(left)}", f"  {given.engine}: {_shown(right)}"]
        if left and right and left["n_"] and right["n_"]:
            found += [
                f"    {name}: {left[name]!r} and {right[name]!r}"
                for name in doubles
                if left[name] != right[name]
            ]
    return found


def _shown(row: dict[str, object] | None) -> str:
    if not row or row["n_"] is None:
        return "no such row"
    return ", ".join(f"{name}={value}" for name, value in row.items() if name != "n_")


def modelled_relations() -> list[str]:
    """Return the relations that the models' files name, bronze left out."""
    schemas = {
        "models/transform": "silver",
        "models/transform/vault": "silver_vault",
        "models/gold": "gold",
        "models/gold/intermediate": "gold_intermediate",
    }
    found = []
    for path in sorted((ROOT / "models").rglob("*")):
        if path.suffix in {".sql", ".py"}:
            folders = [folder for folder in schemas if path.is_relative_to(ROOT / folder)]
            found.append(f"{schemas[max(folders, key=len)]}.{path.stem}")
    return found

"""Read the exported features with Feast itself, and compare with a join by hand.

`make feast` installs Feast in an environment of its own, exports the features of the warehouse in
`data/` and runs this file there. For each relation and each of Feast's offline stores on files the
features of entities are asked for at random times before, between and after the month ends; the
answer must be, cell by cell, the newest row up to that time.

The store `file` leaves out rows asked for before their entity's first feature
(findings/feast_rows_before_the_first_feature.sh); they are counted and told.

    python benchmarks/feast_store.py FOLDER_OF_PARQUET
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from feast import Entity, FeatureStore, FeatureView, FileSource, RepoConfig

TIMES = ("event_timestamp", "created_timestamp")
STORES = ("file", "duckdb")
ASKED = 2_000
SEED = 20240


def asked_rows(table: pd.DataFrame, key: str, rng: np.random.Generator) -> pd.DataFrame:
    """Return entities and moments to ask for: before the first month end, between, and after."""
    entities = rng.choice(table[key].unique(), ASKED)
    first, last = table["event_timestamp"].min(), table["event_timestamp"].max()
    seconds = rng.integers(0, int((last - first).total_seconds()) + 60 * 86_400, ASKED)
    moments = first - pd.Timedelta(days=30) + pd.to_timedelta(seconds, unit="s")
    rows = pd.DataFrame({key: entities, "event_timestamp": moments.as_unit("us")})
    return rows.drop_duplicates(ignore_index=True)  # Feast makes one of two equal rows


def by_hand(table: pd.DataFrame, key: str, asked: pd.DataFrame) -> pd.DataFrame:
    """Return the newest row of each entity up to the moment asked for, by pandas."""
    return pd.merge_asof(
        asked.sort_values("event_timestamp"),
        table.drop(columns="created_timestamp")
        .rename(columns={"event_timestamp": "known_at"})
        .sort_values("known_at"),
        left_on="event_timestamp",
        right_on="known_at",
        by=key,
    ).drop(columns="known_at")


def by_feast(
    path: Path, key: str, columns: list[str], asked: pd.DataFrame, kind: str
) -> pd.DataFrame:
    """Return what Feast's offline store of this kind answers."""
    with tempfile.TemporaryDirectory() as folder:
        store = FeatureStore(
            config=RepoConfig(
                project="bank",
                registry=str(Path(folder) / "registry.db"),
                provider="local",
                offline_store={"type": kind},
                entity_key_serialization_version=3,
            )
        )
        view = FeatureView(
            name=path.stem,
            entities=[Entity(name=key, join_keys=[key])],
            source=FileSource(
                path=str(path), timestamp_field=TIMES[0], created_timestamp_column=TIMES[1]
            ),
        )  # no ttl: a row that is older would be dropped, and not told of
        store.apply([Entity(name=key, join_keys=[key]), view])
        found = store.get_historical_features(
            entity_df=asked, features=[f"{path.stem}:{name}" for name in columns]
        ).to_df()
    return found.assign(event_timestamp=found["event_timestamp"].dt.as_unit("us"))


def differing(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> dict[str, int]:
    """Return the number of differing cells by column, of rows matched by `keys`."""
    both = expected.merge(found, on=keys, suffixes=("", "_found"), validate="one_to_one")
    if len(both) != len(expected) or len(found) != len(expected):
        return {"rows": abs(len(expected) - len(found)) or len(expected) - len(both)}
    counts = {}
    for name in expected.columns.difference(keys):
        left, right = both[name], both[f"{name}_found"]
        same = (left == right) | (left.isna() & right.isna())
        counts[name] = int((~same).sum())
    return {name: count for name, count in counts.items() if count}


def main() -> int:
    """Compare every file of a folder; return 1 if a cell differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rng = np.random.default_rng(SEED)
    failed = False
    for path in sorted(folder.glob("features_*.parquet")):
        table = pq.read_table(path).to_pandas()
        key = str(table.columns[0])
        columns = [name for name in table.columns if name not in (key, *TIMES)]
        asked = asked_rows(table, key, rng)
        expected = by_hand(table, key, asked)
        known = expected[columns[0]].notna()
        for kind in STORES:
            start = time.process_time()
            found = by_feast(path.resolve(), key, columns, asked, kind)
            spent = time.process_time() - start
            wanted = expected[known] if kind == "file" else expected
            wrong = differing(found[expected.columns], wanted, [key, "event_timestamp"])
            failed |= bool(wrong)
            print(
                f"{path.stem}, store {kind}: {len(asked)} rows asked, {len(found)} answered, "
                f"{len(wanted) * len(columns)} cells, {sum(wrong.values())} differ, "
                f"{spent:.1f} CPU s {wrong or ''}"
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

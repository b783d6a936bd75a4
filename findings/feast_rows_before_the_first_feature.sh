#!/bin/sh
# feast 0.67.0, no ttl: a training row asked for before its entity's first feature disappears from the answer of the offline
# store `file`, while an entity that the file never names stays with NULL. The store `duckdb` keeps both. Same file, same view,
# no warning: a training set loses just the newest customers.
# Ends in 0 while feast behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'feast[duckdb]==0.67.0' 'duckdb==2.0.1' 'pandas==2.3.3' 'pyarrow==26.0.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PY'
from datetime import UTC, datetime
from importlib.metadata import version

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feast import Entity, FeatureStore, FeatureView, FileSource, RepoConfig

seen = [datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)]
pq.write_table(
    pa.table(
        {
            "customer": pa.array([1, 1, 2], pa.int64()),
            "event_timestamp": pa.array(seen, pa.timestamp("us", tz="UTC")),
            "tenure": pa.array([10, 12, 1], pa.int64()),
        }
    ),
    "features.parquet",
)
asked = pd.DataFrame(
    {"customer": [1, 2, 3], "event_timestamp": [pd.Timestamp("2026-02-28", tz="UTC")] * 3}
)
print("feast", version("feast"))
found = {}
for kind in ("file", "duckdb"):
    store = FeatureStore(
        config=RepoConfig(
            project="bank", registry=f"{kind}.db", provider="local",
            offline_store={"type": kind}, entity_key_serialization_version=3,
        )
    )
    customer = Entity(name="customer", join_keys=["customer"])
    source = FileSource(path="features.parquet", timestamp_field="event_timestamp")
    store.apply([customer, FeatureView(name="known", entities=[customer], source=source)])
    rows = store.get_historical_features(entity_df=asked, features=["known:tenure"]).to_df()
    found[kind] = sorted(rows["customer"].tolist())
    print(f"{kind}: asked for customers [1, 2, 3], answered", found[kind])
assert found == {"file": [1, 3], "duckdb": [1, 2, 3]}, "changed"
PY

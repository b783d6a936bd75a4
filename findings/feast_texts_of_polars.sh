#!/bin/sh
# feast 0.67.0: a text column of a Parquet file that polars 1.44.2 wrote (Arrow's large_string) is inferred as Json. Training
# reads the texts as they are; the online store then serves "12" as the number 12 and "null" as nothing, and refuses "Gold"
# and "007" when it is filled. Written by pyarrow as `string`, the same file is String throughout. No warning.
# Ends in 0 while feast behaves so, in 1 when it has changed.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'feast==0.67.0' 'polars==1.44.2' 'pandas==2.3.3' 'pyarrow==26.0.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PY'
from datetime import UTC, datetime
from importlib.metadata import version

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
from feast import Entity, FeatureStore, FeatureView, FileSource, RepoConfig


def served(path, name):
    """Return inferred type, texts of training, and what the online store answers."""
    store = FeatureStore(
        config=RepoConfig(
            project=name, registry=f"{name}.db", provider="local",
            online_store={"type": "sqlite", "path": f"{name}_online.db"},
            offline_store={"type": "file"}, entity_key_serialization_version=3,
        )
    )
    customer = Entity(name="customer", join_keys=["customer"])
    source = FileSource(path=path, timestamp_field="event_timestamp")
    store.apply([customer, FeatureView(name="known", entities=[customer], source=source)])
    asked = pd.DataFrame(
        {"customer": [1, 2], "event_timestamp": [pd.Timestamp("2026-02-28", tz="UTC")] * 2}
    )
    past = store.get_historical_features(entity_df=asked, features=["known:branch"]).to_df()
    kind = str(store.get_feature_view("known").features[0].dtype)
    try:
        store.materialize(datetime(2025, 1, 1), datetime(2026, 3, 1))
        rows = [{"customer": 1}, {"customer": 2}]
        now = store.get_online_features(features=["known:branch"], entity_rows=rows).to_dict()["branch"]
    except ValueError as error:
        now = f"ValueError: {error}"
    return kind, past.sort_values("customer")["branch"].tolist(), now


print("feast", version("feast"), "polars", pl.__version__)
found = []
for place, texts in enumerate((["12", "null"], ["Gold", "007"])):
    frame = pl.DataFrame(
        {"customer": [1, 2], "event_timestamp": [datetime(2026, 1, 31, tzinfo=UTC)] * 2, "branch": texts}
    )
    frame.write_parquet("polars.parquet")
    table = pq.read_table("polars.parquet")
    at = table.schema.get_field_index("branch")
    pq.write_table(table.set_column(at, "branch", table["branch"].cast("string")), "arrow.parquet")
    for writer in ("polars", "arrow"):
        found.append(served(f"{writer}.parquet", f"{writer}{place}"))
        print(writer, texts, "->", *found[-1], sep="  ")
assert found[0] == ("Json", ["12", "null"], [12, None]), "changed: numbers"
assert found[1] == ("String", ["12", "null"], ["12", "null"]), "changed: pyarrow's file"
assert found[2][0] == "Json" and found[2][2].startswith("ValueError"), "changed: names"
assert found[3] == ("String", ["Gold", "007"], ["Gold", "007"]), "changed: pyarrow's names"
PY

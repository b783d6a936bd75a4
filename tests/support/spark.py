"""One Spark session for all tests of a process, set for tables of a few rows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from financial_analytics.engines.spark import session as spark_session

# Tiny tables: no second compiler, no generated code, no re-planning. Results do not depend on it.
# With one compiler Java keeps 48 MB of compiled code, and spent a third of its time on evicting it.
os.environ.setdefault(
    "FA_SPARK_JAVA_OPTIONS",
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC -Xshare:auto"
    " -Xms1g -Xmn600m -XX:MetaspaceSize=512m",  # a tenth of its time went into collecting garbage
)
os.environ.setdefault(
    "FA_SPARK_CONF",
    "spark.sql.shuffle.partitions=1 spark.sql.codegen.wholeStage=false"
    " spark.sql.codegen.factoryMode=NO_CODEGEN spark.sql.adaptive.enabled=false"
    " spark.default.parallelism=1 spark.sql.parquet.compression.codec=uncompressed"
    # each file of a write is a process of its own, `chmod`: no _SUCCESS
    " spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs=false",
)


def session(data_dir: Path) -> Any:
    """Return the session whose warehouse is under `data_dir`."""
    return spark_session.session(spark_session.parameters(data_dir))

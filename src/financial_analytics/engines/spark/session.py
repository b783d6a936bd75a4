"""The one Spark session of this process: its settings, its start and its end."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from financial_analytics import memory
from financial_analytics.engines.keyed_hash import hmac_pads
from financial_analytics.errors import EngineError, UserInputError
from financial_analytics.settings import Settings, load_settings

SQL_PARAMETERS = {
    "spark.sql.ansi.enabled": "true",  # a bad cast or an overflow is an error, not a NULL
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # `timestamp` is without a zone, as elsewhere
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.sources.default": "parquet",
    "spark.sql.legacy.createHiveTableByDefault": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    # Spark 4 takes the parts of a union for partitioned alike when adaptive execution has made
    # them unlike, and fails: "Can't zip RDDs with unequal numbers of partitions".
    "spark.sql.unionOutputPartitioning": "false",
}
"""What the macros rely on. A Thrift or Databricks session is given the same."""

DEFAULT_MASTER = "local[2]"
GRACE_SECONDS = 30.0
_LOCAL_PARAMETERS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.catalogImplementation": "hive",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # An embedded metastore cannot filter partitions by number: Spark then does.
    "spark.sql.hive.metastorePartitionPruningFallbackOnException": "true",
    "spark.sql.hive.metastorePartitionPruningFastFallback": "true",
    "spark.sql.maxPlanStringLength": "0",  # plans may hold the padded keys of the keyed hash
}
_lock = threading.RLock()
_state: dict[str, Any] = {}


def data_dir() -> Path:
    """Return the folder that everything is kept in."""
    given = os.environ.get("FA_DATA_DIR")
    return (Path(given) if given else load_settings().data_dir).absolute()


def warehouse_dir(folder: Path | None = None) -> Path:
    """Return the folder of the managed tables."""
    return (folder or data_dir()) / "spark" / "warehouse"


def parameters(folder: Path | None = None) -> dict[str, str]:
    """Return the settings of a session whose warehouse and metastore are under `folder`.

    ``FA_SPARK_MASTER`` is the cluster, ``FA_SPARK_DRIVER_MEMORY`` and
    ``FA_SPARK_JAVA_OPTIONS`` are the driver's; ``FA_SPARK_CONF`` holds any other settings, as
    ``spark.name=value`` between spaces, such as ``spark.sql.shuffle.partitions=200``.
    """
    home = (folder or data_dir()) / "spark"
    master = os.environ.get("FA_SPARK_MASTER") or DEFAULT_MASTER
    java_options = (
        f"-Dderby.stream.error.file={home / 'derby.log'} "
        + os.environ.get("FA_SPARK_JAVA_OPTIONS", "")
    ).strip()
    settings = {
        **SQL_PARAMETERS,
        **_LOCAL_PARAMETERS,
        "spark.master": master,
        "spark.app.name": "financial_analytics",
        "spark.driver.memory": os.environ.get("FA_SPARK_DRIVER_MEMORY") or _driver_memory(),
        "spark.driver.extraJavaOptions": java_options,
        "spark.sql.warehouse.dir": str(warehouse_dir(folder)),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={home / 'metastore'};create=true"
        ),
    }
    if master.startswith("local") or "127.0.0.1" in master:
        settings["spark.driver.host"] = settings["spark.driver.bindAddress"] = "127.0.0.1"
    return settings | _given_settings(os.environ.get("FA_SPARK_CONF", ""))


def _driver_memory() -> str:
    """Return the heap of the driver: its part of ``FA_MEMORY``, or two gigabytes."""
    megabytes = memory.for_engine()
    return "2g" if megabytes is None else f"{megabytes}m"


def _given_settings(text: str) -> dict[str, str]:
    """Return ``name=value`` pairs that stand between spaces."""
    pairs = [pair.partition("=") for pair in text.split()]
    wrong = [name for name, equals, _ in pairs if not equals or not name.startswith("spark.")]
    if wrong:
        raise UserInputError(
            f"FA_SPARK_CONF has {wrong[0]!r}", hint="write it as 'spark.name=value spark.other=…'"
        )
    return {name: value for name, _, value in pairs}


def check_java() -> None:
    """Make sure that there is a Java to start.

    Raises
    ------
    EngineError
        If neither ``JAVA_HOME`` nor the path has one; the hint says how to get it.
    """
    home = os.environ.get("JAVA_HOME")
    if (home and (Path(home) / "bin" / "java").is_file()) or shutil.which("java"):
        return
    raise EngineError(
        "Spark needs Java 17, and there is no java on the path",
        hint="apt-get install openjdk-17-jre-headless, or set JAVA_HOME to a Java 17",
    )


def session(extra: Mapping[str, str] | None = None) -> Any:
    """Return the session of this process, started at the first call.

    Parameters
    ----------
    extra : mapping, optional
        Settings besides `parameters`, as ``server_side_parameters`` of ``profiles.yml`` gives
        them. They count at the start only. Without any, a session that runs is taken as it is.

    Raises
    ------
    EngineError
        If Java or pyspark is missing, the metastore is held by another process, or the session
        of this process belongs to another warehouse.
    """
    if extra is None and is_started():
        return _state["session"]
    wanted = {**parameters(), **(extra or {})}
    place = wanted["spark.sql.warehouse.dir"]
    with _lock:
        if "session" not in _state:
            _state.update(session=_start(wanted), place=place)
            atexit.register(stop)  # the next command finds the metastore free, and no JVM stays
        elif _state["place"] != place:
            raise EngineError(
                f"this process has a Spark session for {_state['place']}, not for {place}",
                hint="one warehouse per process; stop the session first",
            )
        return _state["session"]


def stop() -> None:
    """End the session and its JVM, which holds the metastore: another process may open it then."""
    with _lock:
        started = _state.pop("session", None)
        if started is not None:
            started.stop()
            _end_gateway()


def is_started() -> bool:
    """Tell whether this process has a session."""
    return "session" in _state


def is_there(settings: Settings) -> bool:
    """Return True: a session makes its warehouse."""
    return True


def check_free(settings: Settings) -> None:
    """Do nothing: the metastore says so when the build's first statement opens it."""


def reader_address() -> str | None:
    """Return None: readers read the snapshot."""
    return None


def why(text: str) -> EngineError | None:
    """Return None: what Spark says of its own is handed on as it is."""
    return None


def release() -> None:
    """Do nothing: the session is this process's, and the next build takes it as it is."""


def _start(settings: Mapping[str, str]) -> Any:
    check_java()
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise EngineError(
            "target spark needs pyspark, which is not installed",
            hint="pip install 'financial-analytics[spark]'",
        ) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if "spark.driver.host" in settings:
        os.environ.setdefault("SPARK_LOCAL_IP", settings["spark.driver.host"])
    home = _make_home(settings["spark.sql.warehouse.dir"])
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        started = builder.getOrCreate()
    except PySparkException as error:
        raise EngineError(
            f"Spark does not start: {_first_line(str(error))}",
            hint="it needs Java 17; what Java says of it is above",
        ) from error
    try:
        started.sql("show databases").collect()  # opens the metastore
    except PySparkException as error:
        reason = str(error)  # the JVM is asked for it
        started.stop()
        _end_gateway()
        if "XSDB6" in reason or "HiveException" in reason:
            raise EngineError(
                f"the Spark metastore of {home} is in use by another process",
                hint="wait until the running fa or dbt command has ended",
            ) from error
        raise EngineError(f"Spark does not start: {_first_line(reason)}") from error
    _set_keys(started)
    return started


def _make_home(warehouse: str) -> Path:
    """Create the folder of the warehouse, and return the one around it: the metastore's."""
    place = Path(warehouse)
    home = place.parent
    if "://" in warehouse:
        return home
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            f"the Spark warehouse {place} cannot be created: {error.strerror}",
            hint="set FA_DATA_DIR to a folder that this user may write to",
        ) from error
    if not os.access(home, os.W_OK):
        raise EngineError(
            f"the Spark metastore in {home} cannot be written",
            hint="chown the folder, or set FA_DATA_DIR to one that this user may write to",
        )
    return home


def _first_line(text: str) -> str:
    return next(iter(text.splitlines()), "no reason given")


def _end_gateway() -> None:
    """End the JVM that pyspark has started for this process; the next session gets a new one."""
    from pyspark import SparkContext  # noqa: PLC0415

    gateway = SparkContext._gateway
    process = getattr(gateway, "proc", None)
    if process is None:  # none, or one that somebody else has started
        return
    gateway.shutdown()
    process.stdin.close()  # the JVM ends with it
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    SparkContext._gateway = SparkContext._jvm = None


def _set_keys(started: Any) -> None:
    """Give the session the padded keys that ``macros/engines/text.sql`` reads."""
    key = os.environ.get("FA_PII_KEY", "").encode()
    for name, pad in zip(("inner", "outer"), hmac_pads(key), strict=True):
        value = f"unhex('{pad.hex()}')" if key else "cast(null as binary)"
        started.sql(f"declare or replace variable pii_{name}_pad binary default {value}")

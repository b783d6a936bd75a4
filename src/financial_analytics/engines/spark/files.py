"""Files of managed tables, through the file system that Spark itself uses."""

from __future__ import annotations

from typing import Any


def table_folder(spark: Any, schema: str, name: str) -> str:
    """Return where a managed table of this name lies or would lie."""
    described = spark.sql(f"describe schema `{schema}`").collect()
    location = next(row[1] for row in described if row[0] == "Location")
    return f"{location.rstrip('/')}/{name.lower()}"


def clear_leftovers(spark: Any, schema: str, name: str) -> bool:
    """Delete the folder of a table that the catalogue does not know; tell whether there was one."""
    if spark.catalog.tableExists(f"`{schema}`.`{name}`"):
        return False
    folder = table_folder(spark, schema, name)
    path = spark._jvm.org.apache.hadoop.fs.Path(folder)
    system = path.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())
    return bool(system.exists(path) and system.delete(path, True))

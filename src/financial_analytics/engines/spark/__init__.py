"""Spark: its one session, bronze and gold in Parquet."""

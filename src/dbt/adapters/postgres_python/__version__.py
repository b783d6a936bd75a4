"""Version of the adapter plugin; dbt reads it at start-up."""

version = "1.11.0"

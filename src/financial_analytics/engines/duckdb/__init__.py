"""DuckDB: the embedded warehouse file, its plugin for dbt and the published snapshot."""

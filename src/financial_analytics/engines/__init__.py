"""All that knows an engine by name: connections, dbt adapters and their plugins."""

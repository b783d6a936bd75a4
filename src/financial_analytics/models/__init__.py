"""Frame in, frame out: one function per Python model of the dbt project."""

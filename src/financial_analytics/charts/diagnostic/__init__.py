"""Charts of category 02: why it happened. Modules here are found by themselves."""

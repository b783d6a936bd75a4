"""Charts of category 01: what happened. Modules here are found by themselves."""

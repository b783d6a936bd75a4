"""Charts of category 03: what patterns exist. Modules here are found by themselves."""

"""Charts of category 04: can we generalise."""

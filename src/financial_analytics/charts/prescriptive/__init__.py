"""Charts of category 06: what should we do."""

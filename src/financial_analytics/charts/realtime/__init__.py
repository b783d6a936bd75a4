"""Charts of category 08: what is happening now."""

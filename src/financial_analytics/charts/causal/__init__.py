"""Charts of category 07: what causes what."""

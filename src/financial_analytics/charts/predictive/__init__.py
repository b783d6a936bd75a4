"""Charts of category 05: what will happen."""

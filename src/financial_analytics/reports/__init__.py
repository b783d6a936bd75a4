"""Reports: one self-contained page per category, drawn from the published snapshot."""

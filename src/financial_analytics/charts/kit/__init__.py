"""What draws a chart: theme, parts, shapes and frames; nothing here knows a model."""

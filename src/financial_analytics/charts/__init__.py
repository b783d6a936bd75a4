"""Charts: pure functions from a model's frame to a Plotly figure; no database, no clock."""

from financial_analytics.charts.registry import Chart, chart, charts, get_chart, load_charts

__all__ = ["Chart", "chart", "charts", "get_chart", "load_charts"]

"""The chart of category 02 about campaigns: what they cost and return."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts import theme
from financial_analytics.charts.frames import currency_of
from financial_analytics.charts.maps import bubble_sizes
from financial_analytics.charts.registry import chart

LARGEST_BUBBLE = 26.0
MOST_LABELS = 3
RANDOMISED = "randomised holdout"


@chart(
    id="diagnostic.campaign_bubble",
    model="analytics_marketing_campaign_performance_drivers",
    title="What campaigns cost and what they return",
    unit="return in per cent of the cost; cost in the reporting currency",
    reading=(
        "Right is costlier, above the dotted line pays for itself; the area is the number of "
        "customers contacted. Filled circles count the conversions that the campaign added "
        "against its randomised holdout, with the 95 % interval. Open diamonds have no holdout: "
        "they count every conversion, so they show an association only and lie too high."
    ),
    needs=(
        "campaign_natural_key",
        "campaign_name",
        "spend_amount",
        "contacted_count",
        "return_on_spend_rate",
        "incremental_return_rate",
    ),
    measures=("return_on_spend_rate", "incremental_return_rate"),
    span="full",
)
def campaign_bubble(frame: pd.DataFrame) -> go.Figure:
    """Bubbles of return against cost, with the interval where there is a holdout."""
    currency = currency_of(frame)
    causal = frame["incremental_return_rate"].notna()
    rows = frame.assign(
        causal=causal,
        returned=100
        * frame["incremental_return_rate"].where(causal, frame["return_on_spend_rate"]),
    )
    rows = rows.join(_return_bounds(rows))
    shown = rows[(rows["spend_amount"] > 0) & rows["returned"].notna()].reset_index(drop=True)
    if shown.empty:
        return theme.empty_figure(f"none of {len(rows)} campaigns has a cost and a return")
    shown["size"] = bubble_sizes(
        shown["contacted_count"].fillna(0).tolist(), largest=LARGEST_BUBBLE
    )
    shown["hover"] = [_hover(row, currency) for row in shown.to_dict("records")]
    figure = go.Figure()
    kinds = (
        (True, "Against a randomised holdout", "blue", "circle"),
        (False, "No holdout: association only", "orange", "diamond-open"),
    )
    for flag, name, token, symbol in kinds:
        part = shown[shown["causal"] == flag]
        if not part.empty:
            figure.add_trace(_bubbles(part, name, token, symbol))
    low, high = _axis_range(shown)
    figure.add_hline(y=0, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    ends = np.log10([shown["spend_amount"].min(), shown["spend_amount"].max()])
    figure.update_xaxes(
        type="log",
        title=f"cost{f', {currency}' if currency else ''} (logarithmic)",
        range=[float(ends[0]) - 0.15, float(ends[1]) + 0.15],
        dtick=1,
        tickformat=",",
        exponentformat="none",
    )
    figure.update_yaxes(title="return, per cent of the cost", range=[low, high], ticksuffix=" %")
    without = len(rows) - len(shown)
    beyond = int((shown["returned"] > high).sum() + (shown["returned"] < low).sum())
    notes = [
        f"{without} campaigns without a cost or a known return are left off." if without else "",
        f"{beyond} campaigns lie beyond the axis." if beyond else "",
        "Intervals that run off the axis are wider than what is drawn."
        if bool(((shown["upper"] > high) | (shown["lower"] < low)).any())
        else "",
    ]
    return theme.finish(
        figure,
        finding=_finding(shown),
        height=480,
        compact={
            "layout": {"height": 460, "yaxis": {"title": {"text": "return"}}},
        },
        note=" ".join(note for note in notes if note),
    )


def _return_bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the bounds of the return in per cent, from those of the incremental rate."""
    columns = (
        "incremental_rate_pct_lower",
        "incremental_rate_pct_upper",
        "converted_count",
        "conversion_amount",
    )
    if not all(name in rows for name in columns):
        return pd.DataFrame({"lower": np.nan, "upper": np.nan}, index=rows.index)
    # Value of one point of the rate, in units of the cost.
    converted = rows["converted_count"].where(rows["converted_count"] > 0)
    value = rows["conversion_amount"] / converted
    scale = (
        value * rows["contacted_count"] / 100 / rows["spend_amount"].where(rows["spend_amount"] > 0)
    )
    return pd.DataFrame(
        {
            end: (100 * (scale * rows[f"incremental_rate_pct_{end}"] - 1)).where(rows["causal"])
            for end in ("lower", "upper")
        }
    )


def _axis_range(shown: pd.DataFrame) -> tuple[float, float]:
    """Return the range of returns: nearly all points, and of the intervals what is near."""
    low = min(float(shown["returned"].min()), -100.0)
    high = max(float(shown["returned"].quantile(0.98)), 20.0)
    upper = shown["upper"].max()
    if not np.isnan(upper):
        high = max(high, min(float(upper), 1.5 * high))
    lower = shown["lower"].min()
    if not np.isnan(lower):
        low = min(low, max(float(lower), low - 0.25 * (high - low)))
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def _hover(row: dict[Hashable, Any], currency: str) -> str:
    def number(name: str) -> float | None:
        value = row.get(name)
        return None if value is None or pd.isna(value) else float(value)

    lines = [
        f"{theme.count(number('contacted_count'))} contacted, "
        f"cost {theme.money(number('spend_amount'), currency)}",
        f"return {theme.percent(number('returned'))}",
    ]
    if row["causal"]:
        lines[-1] += f" ({theme.percent(number('lower'))} to {theme.percent(number('upper'))})"
        cost = number("cost_per_incremental_conversion_amount")
        lines.append(f"an added conversion cost {theme.money(cost, currency)}")
    else:
        cost = number("cost_per_conversion_amount")
        lines.append(f"no holdout; a conversion cost {theme.money(cost, currency)}")
    return "<br>".join(lines)


def _bubbles(part: pd.DataFrame, name: str, token: str, symbol: str) -> go.Scatter:
    trace = go.Scatter(
        x=part["spend_amount"].tolist(),
        y=part["returned"].tolist(),
        mode="markers",
        name=name,
        marker={
            "size": part["size"].tolist(),
            "color": theme.LIGHT[token],
            "symbol": symbol,
            "opacity": 0.8,
            "line": {
                "color": theme.LIGHT[token if "open" in symbol else "paper"],
                "width": 2 if "open" in symbol else 1,
            },
        },
        text=part["campaign_name"].fillna("Unknown").tolist(),
        customdata=part["hover"].tolist(),
        hovertemplate="<b>%{text}</b><br>%{customdata}<extra></extra>",
    )
    if part["upper"].notna().any() or part["lower"].notna().any():
        trace.error_y = {
            "type": "data",
            "symmetric": False,
            "array": (part["upper"] - part["returned"]).clip(lower=0).fillna(0).tolist(),
            "arrayminus": (part["returned"] - part["lower"]).clip(lower=0).fillna(0).tolist(),
            "color": theme.LIGHT["line"],
            "thickness": 1,
            "width": 0,
        }
    return trace


def _finding(shown: pd.DataFrame) -> str:
    causal, other = shown[shown["causal"]], shown[~shown["causal"]]
    sentences = []
    if not causal.empty:
        paid = int((causal["lower"] > 0).sum())
        lost = int((causal["upper"] < 0).sum())
        sentences.append(
            f"Of {len(causal)} campaigns with a holdout {paid} certainly paid for themselves, "
            f"{lost} certainly did not, {len(causal) - paid - lost} cannot be told"
        )
    if not other.empty:
        median = float(other["returned"].median())
        seems = theme.percent(median, 0)
        sentences.append(f"{len(other)} without a holdout seem to return {seems} at the median")
    return "; ".join(sentences) + "."

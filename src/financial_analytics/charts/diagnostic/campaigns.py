"""The chart of category 02 about campaigns: what they cost and return."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of
from financial_analytics.charts.kit.maps import bubble_sizes
from financial_analytics.charts.registry import chart

LARGEST_BUBBLE = 24.0
# The return scale is linear up to about this many per cent, logarithmic beyond.
LINEAR_TO = 100.0
SIZES = (100, 300, 1_000, 3_000, 10_000, 100_000, 1_000_000)
TICKS = (*(-size for size in reversed(SIZES)), 0, *SIZES)


@chart(
    id="diagnostic.campaign_bubble",
    order=80,
    model="analytics_marketing_campaign_performance_drivers",
    title="What campaigns cost and what they return",
    unit="return in per cent of the cost; cost in the reporting currency",
    reading=(
        "Right is costlier, above the dotted line pays for itself; the area is the number of "
        "customers contacted. Filled circles count the conversions that the campaign added "
        "against its randomised holdout, with the {coverage} interval. Open diamonds have no "
        "holdout: they count every conversion, so they show an association only and lie too "
        "high. The scale of returns is linear near 0 and logarithmic farther away."
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
    ticks = [tick for tick in TICKS if low <= _scaled(tick) <= high]
    figure.add_hline(y=0, line={"color": theme.LIGHT["grey"], "width": 1, "dash": "dot"})
    ends = np.log10([shown["spend_amount"].min(), shown["spend_amount"].max()])
    figure.update_xaxes(
        type="log",
        title=f"cost{f', {currency}' if currency else ''} (logarithmic)",
        range=[float(ends[0]) - 0.2, float(ends[1]) + 0.2],
        dtick=1,
        tickformat=",",
        exponentformat="none",
    )
    figure.update_yaxes(
        title="return, per cent of the cost",
        range=[low, high],
        tickvals=[_scaled(tick) for tick in ticks],
        ticktext=[f"{tick:,}{theme.NO_BREAK}%" for tick in ticks],
    )
    without = len(rows) - len(shown)
    notes = [
        f"{without} campaigns without a cost or a known return are left off." if without else "",
        "Intervals that run off the axis are wider than what is drawn."
        if bool(((_scaled(shown["upper"]) > high) | (_scaled(shown["lower"]) < low)).any())
        else "",
    ]
    return theme.finish(
        figure,
        finding=_finding(shown),
        height=480,
        compact={
            "layout": {"height": 480, "yaxis": {"title": {"text": ""}}},
            "traces": [_on_phone(trace) for trace in figure.data],
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


def _scaled(value: Any) -> Any:
    """Return returns in per cent on the scale of the drawing; its sign and order stay."""
    return np.arcsinh(value / LINEAR_TO)


def _on_phone(trace: go.Scatter) -> dict[str, Any]:
    return {"marker": {"size": [0.65 * size for size in trace.marker.size]}}


def _axis_range(shown: pd.DataFrame) -> tuple[float, float]:
    """Return the range on the scale of the drawing: all points, and of the intervals what is near.

    An interval may make the axis longer by half of what the points span, not more.
    """
    points = _scaled(shown["returned"])
    low, high = min(float(points.min()), -1.0), max(float(points.max()), 0.5)
    reach = 0.5 * (high - low)
    upper, lower = float(_scaled(shown["upper"]).max()), float(_scaled(shown["lower"]).min())
    if not np.isnan(upper):
        high = max(high, min(upper, high + reach))
    if not np.isnan(lower):
        low = min(low, max(lower, low - reach))
    margin = 0.05 * (high - low)
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
        y=_scaled(part["returned"]).tolist(),
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
    middle = _scaled(part["returned"])
    if part["upper"].notna().any() or part["lower"].notna().any():
        trace.error_y = {
            "type": "data",
            "symmetric": False,
            "array": (_scaled(part["upper"]) - middle).clip(lower=0).fillna(0).tolist(),
            "arrayminus": (middle - _scaled(part["lower"])).clip(lower=0).fillna(0).tolist(),
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
            f"Of {len(causal)} campaigns with a holdout {paid} certainly paid for themselves and "
            f"{lost} certainly did not; for {len(causal) - paid - lost} it cannot be told"
        )
    if not other.empty:
        median = float(other["returned"].median())
        sentences.append(
            f"the median return of {len(other)} without a holdout is {theme.percent(median, 0)}, "
            "an association only"
        )
    said = "; ".join(sentences)
    return f"{said[0].upper()}{said[1:]}."

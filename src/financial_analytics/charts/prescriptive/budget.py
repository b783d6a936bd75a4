"""Charts of category 06 about the marketing budget."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.flows import sankey, sankey_on_phone
from financial_analytics.charts.kit.frames import coverage_of, currency_of, known
from financial_analytics.charts.kit.intervals import band
from financial_analytics.charts.kit.plans import PLAN, limit_words, worth_words
from financial_analytics.charts.registry import chart

UNSPENT, NEW = "Left unspent", "New money"
NO_LIMIT = "No limit binds: the last unit of spend returns what it costs."


def _moves(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what stays in each channel, and what the others give to those that gain."""
    sums = rows.groupby("channel")[["current_spend_amount", "recommended_spend_amount"]].sum()
    now, then = sums["current_spend_amount"], sums["recommended_spend_amount"]
    moves = [(name, name, float(min(now[name], then[name]))) for name in sums.index]
    given = {str(name): float(now[name] - then[name]) for name in sums.index}
    freed = {name: size for name, size in given.items() if size > 0}
    taken = {name: -size for name, size in given.items() if size < 0}
    total_freed, total_taken = sum(freed.values()), sum(taken.values())
    if total_freed > total_taken:
        taken[UNSPENT] = total_freed - total_taken
    elif total_taken > total_freed:
        freed[NEW] = total_taken - total_freed
    whole = sum(freed.values())
    moves += [
        (source, target, size * share / whole)
        for source, size in freed.items()
        for target, share in taken.items()
        if whole > 0
    ]
    return [{"stage": 0, "source": a, "target": b, "value": v} for a, b, v in moves]


@chart(
    id="prescriptive.budget_sankey",
    order=70,
    model="analytics_marketing_budget_allocation",
    title="Where the marketing budget should go",
    unit="spend of the period's contacts, reporting currency",
    reading=(
        "Left: what each channel spent. Middle: what it should spend on as many contacts. Right: "
        "the segments it goes to. Orange flows change their channel or are saved."
    ),
    needs=(
        *("channel", "customer_segment", "current_spend_amount", "recommended_spend_amount"),
        *("contact_count", "period_start_date", "period_end_date", "action", *PLAN),
    ),
    measures=("recommended_spend_amount",),
    span="full",
)
def budget_sankey(frame: pd.DataFrame) -> go.Figure:
    """Sankey from today's channels to the plan's channels and segments."""
    currency = currency_of(frame)
    rows = known(frame, "current_spend_amount", "recommended_spend_amount")
    parts = rows[["channel", "customer_segment", "recommended_spend_amount"]]
    links = pd.DataFrame(
        _moves(rows)
        + [
            {"stage": 1, "source": channel, "target": segment, "value": float(value)}
            for channel, segment, value in parts.itertuples(index=False)
        ]
    )
    if not (links["value"] > 0.005).any():
        return theme.empty_figure("neither today's policy nor the plan spends anything")
    links = links[links["value"] > 0.005].reset_index(drop=True)
    links["hover"] = [
        f"<b>{row['source']} → {row['target']}</b><br>{theme.money(row['value'], currency)}"
        for row in links.to_dict("records")
    ]
    figure = go.Figure(
        sankey(
            links,
            colors=("grey", "blue", "purple"),
            highlight=lambda row: bool(row["stage"] == 0 and row["source"] != row["target"]),
        )
    )
    figure.update_layout(margin={"l": 10, "r": 10, "t": 16, "b": 16})
    sums = rows.groupby("channel")[["current_spend_amount", "recommended_spend_amount"]].sum()
    apart = sums["recommended_spend_amount"] - sums["current_spend_amount"]
    now, then = (float(sums[name].sum()) for name in sums)
    first, last = (pd.Timestamp(rows[f"period_{end}_date"].iloc[0]) for end in ("start", "end"))
    finding = (
        f"In campaigns that began from {first:%-d %B %Y} to {last:%-d %B %Y} "
        f"{theme.count(rows['contact_count'].sum())} contacts cost {theme.money(now, currency)}; "
        f"the plan spends {theme.money(then, currency)} on as many. "
        f"{worth_words(rows, 'no marketing', 'today')}"
    )
    if apart.max() > 0.005:
        finding += f" {apart.idxmax()} gains most ({theme.money(float(apart.max()), currency)})"
        finding += "."
    if apart.min() < -0.005:
        finding += f" {apart.idxmin()} gives most ({theme.money(-float(apart.min()), currency)})."
    stopped = int((rows["action"] == "stop").sum())
    none = NO_LIMIT if then < now else "No limit binds."
    note = limit_words(rows, none)
    if stopped:
        note += f" {stopped} of {len(rows)} channels and segments get nothing."
    channels = len(sums)
    return theme.finish(
        figure,
        finding=finding,
        height=160 + 48 * channels,
        note=note,
        compact={
            "layout": {"height": 220 + 56 * channels},
            "traces": [sankey_on_phone(figure.data[0])],
        },
    )


@chart(
    id="prescriptive.response_curves",
    order=80,
    model="analytics_marketing_response_curves",
    title="How channels respond to money",
    unit="value that a contact adds, by what is spent on it, reporting currency",
    reading=(
        "A line is the value that a contact adds with the band of its {coverage} interval, up to "
        "the most that was tried. The circle is today's mean spend per contact, the diamond the "
        "recommended one; beyond the optimum the next unit brings less than it costs or would "
        "bring more elsewhere."
    ),
    needs=(
        *("channel", "point_number", "contact_amount", "is_current", "is_recommended", "is_tried"),
        *("added_per_contact_amount_lower", "added_per_contact_amount_upper"),
        *("contact_count", "experiment_count", *PLAN),
    ),
    measures=("added_per_contact_amount",),
    span="full",
)
def response_curves(frame: pd.DataFrame) -> go.Figure:
    """Small multiples: a curve with its band and two points for each channel."""
    currency = currency_of(frame)
    rows = known(frame, "contact_amount", "added_per_contact_amount")
    channels = sorted(rows["channel"].unique())
    columns = min(3, len(channels))
    lines = math.ceil(len(channels) / columns)
    figure = make_subplots(
        rows=lines, cols=columns, subplot_titles=channels, horizontal_spacing=0.08,
        vertical_spacing=min(0.16, 0.5 / lines),
    )  # fmt: skip
    moved: list[tuple[float, str, float, float]] = []
    for place, channel in enumerate(channels):
        part = rows[rows["channel"] == channel].sort_values("point_number")
        where = {"row": place // columns + 1, "col": place % columns + 1}
        flags = part[["is_current", "is_recommended"]].fillna(False).astype(bool)
        line = part[~flags.any(axis=1)]
        figure.add_trace(
            band(
                line["contact_amount"].tolist(), line["added_per_contact_amount_lower"].tolist(),
                line["added_per_contact_amount_upper"].tolist(), theme.LIGHT["band"],
            ), **where,
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=line["contact_amount"].tolist(), y=line["added_per_contact_amount"].tolist(),
                mode="lines", line={"color": theme.LIGHT["blue"], "width": 2}, name="Response",
                showlegend=False,
                hovertemplate="%{x:,.2f} per contact adds %{y:,.2f}<extra></extra>",
            ), **where,
        )  # fmt: skip
        marks = {}
        for flag, name, symbol, token in (
            ("is_current", "Today", "circle", "grey"),
            ("is_recommended", "Recommended", "diamond", "orange"),
        ):
            point = part[flags[flag]]
            if point.empty:
                continue
            marks[flag] = float(point["contact_amount"].iloc[0])
            figure.add_trace(
                go.Scatter(
                    x=point["contact_amount"].tolist(),
                    y=point["added_per_contact_amount"].tolist(),
                    mode="markers", name=name, legendgroup=name, showlegend=place == 0,
                    marker={"symbol": symbol, "size": 11, "color": theme.LIGHT[token]},
                    hovertemplate=f"{name}: %{{x:,.2f}} per contact adds %{{y:,.2f}}"
                    "<extra></extra>",
                ), **where,
            )  # fmt: skip
        if len(marks) == 2:
            apart = marks["is_recommended"] - marks["is_current"]
            moved.append((apart, channel, marks["is_current"], marks["is_recommended"]))
    figure.update_xaxes(rangemode="tozero", nticks=5)
    figure.update_yaxes(rangemode="tozero", nticks=5)
    figure.update_layout(
        legend={"orientation": "h", "y": 1 + 0.16 / lines, "yanchor": "bottom", "x": 0},
        margin={"t": 70},
    )
    contacts = int(rows.groupby("channel")["contact_count"].first().sum())
    finding = (
        f"Of {theme.count(contacts)} contacts in {len(channels)} "
        f"{'channel' if len(channels) == 1 else 'channels'}, the plan spends"
    )
    if moved:
        said = [
            f"{theme.money(then, currency)} each instead of {theme.money(now)} in {channel}"
            for _, channel, now, then in sorted({max(moved), min(moved)}, key=lambda item: -item[0])
        ]
        finding += f" {' and '.join(said)}."
    else:
        finding = f"{theme.count(contacts)} contacts in {len(channels)} channels have no plan."
    finding += f" {worth_words(rows, 'no marketing', 'today')}"
    tests = rows.groupby("channel")["experiment_count"].first()
    tried = rows.groupby("channel")["is_tried"].first().fillna(False).astype(bool)
    note = (
        f"Curves are drawn from {theme.count(tests.sum())} campaigns that held customers out; "
        f"fewest for {tests.idxmin()} ({theme.count(tests.min())}). "
    )
    if not tried.all():
        note += f"Not tried with a holdout, so left as it is: {', '.join(tried.index[~tried])}. "
    coverage = coverage_of(rows)
    if not math.isnan(coverage):
        note += f"Bands: {coverage:g}{theme.NO_BREAK}% for each point. "
    return _stacked(figure, channels, lines, finding, note + limit_words(rows, NO_LIMIT))


def _stacked(
    figure: go.Figure, channels: list[str], lines: int, finding: str, note: str
) -> go.Figure:
    """Finish small multiples, one below the other on a phone."""
    number = len(channels)
    share = 1 / number
    layout: dict[str, Any] = {"height": 130 + 190 * number}
    titles = []
    for place in range(number):
        top = 1 - place * share
        suffix = "" if place == 0 else str(place + 1)
        layout[f"xaxis{suffix}"] = {"domain": [0, 1]}
        layout[f"yaxis{suffix}"] = {"domain": [max(top - 0.68 * share, 0.0), top]}
        titles.append(figure.layout.annotations[place].to_plotly_json() | {"x": 0.5, "y": top})
    layout["annotations"] = titles
    layout["legend"] = {"y": 1 + 0.2 * share}
    return theme.finish(
        figure, finding=finding, height=90 + 250 * lines, note=note, compact={"layout": layout}
    )

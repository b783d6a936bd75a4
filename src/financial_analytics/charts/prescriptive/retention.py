"""Charts of category 06 about whom to contact to keep them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.flows import split_funnel
from financial_analytics.charts.kit.frames import currency_of, known, scalar
from financial_analytics.charts.kit.parts import heat_texts
from financial_analytics.charts.kit.plans import PLAN, limit_words, worth_words
from financial_analytics.charts.registry import chart

QUARTERS = ("Lowest", "Low", "High", "Highest")
NO_LIMIT = "No limit binds: everybody whose contact is expected to gain is contacted."
NEEDS = (
    *("customer_natural_key", "value_amount", "leave_rate", "action_name", "best_action_name"),
    *("is_recommended", "expected_gain_amount", "saved_value_amount", "horizon_months"),
    *("experiment_count", "as_of_date", *PLAN),
)


def _quarters(values: pd.Series) -> np.ndarray:
    place = values.rank(method="first", pct=True).to_numpy(dtype=float)
    return np.asarray(np.minimum((place * 4 - 1e-9).astype(int), 3))


def _headline(rows: pd.DataFrame) -> str:
    taken = rows[rows["is_recommended"].fillna(False).astype(bool)]
    names = taken["action_name"].value_counts().sort_index(kind="stable")
    actions = ", ".join(f"{theme.count(number)} {name}" for name, number in names.items())
    day = pd.Timestamp(rows["as_of_date"].iloc[0])
    said = (
        f"Of {theme.count(len(rows))} customers on {day:%-d %B %Y}, the plan contacts "
        f"{theme.count(len(taken))}{f' ({actions})' if actions else ''} at a cost of "
        f"{theme.money(scalar(rows, 'plan_cost_amount'), currency_of(rows))}"
        if "plan_cost_amount" in rows
        else f"Of {theme.count(len(rows))} customers the plan contacts {theme.count(len(taken))}"
    )
    today = "last year's contacts, given by lot"
    return f"{said}. {worth_words(rows, 'contacting nobody', today)}"


def _note(rows: pd.DataFrame) -> str:
    months = scalar(rows, "horizon_months")
    return (
        f"Saved is the probability of leaving within {theme.count(months)} months that an action "
        f"takes away, times the margin of the next twelve months; known from "
        f"{theme.count(scalar(rows, 'experiment_count'))} contacts and holdouts. "
        f"{limit_words(rows, NO_LIMIT)}"
    )


@chart(
    id="prescriptive.retention_matrix",
    order=10,
    model="analytics_customer_retention_actions",
    title="Whom to contact to keep them",
    unit="share of the customers of a cell who are contacted, %",
    reading=(
        "Columns are quarters of the customers by their probability of leaving, rows by value. A "
        "cell gives the share that is contacted and what that is expected to gain. High risk "
        "alone is no reason: who cannot be moved, or is driven away, is left alone."
    ),
    needs=(*NEEDS, "plan_cost_amount"),
    measures=("leave_rate", "value_amount"),
    span="full",
)
def retention_matrix(frame: pd.DataFrame) -> go.Figure:
    """Heatmap of the share contacted by quarter of value and of risk."""
    rows = known(frame, "value_amount", "leave_rate")
    currency = currency_of(rows)
    rows["value_quarter"], rows["risk_quarter"] = (
        _quarters(rows[name]) for name in ("value_amount", "leave_rate")
    )
    rows["taken"] = rows["is_recommended"].fillna(False).astype(float)
    rows["gain"] = rows["expected_gain_amount"].astype(float).fillna(0.0)
    cells = rows.groupby(["value_quarter", "risk_quarter"]).agg(
        number=("taken", "size"), share=("taken", "mean"), gain=("gain", "sum")
    )
    cells = cells.reindex(pd.MultiIndex.from_product([range(4), range(4)]))
    shares, gains, numbers = (
        cells[name].to_numpy(dtype=float).reshape(4, 4) for name in ("share", "gain", "number")
    )
    means = {
        name: [float(rows.loc[rows[f"{name}_quarter"] == k, column].astype(float).mean())
               for k in range(4)]
        for name, column in (("value", "value_amount"), ("risk", "leave_rate"))
    }  # fmt: skip
    x = [
        f"{word} risk<br>{theme.percent(100 * rate)}"
        for word, rate in zip(QUARTERS, means["risk"], strict=True)
    ]
    y = [
        f"{word} value<br>{theme.money(value)}"
        for word, value in zip(QUARTERS, means["value"], strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=[[None if np.isnan(v) else 100 * v for v in line] for line in shares],
            x=x, y=y, zmin=0, zmax=100, xgap=2, ygap=2, colorscale=theme.SEQUENTIAL,
            showscale=False, hoverongaps=False,
            customdata=[
                [f"{theme.count(n)} customers, gain {theme.money(g, currency)}"
                 for n, g in zip(*pair, strict=True)]
                for pair in zip(numbers, gains, strict=True)
            ],
            hovertemplate="<b>%{y}, %{x}</b><br>%{z:.0f} % contacted of %{customdata}"
            "<extra></extra>",
        )
    )  # fmt: skip
    texts = [
        ["none" if np.isnan(s) else f"<b>{100 * s:.0f} %</b>{f'<br>{theme.money(g)}' if g else ''}"
         for s, g in zip(*pair, strict=True)]
        for pair in zip(shares, gains, strict=True)
    ]  # fmt: skip
    heat_texts(figure, x=x, y=y, shares=shares, texts=texts)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False)
    top = np.unravel_index(int(np.nanargmax(gains)), gains.shape)
    finding = (
        f"{_headline(rows)} Most of it comes from {QUARTERS[top[0]].lower()} value and "
        f"{QUARTERS[top[1]].lower()} risk ({theme.money(float(gains[top]), currency)} expected)."
        if np.nansum(gains) > 0
        else _headline(rows)
    )
    return theme.finish(
        figure,
        finding=finding.replace("Most of it comes", "The largest part comes"),
        height=360,
        note=_note(rows),
        compact={
            "layout": {
                "height": 340,
                "xaxis": {"tickfont": {"size": 9}, "ticktext": [t.replace(" risk", "") for t in x],
                          "tickvals": x, "title": {"text": "risk"}},
                "yaxis": {"tickfont": {"size": 9}, "ticktext": [t.replace(" value", "") for t in y],
                          "tickvals": y, "title": {"text": "value"}},
            },
            "traces": [None, {"textfont": {"size": 10}}],
        },
    )  # fmt: skip


@chart(
    id="prescriptive.retention_funnel",
    order=20,
    model="analytics_customer_retention_actions",
    title="From all customers to those who are contacted",
    unit="customers",
    reading=(
        "Each stage is a part of the one above: customers whom some action is expected to keep at "
        "less than it saves, and those of them for whom the limits have room. Colours are the "
        "action that gains most, the last stage has the one that is taken."
    ),
    needs=(*NEEDS, "harmful_action_count", "plan_cost_amount"),
    measures=("leave_rate",),
    span="full",
)
def retention_funnel(frame: pd.DataFrame) -> go.Figure:
    """Funnel of customers, split by action."""
    rows = known(frame, "leave_rate")
    taken = rows["is_recommended"].fillna(False).astype(bool)
    best = rows["best_action_name"].fillna("None")
    actions = sorted({*best, *rows.loc[taken, "action_name"].dropna()} - {"None"})
    stages = ("All customers", "An action gains", "Contacted")
    table = pd.DataFrame(0.0, index=list(stages), columns=[*actions, "None"])
    for name in table.columns:
        table.loc[stages[0], name] = float((best == name).sum())
        if name != "None":
            table.loc[stages[1], name] = float((best == name).sum())
            table.loc[stages[2], name] = float((taken & (rows["action_name"] == name)).sum())
    table = table.rename(columns={"None": "No action gains"})
    totals = table.sum(axis=1)
    saved = float(rows.loc[taken, "saved_value_amount"].astype(float).sum())
    currency = currency_of(rows)
    texts = [
        theme.count(totals.iloc[0]),
        f"{theme.count(totals.iloc[1])} ({theme.percent(100 * totals.iloc[1] / len(rows), 0)})",
        f"{theme.count(totals.iloc[2])} ({theme.percent(100 * totals.iloc[2] / len(rows), 0)})",
    ]
    figure, compact = split_funnel(
        table, texts=texts, hover=lambda stage, part: f"{part}: {theme.count(table[part][stage])}"
    )
    harmed = int((rows["harmful_action_count"].fillna(0) > 0).sum())
    figure.update_layout(legend={"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0})
    return theme.finish(
        figure,
        finding=(
            f"{_headline(rows)} {theme.count(harmed)} customers would be driven away by at least "
            "one action as far as can be told; none of them gets it."
        ),
        height=340,
        compact={**compact, "layout": {**compact["layout"], "height": 360}},
        note=f"The contacts are expected to save {theme.money(saved, currency)} before cost. "
        + _note(rows),
    )

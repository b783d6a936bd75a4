"""Charts of category 06 about the limits of cards."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known
from financial_analytics.charts.kit.plans import PLAN, limit_words, worth_words
from financial_analytics.charts.kit.predictions import bounded
from financial_analytics.charts.registry import chart

NO_LIMIT = "No cap binds: every card whose margin would grow more than its loss is raised."
MOST_POINTS = 1500
ACTIONS = (("raise", "Raised", "green", "triangle-up"), ("keep", "Kept", "grey", "circle"),
           ("cut", "Cut", "orange", "triangle-down"))  # fmt: skip
BANDS = (0, 620, 660, 700, 740, 2000)
NAMES = ("under 620", "620 to 659", "660 to 699", "700 to 739", "740 and more")
NEEDS = (
    *("account_natural_key", "current_limit_amount", "recommended_limit_amount", "action"),
    *("owed_balance", "credit_score", "default_rate", "margin_change_amount"),
    *("loss_change_amount", "cut_date", "trial_count", "borrowed_rate", "borrowed_rate_lower"),
    *("borrowed_rate_upper", *PLAN),
)


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    rows = known(frame, "current_limit_amount", "recommended_limit_amount", "action")
    for name in ("current_limit_amount", "recommended_limit_amount", "owed_balance",
                 "margin_change_amount", "loss_change_amount"):  # fmt: skip
        rows[name] = rows[name].astype(float)
    return rows


def _headline(rows: pd.DataFrame) -> str:
    counts = rows["action"].value_counts()
    day = pd.Timestamp(rows["cut_date"].iloc[0])
    said = ", ".join(
        f"{theme.count(counts.get(action, 0))} {name.lower()}" for action, name, _, _ in ACTIONS
    )
    return (
        f"Of {theme.count(len(rows))} cards in good standing on {day:%-d %B %Y}, {said}. "
        f"{worth_words(rows, 'leaving every limit as it is', 'the rule of the bank')}"
    )


def _note(rows: pd.DataFrame) -> str:
    margin, loss = (
        theme.money(float(rows[name].sum()), currency_of(rows))
        for name in ("margin_change_amount", "loss_change_amount")
    )
    low = float(rows["borrowed_rate_lower"].iloc[0])
    trial = f"{theme.count(float(rows['trial_count'].iloc[0]))} reviews decided by lot"
    doubt = "" if low > 0 else ", not told apart from nothing"
    return (
        f"Margin of twelve months changes by {margin}, expected loss by {loss}. A limit 1 % higher "
        f"adds {bounded(rows, 'borrowed_rate')} % to what is owed, by {trial}{doubt}. "
        f"{limit_words(rows, NO_LIMIT)}"
    )


@chart(
    id="prescriptive.limit_scatter",
    order=50,
    model="analytics_credit_limit_optimization",
    title="Limits now and recommended",
    unit="limit of a card, reporting currency",
    reading=(
        "A mark is a card: its limit now and the one recommended, both on logarithmic axes. On "
        "the dashed line nothing changes; marks above it are raised, marks below it cut."
    ),
    needs=NEEDS,
    measures=("recommended_limit_amount",),
    span="full",
)
def limit_scatter(frame: pd.DataFrame) -> go.Figure:
    """Scatter of limits by action, and the line of no change."""
    rows = _rows(frame)
    currency = currency_of(rows)
    drawn = rows.sort_values(["current_limit_amount", "account_natural_key"], kind="stable")
    if len(drawn) > MOST_POINTS:
        at = np.linspace(0, len(drawn) - 1, MOST_POINTS).round().astype(int)
        drawn = drawn.iloc[at]
    figure = go.Figure()
    for action, name, token, symbol in ACTIONS:
        part = drawn[drawn["action"] == action]
        figure.add_trace(
            go.Scatter(
                x=part["current_limit_amount"].tolist(),
                y=part["recommended_limit_amount"].tolist(),
                mode="markers", name=name,
                marker={"symbol": symbol, "size": 6, "color": theme.LIGHT[token], "opacity": 0.6},
                customdata=[
                    f"{theme.money(now, currency)} to {theme.money(then, currency)}<br>score "
                    f"{theme.count(score)}, owes {theme.money(owed, currency)}"
                    for now, then, score, owed in zip(
                        part["current_limit_amount"], part["recommended_limit_amount"],
                        part["credit_score"].astype(float), part["owed_balance"], strict=True,
                    )
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )  # fmt: skip
    ends = [float(rows["current_limit_amount"].min()), float(rows["current_limit_amount"].max())]
    figure.add_trace(
        go.Scatter(
            x=ends, y=ends, mode="lines", name="No change", hoverinfo="skip",
            line={"color": theme.LIGHT["text"], "dash": "dash", "width": 1},
        )
    )  # fmt: skip
    figure.update_xaxes(title=f"limit now, {currency}", type="log", dtick=1, tickformat=",.3~s")
    figure.update_yaxes(title="recommended", type="log", dtick=1, tickformat=",.3~s")
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    now, then = (float(rows[f"{name}_limit_amount"].sum()) for name in ("current", "recommended"))
    note = f"All limits: {theme.money(now, currency)} now, {theme.money(then, currency)} then. "
    if len(drawn) < len(rows):
        note += f"{theme.count(len(drawn))} cards are drawn, evenly over the limit. "
    return theme.finish(
        figure, finding=_headline(rows), height=460, note=note + _note(rows),
        compact={"layout": {"height": 420}},
    )  # fmt: skip


@chart(
    id="prescriptive.limit_changes",
    order=60,
    model="analytics_credit_limit_optimization",
    title="Which limits move, by score",
    unit="share of the cards, %",
    reading=(
        "A bar is all cards of a band of scores, split by what is recommended. A high score alone "
        "does not raise a limit: who owes nothing neither earns nor loses by it."
    ),
    needs=NEEDS,
    measures=("recommended_limit_amount",),
    span="full",
)
def limit_changes(frame: pd.DataFrame) -> go.Figure:
    """Stacked bars of actions by band of scores."""
    rows = _rows(frame)
    band = pd.cut(rows["credit_score"].astype(float), list(BANDS), right=False, labels=[*NAMES])
    rows["band"], rows["number"] = band.astype(object), 1
    table = rows.pivot_table(index="band", columns="action", values="number", aggfunc="sum")
    table = table.reindex(index=[name for name in NAMES if name in table.index]).fillna(0)
    totals = table.sum(axis=1)
    labels = [f"{name}<br>{theme.count(totals[name])} cards" for name in table.index]
    figure = go.Figure()
    for position, (action, name, _, _) in enumerate(ACTIONS):
        count = table[action] if action in table else totals * 0
        figure.add_trace(
            go.Bar(
                x=(100 * count / totals).tolist(), y=labels, orientation="h", name=name,
                marker=theme.bar_style(position),
                customdata=[f"{theme.count(value)} cards" for value in count],
                hovertemplate="<b>%{y}</b><br>%{fullData.name}: %{x:.1f} %, %{customdata}"
                "<extra></extra>",
            )
        )  # fmt: skip
    figure.update_layout(
        barmode="stack",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    figure.update_xaxes(title="% of the cards", range=[0, 100])
    figure.update_yaxes(autorange="reversed")
    return theme.finish(
        figure,
        finding=_headline(rows),
        height=150 + 48 * len(labels),
        note=_note(rows),
        compact={"layout": {"height": 190 + 52 * len(labels)}},
    )

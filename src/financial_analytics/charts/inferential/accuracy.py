"""Charts of category 04 about the fraud score: what it ranks, and what one threshold catches."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import known
from financial_analytics.charts.kit.words import (
    as_of_words,
    interval,
    number,
    p_words,
)
from financial_analytics.charts.registry import chart

LOOSE = "5 % false alarms"
SUMMARY = (
    *("sample_count", "event_count", "event_rate"),
    *("auc_score", "auc_score_lower", "auc_score_upper", "adjusted_p_value"),
)


@chart(
    id="inferential.fraud_roc",
    order=60,
    model="analytics_fraud_detection_accuracy",
    title="How well the fraud score tells fraud from honest payments",
    unit="share of frauds found against share of honest transactions flagged",
    reading=(
        "The farther to the upper left, the better; on the dotted diagonal the score would know "
        "nothing. The small panel shows precision, the share of fraud among the flagged, against "
        "the share found; its dotted line is a score that knows nothing."
    ),
    needs=(
        *("threshold_number", "threshold_name", "threshold_score", "recall_rate"),
        *("false_positive_rate", "precision_rate", *SUMMARY),
        *("average_precision_score", "average_precision_score_lower"),
        "average_precision_score_upper",
        *("recall_at_fpr_1pct_rate", "recall_at_fpr_1pct_rate_lower"),
        "recall_at_fpr_1pct_rate_upper",
    ),
    measures=("auc_score",),
)
def fraud_roc(frame: pd.DataFrame) -> go.Figure:
    """ROC curve with the precision-recall curve inside."""
    rows = known(frame, "recall_rate", "false_positive_rate").sort_values("threshold_number")
    first = frame.iloc[0].to_dict()
    if rows.empty:
        return theme.empty_figure("no threshold of the score is known")
    percent = theme.NO_BREAK + "%"
    hover = [
        f"score {row['threshold_score']:.3f} and more<br>{theme.percent(100 * row['recall_rate'])} "
        f"of frauds found, {theme.percent(100 * row['false_positive_rate'])} of the honest flagged"
        f"<br>{theme.percent(100 * (number(row['precision_rate']) or 0.0))} of the flagged are "
        "fraud"
        for row in rows.to_dict("records")
    ]
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
            line={"color": theme.LIGHT["grey"], "dash": "dot", "width": 1}, name="no knowledge",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=[0, *rows["false_positive_rate"]],
            y=[0, *rows["recall_rate"]],
            mode="lines",
            name="score",
            showlegend=False,
            line={"color": theme.LIGHT["blue"], "width": 2.4},
            customdata=["nothing flagged", *hover],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    named = rows[rows["threshold_name"].fillna("") != ""]
    figure.add_trace(
        go.Scatter(
            x=named["false_positive_rate"].tolist(),
            y=named["recall_rate"].tolist(),
            mode="markers+text",
            text=[f" {name}" for name in named["threshold_name"]],
            textposition="bottom right",
            textfont={"size": 11, "color": theme.LIGHT["text"]},
            marker={"color": theme.LIGHT["orange"], "size": 9, "symbol": "diamond"},
            hoverinfo="skip",
            showlegend=False,
            name="named thresholds",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=rows["recall_rate"].tolist(), y=rows["precision_rate"].tolist(), mode="lines",
            xaxis="x2", yaxis="y2", showlegend=False, name="precision",
            line={"color": theme.LIGHT["purple"], "width": 2},
            customdata=hover, hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    base = number(first["event_rate"]) or 0.0
    figure.add_trace(
        go.Scatter(
            x=[0, 1], y=[base, base], mode="lines", xaxis="x2", yaxis="y2", hoverinfo="skip",
            showlegend=False, name="share of fraud",
            line={"color": theme.LIGHT["grey"], "dash": "dot", "width": 1},
        )
    )  # fmt: skip
    axis = {"range": [-0.01, 1.02], "tickformat": ".0%"}
    small = {"tickfont": {"size": 10, "color": theme.LIGHT["muted"]}, "tickformat": ".0%"}
    figure.update_layout(
        xaxis={**axis, "title": "share of honest transactions flagged"},
        yaxis={**axis, "title": "share of frauds found"},
        xaxis2={
            "domain": [0.56, 0.98], "anchor": "y2", "range": [0, 1.02], "tickvals": [0, 0.5, 1],
            "title": {"text": "frauds found", "font": {"size": 10}, "standoff": 2}, **small,
        },
        yaxis2={
            "domain": [0.17, 0.50], "anchor": "x2", "range": [0, 1.05], "tickvals": [0, 0.5, 1],
            "title": {"text": "precision", "font": {"size": 10}, "standoff": 2}, **small,
        },
    )  # fmt: skip
    period = as_of_words(frame, "first_transaction_date", "last_transaction_date")
    return theme.finish(
        figure,
        finding=(
            f"{'In ' + period + ' a' if period else 'A'} fraud has a higher score than an honest "
            f"transaction in {interval(first, 'auc_score', 1, 100, percent)} of pairs "
            f"({p_words(first['adjusted_p_value'])}; {theme.count(first['event_count'])} frauds of "
            f"{theme.count(first['sample_count'])} labelled transactions). Flagging 1{percent} of "
            f"the honest finds {interval(first, 'recall_at_fpr_1pct_rate', 1, 100, percent)} of "
            f"frauds; average precision "
            f"{interval(first, 'average_precision_score', 1, 100, percent)}, where knowing nothing "
            f"has {theme.percent(100 * base)}."
        ),
        height=470,
        note="The area under the curve is the effect size; 50 % of pairs is no effect.",
        compact={
            "layout": {
                "height": 430,
                "xaxis2": {"domain": [0.6, 0.98]},
                "yaxis2": {"domain": [0.2, 0.48]},
            }
        },
    )


@chart(
    id="inferential.fraud_confusion",
    order=70,
    model="analytics_fraud_detection_accuracy",
    title="What the cheapest threshold catches and misses",
    unit="labelled transactions",
    reading=(
        "Rows are what a transaction was, columns what the score says at the threshold named; the "
        "colour is the share of the row. The cheapest threshold weighs a missed fraud against the "
        "cost of a review, which is an assumption."
    ),
    needs=(
        *("threshold_number", "threshold_name", "threshold_score", "is_cost_optimal"),
        *("true_positive_count", "false_positive_count", "false_negative_count"),
        *("true_negative_count", "recall_rate", "recall_rate_lower", "recall_rate_upper"),
        *("precision_rate", "precision_rate_lower", "precision_rate_upper", "total_cost_amount"),
        *("idle_cost_amount", "miss_cost_amount", "alarm_cost_amount", *SUMMARY),
    ),
    measures=("auc_score",),
)
def fraud_confusion(frame: pd.DataFrame) -> go.Figure:
    """Confusion matrix at the cheapest threshold."""
    rows = known(frame, "true_positive_count", "false_positive_count")
    if rows.empty:
        return theme.empty_figure("no threshold of the score is known")
    best = rows[rows["is_cost_optimal"].fillna(False).astype(bool)]
    loose = rows[rows["threshold_name"] == LOOSE]
    row = (best if len(best) else loose if len(loose) else rows).iloc[0].to_dict()
    hit, alarm = float(row["true_positive_count"]), float(row["false_positive_count"])
    miss, rest = float(row["false_negative_count"]), float(row["true_negative_count"])
    counts = [[hit, miss], [alarm, rest]]
    shares = [[value / (sum(line) or 1.0) for value in line] for line in counts]
    words = [["found", "missed"], ["false alarms", "let through"]]
    columns, lines = ["flagged", "not flagged"], ["fraud", "honest"]
    cells = [(i, j) for i in (0, 1) for j in (0, 1)]
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=columns, y=lines, zmin=0, zmax=1, colorscale=theme.SEQUENTIAL,
            showscale=False, xgap=4, ygap=4, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=[columns[j] for _, j in cells],
            y=[lines[i] for i, _ in cells],
            mode="text",
            text=[
                f"<b>{theme.count(counts[i][j])}</b><br>{words[i][j]}<br>"
                f"{theme.percent(100 * shares[i][j])} of {lines[i]}"
                for i, j in cells
            ],
            textfont={
                "size": 14,
                "color": [theme.text_on_scale(shares[i][j]) for i, j in cells],
            },
            hoverinfo="skip",
            showlegend=False,
            name="counts",
        )
    )
    figure.update_xaxes(type="category", showgrid=False, side="top")
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed")
    unit = theme.NO_BREAK + "%"
    saved = float(row["idle_cost_amount"]) - float(row["total_cost_amount"])
    period = as_of_words(frame, "first_transaction_date", "last_transaction_date")
    where = f"From a score of {row['threshold_score']:.3f}"
    kind = "the cheapest threshold" if len(best) else "no threshold pays for its reviews; here"
    return theme.finish(
        figure,
        finding=(
            f"{where} ({kind}{', ' + period if period else ''}) "
            f"{interval(row, 'recall_rate', 1, 100, unit)} of {theme.count(hit + miss)} frauds are "
            f"found and {theme.count(miss)} missed; "
            f"{interval(row, 'precision_rate', 1, 100, unit)} of {theme.count(hit + alarm)} "
            f"flagged are fraud. That costs {theme.money(abs(saved))} "
            f"{'less' if saved >= 0 else 'more'} than flagging nobody (area under the ROC curve "
            f"{interval(row, 'auc_score')}, {p_words(row['adjusted_p_value'])}, "
            f"{theme.count(row['sample_count'])} labelled transactions)."
        ),
        height=440,
        note=(
            "Costs in the reporting currency: a missed fraud "
            f"{theme.money(row['miss_cost_amount'])} (its mean amount), a review "
            f"{theme.money(row['alarm_cost_amount'])} (assumed)."
        ),
        compact={"layout": {"height": 320}, "traces": [None, {"textfont": {"size": 12}}]},
    )

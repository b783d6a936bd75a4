"""Charts of category 01 about accounts and products."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of, known, scalar
from financial_analytics.charts.kit.parts import (
    MOST_PRODUCTS,
    left_off_words,
    row_height,
    unique_names,
)
from financial_analytics.charts.registry import chart

STATUS_ORDER = ("Active", "Dormant", "Closed", "Unknown")
CATEGORY_ORDER = ("Deposit", "Investment", "Credit", "Loan", "Unknown")


@chart(
    id="descriptive.account_gauges",
    order=100,
    model="analytics_account_summary",
    title="Use of credit lines, arrears and active accounts",
    unit="per cent",
    reading=(
        "Three gauges: credit used as a share of the limits granted, loan accounts with a payment "
        "past due, and accounts that are active. The arc is the share, the number says it exactly."
    ),
    needs=("utilisation_pct", "past_due_rate_pct", "active_pct"),
    measures=("total_accounts",),
    span="full",
    metrics=("accounts_called_active",),
)
def account_gauges(frame: pd.DataFrame) -> go.Figure:
    """Gauges of utilisation, past-due rate and active share."""
    currency = currency_of(frame)
    used, limit = scalar(frame, "used_credit_amount"), scalar(frame, "credit_limit_amount")
    gauges = (
        (
            "Credit used",
            scalar(frame, "utilisation_pct"),
            f"{theme.money(used, currency)} of {theme.money(limit, currency)}",
            "blue",
        ),
        (
            "Loans past due",
            scalar(frame, "past_due_rate_pct"),
            f"{theme.count(scalar(frame, 'past_due_account_count'))} of "
            f"{theme.count(scalar(frame, 'loan_account_count'))} loans",
            "orange",
        ),
        (
            "Accounts active",
            scalar(frame, "active_pct"),
            f"{theme.count(scalar(frame, 'active_account_count'))} of "
            f"{theme.count(scalar(frame, 'total_accounts'))} accounts",
            "green",
        ),
    )
    figure = go.Figure()
    notes: list[dict[str, Any]] = []
    phone_notes: list[dict[str, Any]] = []
    phone_traces: list[dict[str, Any] | None] = []
    for position, (name, value, detail, color) in enumerate(gauges):
        wide = {"x": [position / 3 + 0.03, (position + 1) / 3 - 0.03], "y": [0.14, 0.86]}
        top = 1 - position / 3
        phone = {"x": [0.2, 0.8], "y": [top - 0.275, top - 0.075]}
        figure.add_trace(_gauge(value, color, wide))
        phone_traces.append({"domain": phone})
        for domain, target in ((wide, notes), (phone, phone_notes)):
            target.extend(_gauge_notes(name, value, detail, domain))
    figure.update_layout(annotations=notes, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    finding = (
        f"{theme.count(scalar(frame, 'total_accounts'))} accounts, "
        f"{theme.percent(scalar(frame, 'active_pct'))} active; balance "
        f"{theme.money(scalar(frame, 'total_balance'), currency)}; past due "
        f"{theme.percent(scalar(frame, 'past_due_rate_pct'))} of loans."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=280,
        compact={"layout": {"annotations": phone_notes, "height": 640}, "traces": phone_traces},
    )


def _gauge(value: float | None, color: str, domain: dict[str, list[float]]) -> go.Indicator:
    top = 100.0 if value is None or value <= 100 else float(-(-value // 50) * 50)
    return go.Indicator(
        mode="gauge",
        value=value,
        domain=domain,
        gauge={
            "axis": {
                "range": [0, top],
                "ticksuffix": " %",
                "tickvals": [0, top],
                "tickfont": {"size": 11, "color": theme.LIGHT["muted"]},
                "tickcolor": theme.LIGHT["line"],
            },
            "bar": {"color": theme.LIGHT[color], "thickness": 0.85},
            "bgcolor": theme.LIGHT["card"],
            "bordercolor": theme.LIGHT["line"],
            "borderwidth": 1,
        },
    )


def _gauge_notes(
    name: str, value: float | None, detail: str, domain: dict[str, list[float]]
) -> list[dict[str, Any]]:
    middle = (domain["x"][0] + domain["x"][1]) / 2
    common = {
        "xref": "paper",
        "yref": "paper",
        "x": middle,
        "xanchor": "center",
        "showarrow": False,
    }
    known_value = value is not None
    return [
        {
            **common,
            "text": f"<b>{name}</b>",
            "y": domain["y"][1],
            "yanchor": "bottom",
            "yshift": 14,
            "font": {"size": 13},
        },
        {
            **common,
            "text": f"<b>{theme.percent(value)}</b>",
            "y": domain["y"][0],
            "yanchor": "bottom",
            "font": {"size": 24, "color": theme.LIGHT["text" if known_value else "muted"]},
        },
        {
            **common,
            "text": detail if known_value else "not in the data",
            "y": domain["y"][0],
            "yanchor": "top",
            "font": {"size": 12, "color": theme.LIGHT["muted"]},
        },
    ]


@chart(
    id="descriptive.accounts_by_product",
    order=110,
    model="analytics_account_by_product",
    title="Accounts of each product by status",
    unit="accounts",
    reading=(
        "One bar per product, its parts are the statuses; colours and hatches are the same in "
        "all bars. Products with most accounts are on top."
    ),
    needs=("product_natural_key", "product_name", "account_status", "account_count"),
    measures=("account_count",),
    metrics=("accounts_called_active",),
)
def accounts_by_product(frame: pd.DataFrame) -> go.Figure:
    """Stacked bars of accounts per product and status."""
    currency = currency_of(frame)
    rows = known(frame, "account_count")
    rows = rows.assign(
        product=unique_names(rows["product_name"], rows["product_natural_key"]),
        account_status=rows["account_status"].fillna("Unknown"),
    )
    totals = rows.groupby("product")["account_count"].sum().sort_values(kind="stable")
    products, accounts = len(totals), float(totals.sum())
    totals = totals.tail(MOST_PRODUCTS)
    present = set(rows["account_status"])
    statuses = [status for status in STATUS_ORDER if status in present]
    statuses += sorted(present - set(STATUS_ORDER))
    figure = go.Figure()
    for position, status in enumerate(statuses):
        part = rows[rows["account_status"] == status].set_index("product").reindex(totals.index)
        figure.add_trace(
            go.Bar(
                x=part["account_count"].tolist(),
                y=totals.index.tolist(),
                orientation="h",
                name=status,
                marker=theme.bar_style(position),
                customdata=[
                    [
                        theme.percent(row.get("pct_of_product")),
                        theme.money(row.get("balance"), currency),
                    ]
                    for row in part.to_dict("records")
                ],
                hovertemplate="<b>%{y}</b>, " + status + ": %{x:,.0f} accounts"
                "<br>%{customdata[0]} of the product, balance %{customdata[1]}<extra></extra>",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=totals.tolist(),
            y=totals.index.tolist(),
            mode="text",
            text=[f" {theme.count(value)}" for value in totals],
            textposition="middle right",
            textfont={"size": 11},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
            name="total",
        )
    )
    figure.update_layout(barmode="stack", showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(title="accounts", range=[0, 1.14 * float(totals.max()) or 1.0])
    names = [str(name) for name in totals.index]
    wrapped, narrow = ([theme.wrap(name, width) for name in names] for width in (28, 18))
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        tickvals=names,
        ticktext=wrapped,
    )
    return theme.finish(
        figure,
        finding=f"{totals.index[-1]} has most accounts, {theme.count(totals.iloc[-1])} of "
        f"{theme.count(accounts)}, in {products} products.",
        note=left_off_words(products - len(totals), "products"),
        height=max(260, 110 + row_height(wrapped) * len(totals)),
        compact={
            "layout": {
                "height": max(260, 130 + row_height(narrow) * len(totals)),
                "yaxis": {"ticktext": narrow},
            }
        },
    )

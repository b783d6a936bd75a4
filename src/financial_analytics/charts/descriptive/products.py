"""The chart of category 01 about products: balance and revenue."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from financial_analytics.charts.kit import theme
from financial_analytics.charts.kit.frames import currency_of
from financial_analytics.charts.kit.parts import (
    MOST_PRODUCTS,
    left_off_words,
    row_height,
    unique_names,
)
from financial_analytics.charts.registry import chart


@chart(
    id="descriptive.product_bar",
    order=130,
    model="analytics_product_summary",
    title="Balance and revenue of each product",
    unit="reporting currency",
    reading=(
        "First panel: balance of the open accounts. Second panel: revenue of the last twelve "
        "months, interest and fees, told apart by hatch. Where no revenue is known there is "
        "no second panel. Hover for holders, penetration and growth."
    ),
    needs=("product_natural_key", "product_name", "balance", "account_count"),
    measures=("balance", "account_count"),
    span="full",
)
def product_bar(frame: pd.DataFrame) -> go.Figure:
    """Bars of balance and, where known, of revenue per product."""
    currency = currency_of(frame)
    rows = frame.assign(product=unique_names(frame["product_name"], frame["product_natural_key"]))
    revenue = rows["revenue_amount"].sum(min_count=1) if "revenue_amount" in rows else float("nan")
    rows, notes = _shown(rows)
    notes = f"{notes} {_refuted_words(frame)}".strip()
    if rows.empty:
        return theme.empty_figure("no product has an open account, a balance or revenue")
    parts = [
        ("interest_revenue_amount", "Interest", 1),
        ("fee_revenue_amount", "Fees", 2),
    ]
    # A part that is 0 everywhere would be a legend without bars.
    parts = [
        entry
        for entry in parts
        if entry[0] in rows and pd.to_numeric(rows[entry[0]]).fillna(0).any()
    ]
    panels = 2 if parts else 1
    figure = make_subplots(rows=1, cols=panels, horizontal_spacing=0.04)
    details = [
        f"{theme.count(row.get('account_count'))} open accounts, "
        f"{theme.count(row.get('unique_customers'))} holders"
        f"<br>held by {theme.percent(row.get('penetration_pct'))} of customers"
        f"<br>accounts {theme.change(row.get('account_count_change_pct')) or theme.UNKNOWN} "
        "in twelve months"
        for row in rows.to_dict("records")
    ]
    names = rows["product"].tolist()
    figure.add_trace(
        go.Bar(
            x=rows["balance"].tolist(),
            y=names,
            orientation="h",
            name="Balance",
            showlegend=False,
            marker=theme.bar_style(0),
            customdata=details,
            hovertemplate="<b>%{y}</b><br>balance %{x:,.0f}<br>%{customdata}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    for column, name, style in parts:
        figure.add_trace(
            go.Bar(
                x=rows[column].tolist(),
                y=names,
                orientation="h",
                name=name,
                marker=theme.bar_style(style),
                hovertemplate="<b>%{y}</b><br>" + name.lower() + " %{x:,.0f}<extra></extra>",
            ),
            row=1,
            col=2,
        )
    wrapped, narrow = ([theme.wrap(name, width) for name in names] for width in (28, 18))
    for panel in range(1, panels + 1):
        figure.update_yaxes(
            type="category",
            categoryorder="array",
            categoryarray=names,
            tickvals=names,
            ticktext=wrapped,
            showticklabels=panel == 1,
            row=1,
            col=panel,
        )
    code = f", {currency}" if currency else ""
    figure.update_xaxes(title_text=f"balance{code}", row=1, col=1)
    if panels == 2:
        figure.update_xaxes(title_text=f"revenue, twelve months{code}", row=1, col=2)
    figure.update_layout(barmode="relative", legend={"traceorder": "normal"})
    body = row_height(wrapped) * len(names)
    best = rows.iloc[-1]
    said = f"revenue of all products {theme.money(float(revenue), currency)}"
    return theme.finish(
        figure,
        finding=f"{best['product']} holds the largest balance, "
        f"{theme.money(best['balance'], currency)}; {said}.",
        height=110 + body,
        note=notes,
        compact=_on_phone(narrow, panels),
    )


def _refuted_words(frame: pd.DataFrame) -> str:
    """Return of how many products no interest is computed, and why; empty for none."""
    if "interest_status" not in frame:
        return ""
    count = int(frame["interest_status"].eq("balances_refuted").sum())
    if not count:
        return ""
    return (
        f"Interest of {count} product{'' if count == 1 else 's'} is not computed: the bank "
        "reports other balances than its movements tell (data quality)."
    )


def _shown(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the products worth a bar, smallest balance first, and what is left off."""
    columns = ("account_count", "balance", "interest_revenue_amount", "fee_revenue_amount")
    given = [name for name in columns if name in rows]
    used = rows[rows[given].apply(pd.to_numeric).fillna(0).ne(0).any(axis=1)]
    idle = len(rows) - len(used)
    order = used["balance"].abs().sort_values(ascending=False, kind="stable", na_position="last")
    shown = used.loc[order.index[:MOST_PRODUCTS]]
    shown = shown.sort_values("balance", kind="stable", na_position="first")
    notes = [left_off_words(len(used) - len(shown), "products")]
    if idle:
        notes.append(f"{idle} products have no open account, balance or revenue.")
    return shown.reset_index(drop=True), " ".join(note for note in notes if note)


def _on_phone(labels: list[str], panels: int) -> dict[str, Any]:
    """Return the change for a narrow drawing: shorter lines, panels one under the other."""
    body = row_height(labels) * len(labels)
    if panels == 1:
        return {"layout": {"height": 110 + body, "yaxis": {"ticktext": labels}}}
    return {
        "layout": {
            "height": 160 + 2 * body,
            "xaxis": {"domain": [0, 1]},
            "yaxis": {"domain": [0.56, 1], "ticktext": labels},
            "xaxis2": {"domain": [0, 1]},
            "yaxis2": {"domain": [0, 0.44], "showticklabels": True, "ticktext": labels},
        }
    }

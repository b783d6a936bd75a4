"""Charts of category 01 about accounts and products."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from financial_analytics.charts import theme
from financial_analytics.charts.frames import currency_of, known, scalar
from financial_analytics.charts.parts import unique_names
from financial_analytics.charts.registry import chart

STATUS_ORDER = ("Active", "Dormant", "Closed", "Unknown")
CATEGORY_ORDER = ("Deposit", "Investment", "Credit", "Loan", "Unknown")


@chart(
    id="descriptive.account_gauges",
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
    figure.update_layout(annotations=notes, margin={"l": 8, "r": 8, "t": 34, "b": 8})
    finding = (
        f"{theme.count(scalar(frame, 'total_accounts'))} accounts, "
        f"{theme.percent(scalar(frame, 'active_pct'))} active; balance "
        f"{theme.money(scalar(frame, 'total_balance'), currency)}; past due "
        f"{theme.percent(scalar(frame, 'past_due_rate_pct'))} of loans."
    )
    return theme.finish(
        figure,
        finding=finding,
        height=300,
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
                "nticks": 5,
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
    model="analytics_account_by_product",
    title="Accounts of each product by status",
    unit="accounts",
    reading=(
        "One bar per product, its parts are the statuses; colours and hatches are the same in "
        "all bars. Products with most accounts are on top."
    ),
    needs=("product_natural_key", "product_name", "account_status", "account_count"),
    measures=("account_count",),
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
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_xaxes(title="accounts")
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=totals.index.tolist(), title=""
    )
    wrapped = [theme.wrap(str(name), 18) for name in totals.index]
    figure.update_yaxes(tickvals=totals.index.tolist(), ticktext=wrapped)
    return theme.finish(
        figure,
        finding=f"{totals.index[-1]} has most accounts, {theme.count(totals.iloc[-1])} of "
        f"{theme.count(totals.sum())}, in {len(totals)} products.",
        height=max(260, 130 + 34 * len(totals)),
    )


@chart(
    id="descriptive.balance_histogram",
    model="analytics_account_balance_distribution",
    title="How balances of open accounts are spread",
    unit="accounts; balance in the reporting currency",
    reading=(
        "For each product category: bars count accounts by balance between the 1st and the 99th "
        "percentile (the outermost bars include what lies beyond). The box above spans the "
        "quartiles with the median, its whiskers reach the 5th and 95th percentile, the diamond "
        "is the mean."
    ),
    needs=("product_category", "bin_lower", "bin_upper", "account_count", "p25_balance"),
    measures=("account_count",),
)
def balance_histogram(frame: pd.DataFrame) -> go.Figure:
    """Histogram per product category with a box of its quantiles above."""
    currency = currency_of(frame)
    rows = known(frame, "account_count", "bin_lower", "bin_upper")
    if rows.empty:
        return theme.empty_figure("no product category has enough open accounts for a histogram")
    rows["product_category"] = rows["product_category"].fillna("Unknown")
    present = set(rows["product_category"])
    categories = [name for name in CATEGORY_ORDER if name in present]
    categories += sorted(present - set(CATEGORY_ORDER))
    figure = make_subplots(
        rows=2 * len(categories),
        cols=1,
        row_heights=[0.22, 0.78] * len(categories),
        vertical_spacing=0.22 / (2 * len(categories)),
    )
    medians: list[str] = []
    for position, category in enumerate(categories):
        part = rows[rows["product_category"] == category].sort_values("bin_lower", kind="stable")
        first = part.iloc[0]
        upper_row, lower_row = 2 * position + 1, 2 * position + 2
        figure.add_trace(_quantile_box(first, category, position, currency), row=upper_row, col=1)
        figure.add_trace(_balance_bars(part, category, position, currency), row=lower_row, col=1)
        span = float(part["bin_upper"].max() - part["bin_lower"].min()) or 1.0
        edges = [
            float(part["bin_lower"].min()) - 0.03 * span,
            float(part["bin_upper"].max()) + 0.03 * span,
        ]
        figure.update_xaxes(visible=False, range=edges, row=upper_row, col=1)
        figure.update_yaxes(visible=False, row=upper_row, col=1)
        figure.update_xaxes(range=edges, nticks=6, row=lower_row, col=1)
        figure.update_yaxes(nticks=4, row=lower_row, col=1)
        axis = figure.get_subplot(upper_row, 1).yaxis
        figure.add_annotation(
            text=f"<b>{category}</b>, {theme.count(first.get('category_account_count'))} accounts",
            xref="paper",
            yref="paper",
            x=0,
            y=axis.domain[1],
            xanchor="left",
            yanchor="bottom",
            yshift=-2,
            showarrow=False,
        )
        medians.append(f"{category} {theme.money(first.get('p50_balance'), currency)}")
    figure.update_xaxes(title=f"balance, {currency}".rstrip(", "), row=2 * len(categories), col=1)
    figure.update_layout(showlegend=False, bargap=0.04)
    return theme.finish(
        figure,
        finding=f"Median balance: {'; '.join(medians)}.",
        height=90 + 190 * len(categories),
    )


def _quantile_box(first: pd.Series, category: str, position: int, currency: str) -> go.Box:
    def value(name: str) -> list[float] | None:
        number = first.get(name)
        return None if number is None or pd.isna(number) else [float(number)]

    return go.Box(
        q1=value("p25_balance"),
        median=value("p50_balance"),
        q3=value("p75_balance"),
        lowerfence=value("p5_balance"),
        upperfence=value("p95_balance"),
        mean=value("avg_balance"),
        boxmean=True,
        y=[category],
        orientation="h",
        name=category,
        line={"color": theme.series_color(position), "width": 1.5},
        fillcolor=theme.LIGHT["card"],
        hoverinfo="x",
    )


def _balance_bars(part: pd.DataFrame, category: str, position: int, currency: str) -> go.Bar:
    lower, upper = part["bin_lower"], part["bin_upper"]
    width = (upper - lower).where(upper > lower, 1.0)
    return go.Bar(
        x=((lower + upper) / 2).tolist(),
        y=part["account_count"].tolist(),
        width=(width * 0.96).tolist(),
        name=category,
        marker=theme.bar_style(position),
        customdata=[
            [theme.money(low, currency), theme.money(high, currency), theme.percent(share)]
            for low, high, share in zip(
                lower, upper, part.get("pct_of_category", lower * float("nan")), strict=True
            )
        ],
        hovertemplate="%{customdata[0]} to %{customdata[1]}<br>%{y:,.0f} accounts, "
        "%{customdata[2]} of " + category + "<extra></extra>",
    )
